/*
 * test_eth.c - an interface takes what is for it, and nothing else.
 */
/* SPDX-License-Identifier: MIT */
#include "support/lan.h"

#include <check.h>
#include <string.h>

static const uint8_t payload[46];
static const Span data = { payload, 20 };

static Lan lan;

static void setup(void)
{
    lan_init(&lan, 2, &arp_defaults, 300 * SEC);
}

static void teardown(void)
{
    lan_free(&lan);
}

/* What comes of a frame from h1 at h2. */
static const struct {
    const char *what;
    uint64_t    dst;
    uint16_t    type;
    DropReason  why; /* DROP_NONE: taken */
} frames[] = {
    { "for us", 0x020000000002, ETHERTYPE_IPV4, DROP_NONE },
    { "for everybody", 0xffffffffffff, ETHERTYPE_IPV4, DROP_NONE },
    { "for a group", 0x01005e000001, ETHERTYPE_IPV4, DROP_NONE },
    { "for another station", 0x020000000003, ETHERTYPE_IPV4, DROP_ETH_NOT_MINE },
    { "for another station, of no protocol", 0x020000000003, 0x9999, DROP_ETH_NOT_MINE },
    { "of no protocol", 0x020000000002, 0x9999, DROP_ETH_TYPE },
    { "with a length for a type, IEEE 802.3", 0x020000000002, 46, DROP_ETH_TYPE },
    { "IPv6", 0xffffffffffff, ETHERTYPE_IPV6, DROP_ETH_TYPE },
};

static void send_row(int i)
{
    lan_frame(&lan, 1, mac_from_u64(frames[i].dst), lan_mac(1), frames[i].type, data);
    lan_run(&lan, NEVER);
    for (int why = 1; why < DROP_COUNT; why++)
        ck_assert_msg(lan.st[2].node->drops[why] == (why == (int)frames[i].why), "%s: %s",
                      frames[i].what, drop_name((DropReason)why));
    ck_assert_msg(lan.st[2].got == (frames[i].why == DROP_NONE), "%s", frames[i].what);
}

START_TEST(takes_what_is_for_it)
{
    send_row(_i);
}
END_TEST

START_TEST(a_frame_shorter_than_its_header_is_dropped)
{
    Packet *pkt = packet_new(lan.sim, 13, SENT_RAW);
    Port *port = lan.st[2].iface.port;

    memset(pkt->data, 0xff, pkt->len);
    port_input(port, pkt);
    ck_assert_uint_eq(lan.st[2].node->drops[DROP_ETH_SHORT], 1);
}
END_TEST

START_TEST(padding_is_handed_up_with_the_rest)
{
    lan_frame(&lan, 1, lan_mac(2), lan_mac(1), ETHERTYPE_IPV4, (Span){ payload, sizeof payload });
    lan_run(&lan, NEVER);
    ck_assert_uint_eq(lan.st[2].got, 1);
}
END_TEST

static void look_at_frame(void *seen, const TraceEvent *ev)
{
    if (ev->point != &LINK_ENQUEUED || ev->node == lan.sw)
        return;
    Span frame = packet_frame(ev->pkt);
    EthHdr h;
    ck_assert_int_eq(eth_decode(&h, frame), DROP_NONE);
    ck_assert(mac_equal(h.dst, lan_mac(2)));
    ck_assert(mac_equal(h.src, lan_mac(1)));
    ck_assert_uint_eq(h.type, 0x1234);
    ck_assert_uint_eq(frame.n, ETH_HDR_LEN + 3); /* not padded */
    ck_assert_ptr_eq(ev->pkt->buf + ev->pkt->net, frame.p + ETH_HDR_LEN);
    ck_assert_int_eq(memcmp(frame.p + ETH_HDR_LEN, "abc", 3), 0);
    ++*(int *)seen;
}

START_TEST(output_puts_fourteen_bytes_in_front)
{
    int seen = 0;
    Packet *pkt = packet_new(lan.sim, 3, SENT_RAW);

    memcpy(pkt->data, "abc", 3);
    trace_add_sink(&lan.sim->trace, TRACE_LINK, look_at_frame, &seen);
    eth_output(&lan.st[1].iface, lan_mac(2), 0x1234, pkt);
    lan_run(&lan, NEVER);
    ck_assert_int_eq(seen, 1);
}
END_TEST

START_TEST(output_without_a_cable_is_dropped)
{
    Iface loose = lan.st[1].iface;

    loose.port = node_add_port(lan.st[1].node, NULL);
    eth_output(&loose, lan_mac(2), ETHERTYPE_IPV4, packet_new(lan.sim, 0, SENT_RAW));
    ck_assert_uint_eq(lan.st[1].node->drops[DROP_LINK_NO_LINK], 1);
}
END_TEST

Suite *eth_suite(void);
Suite *eth_suite(void)
{
    Suite *suite = suite_create("eth");
    TCase *tc = tcase_create("eth");
    const int rows = (int)(sizeof frames / sizeof frames[0]);

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, takes_what_is_for_it, 0, rows);
    tcase_add_test(tc, a_frame_shorter_than_its_header_is_dropped);
    tcase_add_test(tc, padding_is_handed_up_with_the_rest);
    tcase_add_test(tc, output_puts_fourteen_bytes_in_front);
    tcase_add_test(tc, output_without_a_cable_is_dropped);
    suite_add_tcase(suite, tc);
    return suite;
}
