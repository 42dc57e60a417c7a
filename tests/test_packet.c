/*
 * test_packet.c - the buffer and its ends, copies, the pool, and where packets end.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/sim.h"

#include <check.h>
#include <string.h>

START_TEST(headers_are_pushed_in_front_and_pulled_off)
{
    Sim *sim = sim_new(1);
    Packet *pkt = packet_new(sim, 4, SENT_RAW);

    memcpy(pkt->data, "data", 4);
    memcpy(packet_push(pkt, 3), "hdr", 3);
    memcpy(packet_put(pkt, 2), "!?", 2);
    ck_assert_uint_eq(packet_span(pkt).n, 9);
    ck_assert_mem_eq(packet_span(pkt).p, "hdrdata!?", 9);
    packet_pull(pkt, 3);
    packet_trim(pkt, 4);
    ck_assert_uint_eq(pkt->len, 4);
    ck_assert_mem_eq(pkt->data, "data", 4);
    packet_free(pkt);
    sim_free(sim);
}
END_TEST

START_TEST(a_packet_is_stamped_at_birth)
{
    Sim *sim = sim_new(1);

    sim->sched.now = 42;
    Packet *a = packet_new(sim, 0, SENT_TCP_SYN), *b = packet_new(sim, 0, SENT_ARP_REPLY);
    ck_assert_uint_eq(a->id, 1);
    ck_assert_uint_eq(b->id, 2);
    ck_assert_int_eq(a->why, SENT_TCP_SYN);
    ck_assert_int_eq(a->born, 42);
    ck_assert(!a->forged && !a->altered && !a->fcs_bad && a->remark == NULL);
    packet_free(a);
    packet_free(b);
    sim_free(sim);
}
END_TEST

START_TEST(a_used_buffer_is_a_new_packet)
{
    Sim *sim = sim_new(1);
    Packet *first = packet_new(sim, 100, SENT_RAW);

    first->altered = first->forged = first->fcs_bad = first->retransmission = true;
    first->remark = "held";
    first->net = first->frame = 7;
    first->frame_len = 7;
    packet_free(first);
    Packet *again = packet_new(sim, 50, SENT_UDP_DATA);
    ck_assert_ptr_eq(again, first);
    ck_assert(!again->altered && !again->forged && !again->fcs_bad && !again->retransmission);
    ck_assert(again->remark == NULL && again->net == 0 && again->frame_len == 0);
    ck_assert_ptr_eq(again->data, again->buf + PACKET_HEADROOM);
    packet_free(again);
    sim_free(sim);
}
END_TEST

START_TEST(a_copy_is_the_same_but_for_its_memory)
{
    Sim *sim = sim_new(1);
    Packet *pkt = packet_new(sim, 60, SENT_TCP_DATA);

    memset(pkt->data, 'x', 60);
    memcpy(packet_push(pkt, 14), "ethernetheader", 14);
    packet_set_frame(pkt);
    pkt->net = (uint16_t)(pkt->frame + 14);
    packet_pull(pkt, 14);
    packet_trim(pkt, 46); /* as a stack cuts off padding */
    Packet *copy = packet_copy(pkt);
    ck_assert_uint_eq(copy->id, pkt->id);
    ck_assert_int_eq(copy->why, SENT_TCP_DATA);
    ck_assert_uint_eq(copy->len, 46);
    ck_assert_uint_eq(packet_frame(copy).n, 74);
    ck_assert_mem_eq(packet_frame(copy).p, packet_frame(pkt).p, 74);
    ck_assert_mem_eq(packet_net(copy).p, packet_net(pkt).p, packet_net(pkt).n);
    copy->data[0] = 'y';
    ck_assert_int_eq(pkt->data[0], 'x');
    ck_assert_uint_eq(sim_packets_alive(sim), 2);
    packet_free(copy);
    packet_free(pkt);
    packet_free(NULL);
    ck_assert_uint_eq(sim_packets_alive(sim), 0);
    sim_free(sim);
}
END_TEST

/* What is described has no room until it is written, and then it is the same packet. It is reckoned
 * as if it were, so that no limit depends on who looks. */
