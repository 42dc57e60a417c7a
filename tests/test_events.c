/*
 * test_events.c - events as JSON Lines, their escapes, and the digest over them.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/events.h"

#include "support/frame.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const TracePoint SPOKE = {
    "app:spoke",
    TRACE_APP,
    { { "text", TV_STR }, { "n", TV_INT }, { "ok", TV_BOOL }, { "after", TV_TIME } }
};

typedef struct World {
    Sim *sim;
    Node *a, *b;
    Events *ev;
    FILE *out;
    char *text;
    size_t size;
} World;

static DropReason take(void *owner, Packet *pkt)
{
    (void)owner;
    packet_free(pkt);
    return DROP_NONE;
}

static void world_open(World *w, bool lines)
{
    *w = (World){ .sim = sim_new(42) };
    w->a = node_new(w->sim, "a", NODE_HOST);
    w->b = node_new(w->sim, "b", NODE_HOST);
    node_add_port(w->a, NULL)->input = take;
    node_add_port(w->b, NULL)->input = take;
    link_new(w->sim, node_port(w->a, "eth0"), node_port(w->b, "eth0"), &link_defaults,
             &link_defaults);
    w->out = lines ? open_memstream(&w->text, &w->size) : NULL;
    w->ev = events_new(w->sim, w->out, true, "old_syn.lua");
}

static char *world_close(World *w)
{
    char *digest = events_digest(w->ev);

    events_free(w->ev);
    if (w->out != NULL)
        fclose(w->out);
    sim_free(w->sim);
    return digest;
}

static void send(World *w, size_t len)
{
    port_send(node_port(w->a, "eth0"), frame_udp(w->sim, FRAME_A, FRAME_B, 1, 2, len));
    sim_run(w->sim, HOUR, 0);
}

START_TEST(lines_have_a_header_and_fixed_keys)
{
    World w;

    world_open(&w, true);
    send(&w, 5);
    trace(w.sim, SPOKE, NULL, NULL, NULL, trace_str("hi"), -7, true, NEVER);
    g_free(world_close(&w));
    ck_assert_str_eq(
        w.text, "{\"schema\":\"stacklab.events/1\",\"seed\":42,\"scenario\":\"old_syn.lua\","
                "\"version\":\"" STACKLAB_VERSION "\"}\n"
                "{\"t\":0,\"event\":\"link:enqueued\",\"node\":\"a\",\"port\":\"eth0\",\"id\":1,"
                "\"length\":47}\n"
                "{\"t\":0,\"event\":\"link:delivered\",\"node\":\"b\",\"port\":\"eth0\",\"id\":1}\n"
                "{\"t\":0,\"event\":\"app:spoke\",\"text\":\"hi\",\"n\":-7,\"ok\":true,"
                "\"after\":9223372036854775807}\n");
    free(w.text);
}
END_TEST

static const struct {
    const char *raw, *json;
} texts[] = {
    { "plain", "\"plain\"" },
    { "a \"b\" \\c", "\"a \\\"b\\\" \\\\c\"" },
    { "\n\t\r\b\f\x01\x7f", "\"\\n\\t\\r\\b\\f\\u0001\\u007f\"" },
    { "旧 SYN", "\"旧 SYN\"" },
    { "cut \xe6\x97", "\"cut \\ufffd\\ufffd\"" },
    { "", "\"\"" },
};

START_TEST(texts_are_escaped)
{
    GString *out = g_string_new(NULL);

    json_append_string(out, texts[_i].raw);
    ck_assert_str_eq(out->str, texts[_i].json);
    g_string_free(out, TRUE);
}
END_TEST

START_TEST(the_digest_does_not_depend_on_writing)
{
    World with, without;

    world_open(&with, true);
    world_open(&without, false);
    send(&with, 100);
    send(&without, 100);
    char *one = world_close(&with), *two = world_close(&without);
    ck_assert_str_eq(one, two);
    ck_assert_uint_eq(strlen(one), 64);
    g_free(one);
    g_free(two);
    free(with.text);
}
END_TEST

/* The lines of the two worlds are alike; only the bytes on the wire differ. */
START_TEST(the_digest_covers_the_frames)
{
    World w[2];
    char *digest[2];

    for (int i = 0; i < 2; i++) {
        world_open(&w[i], false);
        Packet *pkt = frame_udp(w[i].sim, FRAME_A, FRAME_B, 1, 2, 100);
        pkt->data[pkt->len - 1] = (uint8_t)i;
        port_send(node_port(w[i].a, "eth0"), pkt);
        sim_run(w[i].sim, HOUR, 0);
        digest[i] = world_close(&w[i]);
    }
    ck_assert_str_ne(digest[0], digest[1]);
    g_free(digest[0]);
    g_free(digest[1]);
}
END_TEST

START_TEST(the_digest_is_that_of_lines_and_frames)
{
    World w;
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);

    world_open(&w, true);
    Packet *pkt = frame_udp(w.sim, FRAME_A, FRAME_B, 1, 2, 100), *copy = packet_copy(pkt);
    port_send(node_port(w.a, "eth0"), pkt);
    fflush(w.out);
    const char *first = strchr(w.text, '\n') + 1, *second = strchr(first, '\n') + 1;
    size_t lead = (size_t)(second - w.text);
    g_checksum_update(sum, (const guchar *)first, second - first);
    g_checksum_update(sum, copy->data, (gssize)copy->len);
    packet_free(copy);
    sim_run(w.sim, HOUR, 0);
    char *digest = world_close(&w);
    g_checksum_update(sum, (const guchar *)w.text + lead, (gssize)(w.size - lead));
    ck_assert_str_eq(digest, g_checksum_get_string(sum));
    g_checksum_free(sum);
    g_free(digest);
    free(w.text);
}
END_TEST

Suite *events_suite(void);
Suite *events_suite(void)
{
    Suite *suite = suite_create("events");
    TCase *tc = tcase_create("events");
    tcase_add_test(tc, lines_have_a_header_and_fixed_keys);
    tcase_add_loop_test(tc, texts_are_escaped, 0, G_N_ELEMENTS(texts));
    tcase_add_test(tc, the_digest_does_not_depend_on_writing);
    tcase_add_test(tc, the_digest_covers_the_frames);
    tcase_add_test(tc, the_digest_is_that_of_lines_and_frames);
    suite_add_tcase(suite, tc);
    return suite;
}
