/*
 * test_layers.c - frames opened layer by layer, compared as drawn; and cut ones, and wrong ones.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/layers.h"

#include "support/net.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES = 16 };

typedef struct World {
    Net *net;
    Stack *a, *b;
    GByteArray *frames[FRAMES]; /* what a has sent, in order */
    size_t n;
    char *text;
    size_t size;
} World;

static void on_event(void *self, const TraceEvent *ev)
{
    World *w = self;

    if (ev->point != &LINK_ENQUEUED || ev->node != w->a->node || w->n == FRAMES)
        return;
    Span frame = packet_frame(ev->pkt);
    w->frames[w->n] = g_byte_array_new();
    g_byte_array_append(w->frames[w->n++], frame.p, (guint)frame.n);
}

/* a and b; a asks for b's address, opens a connection, sends a line, pings, and sends by UDP. */
static void play_with(World *w, bool options)
{
    static const char get[] = "GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n";
    StackConfig cfg = stack_config_default();
    NetError err;

    cfg.tcp.window_scale = cfg.tcp.timestamps = cfg.tcp.sack = options;
    cfg.tcp.isn = TCP_ISN_LIST;
    cfg.tcp.n_isn = 1;
    cfg.tcp.isn_list[0] = 1000;
    w->net = net_new(1);
    w->a = net_host(w->net, "a", &cfg);
    w->b = net_host(w->net, "b", &cfg);
    net_link(w->net, w->a->node, "10.0.0.1/24", w->b->node, "10.0.0.2/24", 10 * MSEC);
    trace_add_sink(&w->net->sim->trace, TRACE_LINK, on_event, w);
    Listener *l = tcp_listen(stack_tcp(w->b), IP4_ANY, 80, 0, false, &err);
    Conn *c = tcp_connect(stack_tcp(w->a), IP_NONE, 40000, ip("10.0.0.2"), 80, &err);
    net_run(w->net);
    ck_assert_uint_eq(conn_send(c, (Span){ (const uint8_t *)get, strlen(get) }, &err), 41);
    net_run_until(w->net, 1 * SEC);
    conn_abort(c);
    conn_free(c);
    listener_close(l);
    net_run(w->net);
    trace_remove_sink(&w->net->sim->trace, w);
}

static void play(World *w)
{
    play_with(w, false);
}

static const char *print(World *w, Span frame, LayersOptions opt)
{
    free(w->text);
    FILE *out = open_memstream(&w->text, &w->size);
    layers_print(w->net->sim, frame, &opt, out);
    fclose(out);
    return w->text;
}

static Span frame_of(const World *w, size_t i)
{
    ck_assert_uint_lt(i, w->n);
    return (Span){ w->frames[i]->data, w->frames[i]->len };
}

static void clear(World *w)
{
    for (size_t i = 0; i < w->n; i++)
        g_byte_array_free(w->frames[i], TRUE);
    free(w->text);
    net_free(w->net);
}

/* As drawn in tests/layers/NAME.txt; UPDATE_GOLDEN=1 in the environment writes it anew. */
static void expect_drawing(const char *name, const char *text)
{
    g_autofree char *path = g_strdup_printf(SOURCE_DIR "/tests/layers/%s.txt", name);
    g_autofree char *golden = NULL;

    if (getenv("UPDATE_GOLDEN") != NULL)
        ck_assert(g_file_set_contents(path, text, -1, NULL));
    ck_assert_msg(g_file_get_contents(path, &golden, NULL, NULL), "%s is missing", path);
    ck_assert_msg(strcmp(golden, text) == 0, "%s: drawn otherwise:\n%s", name, text);
}

enum { THE_ARP, THE_SYN, THE_ACK, THE_GET };

static const struct {
    const char *name;
    size_t frame;
    bool options; /* TCP's */
    LayersOptions opt;
} drawings[] = {
    { "arp", THE_ARP, false, { .width = 80 } },
    { "syn-zh-110", THE_SYN, true, { .width = 110, .chinese = true } },
    { "get", THE_GET, false, { .width = 80 } },
};

START_TEST(a_frame_opened)
{
    World w = { 0 };

    play_with(&w, drawings[_i].options);
    expect_drawing(drawings[_i].name,
                   print(&w, frame_of(&w, drawings[_i].frame), drawings[_i].opt));
    clear(&w);
}
END_TEST

