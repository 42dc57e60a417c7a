/*
 * eth.c - Ethernet II in and out, RFC 894.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/link/eth.h"

static const EthProto *find_proto(const Eth *eth, uint16_t type)
{
    for (unsigned i = 0; i < eth->n_protos; i++)
        if (eth->protos[i].type == type)
            return &eth->protos[i];
    return NULL;
}

void eth_init(Eth *eth, Node *node)
{
    *eth = (Eth){ .node = node };
}

void eth_handle(Eth *eth, uint16_t type, EthInput input, void *self)
{
    g_assert(eth->n_protos < ETH_MAX_PROTOS);
    g_assert(find_proto(eth, type) == NULL);
    eth->protos[eth->n_protos++] = (EthProto){ type, input, self };
}

/* Observers hear all that arrives; but what is for another station must never reach IP, RFC 1122
 * §2.4. */
DropReason eth_input(void *iface_, Packet *pkt)
{
    Iface *iface = iface_;
    EthHdr h;

    DropReason why = eth_decode(&h, packet_headers(pkt));
    if (why != DROP_NONE)
        return why;
    if (!mac_equal(h.dst, iface->mac) && !mac_is_group(h.dst))
        return DROP_ETH_NOT_MINE;
    const EthProto *proto = find_proto(iface->eth, h.type);
    if (proto == NULL)
        return DROP_ETH_TYPE;
    packet_pull(pkt, ETH_HDR_LEN);
    pkt->net = (uint32_t)(pkt->data - pkt->buf);
    return proto->input(proto->self, iface, mac_is_group(h.dst), pkt);
}

/* Deviates: RFC 894. Short frames are not padded to 60 bytes: a capture at a sending host shows
 * none either, since the padding is the business of its network card. */
void eth_output(Iface *iface, MacAddr dst, uint16_t type, Packet *pkt)
{
    EthHdr h = { .dst = dst, .src = iface->mac, .type = type };

    pkt->net = (uint32_t)(pkt->data - pkt->buf);
    eth_encode(&h, packet_push(pkt, ETH_HDR_LEN));
    port_send(iface->port, pkt);
}
