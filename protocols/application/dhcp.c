/*
 * dhcp.c - all that a host has to do with DHCP.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/application/dhcp.h"
#include "protocols/stack.h"

static const char key[] = "dhcp";

DhcpClient *dhcp_client_at(const Dhcp *dhcp, const Iface *iface)
{
    for (guint i = 0; i < dhcp->clients->len; i++) {
        DhcpClient *c = g_ptr_array_index(dhcp->clients, i);
        if (dhcp_client_iface(c) == iface)
            return c;
    }
    return NULL;
}

/* To the client of the interface by which it came. */
static void ready(void *dhcp_)
{
    Dhcp *dhcp = dhcp_;
    UdpArrival how;
    NetError err;

    for (Packet *pkt; dhcp->sock != NULL &&
                      (pkt = udp_receive_how(dhcp->sock, &how, &err)) != NULL;
         packet_free(pkt)) {
        DhcpClient *c = dhcp_client_at(dhcp, how.iface);
        if (c != NULL)
            dhcp_client_input(c, packet_span(pkt), &how);
    }
}

/* Programs end with the host; leases, those it has and those it has given, are on its disk. */
static void crash(void *dhcp_)
{
    Dhcp *dhcp = dhcp_;

    if (dhcp->sock != NULL)
        udp_close(dhcp->sock);
    dhcp->sock = NULL;
    for (guint i = 0; i < dhcp->clients->len; i++)
        dhcp_client_crash(g_ptr_array_index(dhcp->clients, i));
    if (dhcp->server != NULL)
        dhcp_server_free(dhcp->server, true);
    dhcp->server = NULL;
    dhcp_store_clear_scopes(dhcp->store);
}

static void end(void *dhcp_)
{
    Dhcp *dhcp = dhcp_;

    for (guint i = 0; i < dhcp->clients->len; i++)
        dhcp_client_free(g_ptr_array_index(dhcp->clients, i));
    g_ptr_array_free(dhcp->clients, TRUE);
    if (dhcp->server != NULL)
        dhcp_server_free(dhcp->server, false);
    dhcp_store_free(dhcp->store);
    g_free(dhcp);
}

Dhcp *dhcp_of(Stack *stack)
{
    Dhcp *dhcp = stack_program(stack, key);

    if (dhcp != NULL)
        return dhcp;
    dhcp = g_new0(Dhcp, 1);
    dhcp->stack = stack;
    dhcp->clients = g_ptr_array_new();
    dhcp->store = dhcp_store_new(stack);
    stack_add_program(stack, &(StackProgram){ key, dhcp, crash, end });
    return dhcp;
}

DhcpClient *dhcp_client_of(Dhcp *dhcp, Iface *iface, NetError *err)
{
    DhcpClient *c = dhcp_client_at(dhcp, iface);

    *err = NET_OK;
    if (dhcp->sock == NULL) {
        dhcp->sock = udp_open(stack_udp(dhcp->stack), IP4_ANY, DHCP_CLIENT_PORT, err);
        if (dhcp->sock == NULL)
            return NULL;
        udp_on_ready(dhcp->sock, ready, dhcp);
    }
    if (c == NULL) {
        c = dhcp_client_new(iface, &dhcp->sock);
        g_ptr_array_add(dhcp->clients, c);
    }
    return c;
}

DhcpServer *dhcp_serve(Dhcp *dhcp, NetError *err)
{
    *err = NET_OK;
    if (dhcp->server == NULL)
        dhcp->server = dhcp_server_new(dhcp->stack, dhcp->store, err);
    return dhcp->server;
}