static void write_name(Packet *pkt)
{
    memset(pkt->buf + pkt->unwritten.at, 't', pkt->unwritten.n);
}

START_TEST(a_text_that_is_described_is_reckoned_as_if_it_were_written)
{
    static const size_t lengths[] = { 1, 1460, 9000 };

    for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
        Sim *sim = sim_new(1);
        size_t n = lengths[i];
        Packet *pkt = packet_new_described(sim, 20, n, SENT_TCP_DATA);
        Packet *written = packet_new(sim, 20 + n, SENT_TCP_DATA);
        uint64_t each = sim->packets.bytes / 2;

        memset(pkt->data, 'h', 20);
        pkt->unwritten = (Unwritten){
            .write = write_name, .at = (uint32_t)(packet_offset(pkt) + 20), .n = (uint32_t)n,
            .left = true
        };
        memcpy(packet_push(pkt, 14), "ethernetheader", 14);
        Packet *copy = packet_copy(pkt);
        packet_free(written);
        ck_assert_uint_eq(sim->packets.bytes, 2 * each);
        ck_assert_uint_eq(each > PACKET_CELL, n > 1);
        ck_assert_uint_eq(pkt->cap, PACKET_ROOM);
        Span bytes = packet_span(pkt);
        ck_assert_uint_eq(bytes.n, 34 + n);
        ck_assert_mem_eq(bytes.p, "ethernetheaderhhhhhhhhhhhhhhhhhhhht", 35);
        ck_assert_int_eq(bytes.p[33 + n], 't');
        ck_assert_uint_eq(sim->packets.bytes, 2 * each);
        ck_assert(!packet_is_written(copy));
        packet_free(pkt);
        ck_assert_uint_eq(sim->packets.bytes, each);
        ck_assert_mem_eq(packet_span(copy).p, "ethernetheaderhhhhhhhhhhhhhhhhhhhht", 35);
        packet_free(copy);
        ck_assert_uint_eq(sim->packets.bytes, 0);
        sim_free(sim);
    }
}
END_TEST

START_TEST(a_packet_that_grows_keeps_its_bytes)
{
    Sim *sim = sim_new(1);
    Packet *pkt = packet_new(sim, 4, SENT_RAW);

    memcpy(pkt->data, "data", 4);
    for (size_t n = 1; n < PACKET_MAX / 2; n *= 2)
        memset(packet_put(pkt, n), 'x', n);
    ck_assert_uint_eq(pkt->len, 4 + 65535);
    ck_assert_mem_eq(pkt->data, "dataxxxx", 8);
    ck_assert_int_eq(pkt->data[pkt->len - 1], 'x');
    packet_free(pkt);
    ck_assert_uint_eq(sim->packets.bytes, 0);
    sim_free(sim);
}
END_TEST

START_TEST(large_packets_do_not_stay_in_the_pool)
{
    Sim *sim = sim_new(1);
    Packet *large = packet_new(sim, PACKET_MAX, SENT_RAW), *copy = packet_copy(large);

    memset(copy->data, 0, PACKET_MAX);
    ck_assert_uint_gt(sim->packets.bytes, 2 * PACKET_MAX);
    packet_free(large);
    packet_free(copy);
    ck_assert_uint_eq(sim->packets.bytes, 0);
    ck_assert_uint_eq(sim->packets.made, 2);
    ck_assert_uint_eq(sim->packets.freed, 2);
    sim_free(sim);
}
END_TEST

/* --- ports ------------------------------------------------------------------------------------ */

typedef struct Seen {
    char     point[32];
    char     reason[32];
    unsigned n;
} Seen;

static void note(void *self, const TraceEvent *ev)
{
    Seen *seen = self;

    g_strlcpy(seen->point, ev->point->name, sizeof seen->point);
    g_strlcpy(seen->reason, trace_arg_str(ev, 1), sizeof seen->reason);
    seen->n++;
}

static DropReason refuse(void *owner, Packet *pkt)
{
    (void)owner;
    (void)pkt;
    return DROP_UDP_NO_PORT;
}