/* The figures of the course: 54 and 95 bytes as captured, 64 and 99 with what cards add. */
START_TEST(sizes_add_up)
{
    World w = { 0 };

    play(&w);
    const char *text = print(&w, frame_of(&w, THE_ACK), (LayersOptions){ .width = 80 });
    ck_assert_ptr_nonnull(strstr(text,
                                 "\n Ethernet 14 + IPv4 20 + TCP 20 = 54 bytes; + padding 6 + "
                                 "FCS 4 = 64 on the wire\n"));
    text = print(&w, frame_of(&w, THE_GET), (LayersOptions){ .width = 80 });
    ck_assert_ptr_nonnull(strstr(text, "\n Ethernet 14 + IPv4 20 + TCP 20 + HTTP 41 = 95 bytes; + "
                                       "FCS 4 = 99 on the wire\n"));
    clear(&w);
}
END_TEST

/* What came padded: 6 bytes that the packet does not own are no data of TCP's. */
START_TEST(padding_that_came_is_no_data)
{
    World w = { 0 };
    uint8_t padded[60] = { 0 };

    play(&w);
    memcpy(padded, frame_of(&w, THE_ACK).p, 54);
    const char *text = print(&w, (Span){ padded, 60 }, (LayersOptions){ .width = 80 });
    ck_assert_ptr_nonnull(
        strstr(text, "TCP 20 + padding 6 = 60 bytes; + FCS 4 = 64 on the wire\n"));
    ck_assert_ptr_null(strstr(text, "application layer"));
    clear(&w);
}
END_TEST

static size_t count(const char *text, const char *what)
{
    size_t n = 0;

    for (const char *p = text; (p = strstr(p, what)) != NULL; p++)
        n++;
    return n;
}

/* A bit of the data: TCP's checksum sees it, IP's cannot. One of the TTL: the other way round. */
START_TEST(wrong_sums_are_called_wrong)
{
    World w = { 0 };

    play(&w);
    ck_assert_uint_eq(
        count(print(&w, frame_of(&w, THE_GET), (LayersOptions){ .width = 120 }), "(correct)"), 2);
    w.frames[THE_GET]->data[60] ^= 1;
    const char *text = print(&w, frame_of(&w, THE_GET), (LayersOptions){ .width = 120 });
    ck_assert_uint_eq(count(text, "(wrong)  of pseudo-header"), 1);
    ck_assert_uint_eq(count(text, "(correct)  of this header"), 1);
    w.frames[THE_GET]->data[60] ^= 1;
    w.frames[THE_GET]->data[22]--;
    text = print(&w, frame_of(&w, THE_GET), (LayersOptions){ .width = 120 });
    ck_assert_uint_eq(count(text, "(wrong)  of this header"), 1);
    ck_assert_uint_eq(count(text, "(correct)  of pseudo-header"), 1);
    clear(&w);
}
END_TEST

/* Cut anywhere, and with any byte turned over: every byte read is inside, boxes close. */
START_TEST(cut_and_damaged_frames_are_shown)
{
    World w = { 0 };

    play_with(&w, true);
    for (size_t i = 0; i < w.n; i++) {
        Span frame = frame_of(&w, i);
        for (size_t n = 1; n <= frame.n; n++) {
            g_autofree uint8_t *cut = g_memdup2(frame.p, n); /* so that the end is the heap's */
            print(&w, (Span){ cut, n }, (LayersOptions){ .width = 80 });
            cut[n - 1] = (uint8_t)~cut[n - 1];
            const char *text = print(&w, (Span){ cut, n }, (LayersOptions){ .width = 80 });
            ck_assert_uint_eq(count(text, " | OSI "), count(text, "+-----")); /* open, close */
        }
    }
    clear(&w);
}
END_TEST

Suite *layers_suite(void);

Suite *layers_suite(void)
{
    Suite *s = suite_create("layers");
    TCase *tc = tcase_create("layers");

    tcase_add_loop_test(tc, a_frame_opened, 0, G_N_ELEMENTS(drawings));
    tcase_add_test(tc, sizes_add_up);
    tcase_add_test(tc, padding_that_came_is_no_data);
    tcase_add_test(tc, wrong_sums_are_called_wrong);
    tcase_add_test(tc, cut_and_damaged_frames_are_shown);
    suite_add_tcase(s, tc);
    return s;
}
