/*
 * fuzz_filter.c - any text is a filter or an error that says why, and nothing is ever looked up on
 * the machine: libpcap's ways to do so end here.
 */
/* SPDX-License-Identifier: MIT */
#include "fuzz.h"
#include "sim/view/filter.h"

#include <netdb.h>
#include <netinet/ether.h>
#include <stdlib.h>
#include <string.h>

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **res)
{
    g_assert(node == NULL || (hints->ai_flags & AI_NUMERICHOST));
    g_assert(service == NULL || service[strspn(service, "0123456789")] == '\0');
    *res = NULL;
    return EAI_NONAME;
}

void freeaddrinfo(struct addrinfo *res)
{
    g_assert(res == NULL);
}

int getnetbyname_r(const char *name, struct netent *result, char *buf, size_t n,
                   struct netent **found, int *error)
{
    (void)name, (void)result, (void)buf, (void)n, (void)found, (void)error;
    abort();
}

int getprotobyname_r(const char *name, struct protoent *result, char *buf, size_t n,
                     struct protoent **found)
{
    (void)name, (void)result, (void)buf, (void)n, (void)found;
    abort();
}

int ether_hostton(const char *name, struct ether_addr *addr)
{
    (void)name, (void)addr;
    abort();
}

static bool resolve(void *self, const char *name, IpAddr *out)
{
    (void)self;
    *out = ip_v4(0x0a000001);
    return strcmp(name, "client") == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t frame[60] = { [12] = 8, [14] = 0x45, [17] = 46, [23] = 6, [46] = 0x50 };
    char   *text = size > 0 ? g_strndup((const char *)data, size) : g_strdup("");
    GError *error = NULL;
    Filter *f = filter_new_expression(text, resolve, NULL, &error);

    g_assert((f == NULL) == (error != NULL));
    if (f != NULL)
        filter_match(f, (Span){ frame, sizeof frame }, sizeof frame, NEVER, NULL);
    filter_free(f);
    g_clear_error(&error);
    g_free(text);
    return 0;
}