/* One row per way in which a port itself ends a packet. */
static const struct {
    const char *what;
    bool        send, down, damaged, handler;
    DropReason  why;
} ends[] = {
    { "sent without a link",        true,  false, false, true,  DROP_LINK_NO_LINK },
    { "sent by a host that is off", true,  true,  false, true,  DROP_LINK_HOST_DOWN },
    { "for a host that is off",     false, true,  true,  true,  DROP_LINK_HOST_DOWN },
    { "damaged",                    false, false, true,  true,  DROP_LINK_FCS },
    { "nobody handles it",          false, false, false, false, DROP_ETH_TYPE },
    { "refused by its handler",     false, false, false, true,  DROP_UDP_NO_PORT },
};

START_TEST(a_port_drops_and_says_why)
{
    Sim *sim = sim_new(1);
    Node *node = node_new(sim, "a", NODE_HOST);
    Port *port = node_add_port(node, NULL);
    Packet *pkt = packet_new(sim, 60, SENT_RAW);
    Seen seen = { 0 };

    trace_add_sink(&sim->trace, TRACE_DROP, note, &seen);
    port->input = ends[_i].handler ? refuse : NULL;
    node->down = ends[_i].down;
    pkt->fcs_bad = ends[_i].damaged;
    (ends[_i].send ? port_send : port_input)(port, pkt);
    ck_assert_str_eq(seen.point, "packet:dropped");
    ck_assert_str_eq(seen.reason, drop_name(ends[_i].why));
    ck_assert_uint_eq(seen.n, 1);
    ck_assert_uint_eq(node->drops[ends[_i].why], 1);
    ck_assert_uint_eq(sim->packets.dropped, 1);
    ck_assert_uint_eq(sim_packets_alive(sim), 0);
    sim_free(sim);
}
END_TEST

START_TEST(ports_have_names)
{
    Sim *sim = sim_new(1);
    Node *node = node_new(sim, "sw", NODE_SWITCH);
    Port *first = node_add_port(node, NULL), *up = node_add_port(node, "uplink");

    ck_assert_str_eq(first->name, "eth0");
    ck_assert_uint_eq(up->index, 1);
    ck_assert_ptr_eq(node_port(node, "uplink"), up);
    ck_assert_ptr_null(node_port(node, "eth1"));
    sim_free(sim);
}
END_TEST

START_TEST(remarks_are_kept_once_each)
{
    Sim *sim = sim_new(1);
    Packet *a = packet_new(sim, 0, SENT_RAW), *b = packet_new(sim, 0, SENT_RAW);

    sim_remark(sim, a, "bit %d", 7);
    sim_remark(sim, b, "bit %d", 7);
    ck_assert_str_eq(a->remark, "bit 7");
    ck_assert_ptr_eq(a->remark, b->remark);
    sim_remark(sim, b, "late");
    ck_assert_str_eq(b->remark, "bit 7, late");
    ck_assert_str_eq(a->remark, "bit 7");
    packet_free(a);
    packet_free(b);
    sim_free(sim);
}
END_TEST

Suite *packet_suite(void);
Suite *packet_suite(void)
{
    Suite *suite = suite_create("packet");
    TCase *tc = tcase_create("packet");
    tcase_add_test(tc, headers_are_pushed_in_front_and_pulled_off);
    tcase_add_test(tc, a_packet_is_stamped_at_birth);
    tcase_add_test(tc, a_used_buffer_is_a_new_packet);
    tcase_add_test(tc, a_copy_is_the_same_but_for_its_memory);
    tcase_add_test(tc, a_text_that_is_described_is_reckoned_as_if_it_were_written);
    tcase_add_test(tc, a_packet_that_grows_keeps_its_bytes);
    tcase_add_test(tc, large_packets_do_not_stay_in_the_pool);
    tcase_add_loop_test(tc, a_port_drops_and_says_why, 0, (int)G_N_ELEMENTS(ends));
    tcase_add_test(tc, ports_have_names);
    tcase_add_test(tc, remarks_are_kept_once_each);
    suite_add_tcase(suite, tc);
    return suite;
}
