/*
 * eth.c - Ethernet II in and out, RFC 894.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/link/eth.h"

static inline const EthProto *find_proto(const EthProto *protos, uint16_t type)
{
    for (; protos->input != NULL; protos++)
        if (protos->type == type)
            return protos;
    return NULL;
}

/* Observers hear all that arrives; but what is for another station must never reach IP, RFC 1122
 * §2.4. */
DropReason eth_input(void *iface_, Packet *pkt)
{
    enum { DST = 0, TYPE = 12 };
    Iface *iface = iface_;
    const uint8_t *header = pkt->data;

    if (pkt->len < ETH_HDR_LEN)
        return DROP_ETH_SHORT;
    bool group = (header[DST] & 1) != 0;
    if (!group && memcmp(header + DST, iface->mac.b, sizeof iface->mac.b) != 0)
        return DROP_ETH_NOT_MINE;
    const EthProto *proto = find_proto(iface->protos, get16(header + TYPE));
    if (proto == NULL)
        return DROP_ETH_TYPE;
    packet_pull(pkt, ETH_HDR_LEN);
    pkt->net = packet_offset(pkt);
    return proto->input(iface, group, pkt);
}

void eth_set_mac(Iface *iface, MacAddr mac)
{
    iface->mac = mac;
    eth_set_last_hop(iface, NULL); /* its header has the old one */
}

void eth_header(const Iface *iface, MacAddr dst, uint16_t type, uint8_t out[static ETH_HDR_LEN])
{
    eth_encode(&(EthHdr){ .dst = dst, .src = iface->mac, .type = type }, out);
}

/* Deviates: RFC 894. Short frames are not padded to 60 bytes: a capture at a sending host shows
 * none either, since the padding is the business of its network card. */
void eth_output(Iface *iface, MacAddr dst, uint16_t type, Packet *pkt)
{
    pkt->net = packet_offset(pkt);
    eth_header(iface, dst, type, packet_push(pkt, ETH_HDR_LEN));
    port_send(iface->port, pkt);
}
