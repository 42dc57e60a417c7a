/*
 * dns.c - all that a host has to do with DNS.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/application/dns.h"

#include "protocols/stack.h"

static const char key[] = "dns";

/* Servers are programs, and end with the host; the stub's settings are files. */
static void crash(void *dns_)
{
    Dns *dns = dns_;

    if (dns->server != NULL)
        dns_server_close(dns->server);
    dns->server = NULL;
    if (dns->resolver != NULL) {
        dns_resolver_crash(dns->resolver);
        dns_resolver_end(dns->resolver);
    }
    dns->resolver = NULL;
    dns_stub_crash(dns->stub);
}

static void end(void *dns_)
{
    Dns *dns = dns_;

    if (dns->server != NULL)
        dns_server_end(dns->server);
    if (dns->resolver != NULL)
        dns_resolver_end(dns->resolver);
    dns_stub_end(dns->stub);
    g_free(dns);
}

Dns *dns_of(Stack *stack)
{
    Dns *dns = stack_program(stack, key);

    if (dns != NULL)
        return dns;
    dns = g_new0(Dns, 1);
    dns->stack = stack;
    dns->stub = dns_stub_new(stack);
    stack_add_program(stack, &(StackProgram){ key, dns, crash, end });
    return dns;
}

DnsServer *dns_serve(Dns *dns, NetError *err)
{
    *err = NET_OK;
    if (dns->server == NULL)
        dns->server = dns_server_new(dns->stack, &dns_server_defaults, err);
    return dns->server;
}

void dns_recurse(Dns *dns, const DnsResolverConfig *cfg, const IpAddr *roots, size_t n,
                 bool forward)
{
    g_assert(dns->server != NULL && dns->resolver == NULL);
    dns->resolver = dns_resolver_new(dns->stack, cfg, roots, n, forward);
    dns_server_recurse(dns->server, dns->resolver);
}
