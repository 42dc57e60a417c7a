/*
 * test_ipv4_flow.c - which frames are of one flow, and the mark that a queue sets.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/internet/ipv4_flow.h"

#include "protocols/wire/eth_wire.h"
#include "protocols/wire/ipv4_wire.h"
#include "support/frame.h"

#include <check.h>

enum { C = 0x0a000003 };

static Packet *udp(Sim *sim, uint32_t a, uint32_t b, uint16_t sport, uint16_t dport)
{
    return frame_udp(sim, a, b, sport, dport, 20);
}

static uint64_t flow_once(Packet *pkt)
{
    uint64_t flow = ipv4_reader.flow(pkt);

    packet_free(pkt);
    return flow;
}

START_TEST(a_flow_is_addresses_protocol_and_ports)
{
    Sim *sim = sim_new(1);
    TcpHdr tcp = { .src_port = 4000, .dst_port = 80, .flags = TCP_ACK };
    uint64_t one = flow_once(udp(sim, FRAME_A, FRAME_B, 4000, 80));

    ck_assert_uint_eq(flow_once(frame_udp(sim, FRAME_A, FRAME_B, 4000, 80, 999)), one);
    ck_assert_uint_ne(flow_once(udp(sim, FRAME_A, FRAME_B, 4001, 80)), one);
    ck_assert_uint_ne(flow_once(udp(sim, FRAME_A, FRAME_B, 4000, 81)), one);
    ck_assert_uint_ne(flow_once(udp(sim, FRAME_A, C, 4000, 80)), one);
    ck_assert_uint_ne(flow_once(udp(sim, C, FRAME_B, 4000, 80)), one);
    ck_assert_uint_ne(flow_once(udp(sim, FRAME_B, FRAME_A, 80, 4000)), one);
    ck_assert_uint_ne(flow_once(frame_tcp(sim, FRAME_A, FRAME_B, &tcp, 20, SENT_TCP_DATA)), one);
    sim_free(sim);
}
END_TEST

START_TEST(fragments_of_one_datagram_stay_together)
{
    Sim *sim = sim_new(1);
    uint64_t first = flow_once(frame_fragment(sim, FRAME_A, FRAME_B, 0, true, 800));

    ck_assert_uint_eq(flow_once(frame_fragment(sim, FRAME_A, FRAME_B, 800, false, 100)), first);
    ck_assert_uint_ne(flow_once(frame_fragment(sim, FRAME_A, C, 800, false, 100)), first);
    sim_free(sim);
}
END_TEST

START_TEST(what_is_no_ip_goes_by_its_type)
{
    Sim *sim = sim_new(1);
    uint64_t arp = flow_once(frame_arp(sim, ARP_OP_REQUEST, FRAME_A, FRAME_B));
    Packet *stub = packet_new(sim, 3, SENT_RAW);

    ck_assert_uint_eq(flow_once(frame_arp(sim, ARP_OP_REPLY, FRAME_B, C)), arp);
    ck_assert_uint_ne(flow_once(stub), arp);
    sim_free(sim);
}
END_TEST

/* Rewrites the TOS of a frame from frame_udp; its checksum stays right if `sum`. */
static Packet *with_tos(Sim *sim, uint8_t tos, bool sum)
{
    Packet *pkt = udp(sim, FRAME_A, FRAME_B, 4000, 80);
    uint8_t *h = pkt->data + ETH_HDR_LEN;
    Ipv4Hdr ip;

    ck_assert_int_eq(ipv4_decode(&ip, (Span){ h, pkt->len - ETH_HDR_LEN }), DROP_NONE);
    ip.tos = tos;
    ipv4_encode(&ip, h);
    if (!sum)
        h[11] ^= 0x40;
    return pkt;
}

/* RFC 3168 §5: ECT(0), ECT(1) and CE become CE; the other six bits, and whether the header's sum
 * is right, stay. */
START_TEST(a_mark_is_ce_and_keeps_the_sum_as_right_as_it_was)
{
    static const uint8_t tos[] = { 0x00, 0x01, 0x02, 0x03, 0xb8, 0xb9, 0xfe, 0xff };
    Sim *sim = sim_new(1);
    Packet *pkt = with_tos(sim, tos[_i], true);
    bool capable = (tos[_i] & 3) != 0;
    Ipv4Hdr ip;

    ck_assert_int_eq(ipv4_reader.mark(pkt), capable);
    Span net = { pkt->data + ETH_HDR_LEN, pkt->len - ETH_HDR_LEN };
    ck_assert_int_eq(ipv4_decode(&ip, net), DROP_NONE);
    ck_assert_uint_eq(ip.tos, capable ? tos[_i] | 3 : tos[_i]);
    packet_free(pkt);
    pkt = with_tos(sim, tos[_i], false);
    ipv4_reader.mark(pkt);
    net.p = pkt->data + ETH_HDR_LEN;
    ck_assert_int_eq(ipv4_decode(&ip, net), DROP_IP_CHECKSUM);
    packet_free(pkt);
    sim_free(sim);
}
END_TEST

START_TEST(nothing_but_an_ipv4_header_is_marked)
{
    Sim *sim = sim_new(1);
    Packet *arp = frame_arp(sim, ARP_OP_REQUEST, FRAME_A, FRAME_B), *cut = with_tos(sim, 2, true);

    ck_assert(!ipv4_reader.mark(arp));
    packet_trim(cut, ETH_HDR_LEN + IPV4_HDR_LEN - 1);
    ck_assert(!ipv4_reader.mark(cut));
    packet_free(arp);
    packet_free(cut);
    cut = with_tos(sim, 2, true);
    cut->data[ETH_HDR_LEN] = 0x4f; /* 60 bytes of header, more than there are */
    ck_assert(!ipv4_reader.mark(cut));
    cut->data[ETH_HDR_LEN] = 0x65;
    ck_assert(!ipv4_reader.mark(cut));
    packet_free(cut);
    sim_free(sim);
}
END_TEST

Suite *ipv4_flow_suite(void);
Suite *ipv4_flow_suite(void)
{
    Suite *suite = suite_create("ipv4_flow");
    TCase *tc = tcase_create("ipv4_flow");
    tcase_add_test(tc, a_flow_is_addresses_protocol_and_ports);
    tcase_add_test(tc, fragments_of_one_datagram_stay_together);
    tcase_add_test(tc, what_is_no_ip_goes_by_its_type);
    tcase_add_loop_test(tc, a_mark_is_ce_and_keeps_the_sum_as_right_as_it_was, 0, 8);
    tcase_add_test(tc, nothing_but_an_ipv4_header_is_marked);
    suite_add_tcase(suite, tc);
    return suite;
}
