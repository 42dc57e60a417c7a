/*
 * test_ladder.c - ladder diagrams of small worlds, compared as drawn.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/ladder.h"

#include "sim/engine/fault.h"
#include "support/net.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

typedef struct World {
    Net *net;
    Recorder *rec;
    Ladder *ladder;
    Stack *client, *server;
    Listener *listener;
    Conn *out, *in;
    NetError err;
    bool colour, full, timers;
    char *text; /* of the drawing */
    size_t size;
} World;

static void observe(World *w, unsigned width, bool chinese)
{
    LadderOptions opt = { .width = width, .chinese = chinese };

    opt.colour = w->colour;
    opt.full = w->full;
    opt.timers = w->timers;
    w->rec = recorder_new(w->net->sim);
    w->ladder = ladder_new(w->net->sim, &opt, recorder_flows(w->rec));
}

static char *finish(World *w)
{
    FILE *out = open_memstream(&w->text, &w->size);

    ladder_print(w->ladder, out);
    fclose(out);
    ladder_free(w->ladder);
    recorder_free(w->rec);
    if (w->out != NULL)
        conn_free(w->out);
    if (w->in != NULL)
        conn_free(w->in);
    net_free(w->net);
    return w->text;
}

static void run_to(World *w, SimTime t)
{
    net_run_until(w->net, t);
    w->net->sim->sched.now = t;
}

static void send_bytes(Conn *c, size_t n)
{
    NetError err;

    ck_assert_uint_eq(conn_send_pattern(c, 0, n, &err), n);
}

static size_t receive(Conn *c)
{
    static uint8_t buf[65536];
    NetError err;

    return conn_receive(c, buf, sizeof buf, &err);
}

/* client - r - server, 10 ms a link, as the course has it; ARP is warm. */
static Link *hop(World *w, TcpHandshake handshake)
{
    StackConfig cfg = stack_config_default();

    cfg.tcp.msl = 5 * SEC;
    cfg.tcp.delayed_ack = false;
    cfg.tcp.window_scale = cfg.tcp.timestamps = cfg.tcp.sack = false;
    cfg.tcp.nagle = false;
    cfg.tcp.isn = TCP_ISN_LIST;
    cfg.tcp.n_isn = 1;
    cfg.tcp.isn_list[0] = 1000;
    w->net = net_new(1);
    w->client = net_host(w->net, "client", &cfg);
    cfg.tcp.handshake = handshake;
    cfg.tcp.n_isn = 2;
    cfg.tcp.isn_list[0] = 5000;
    cfg.tcp.isn_list[1] = 9000;
    Stack *r = net_router(w->net, "r", NULL);
    w->server = net_host(w->net, "server", &cfg);
    net_link(w->net, w->client->node, "10.0.1.10/24", r->node, "10.0.1.1/24", 10 * MSEC);
    Link *behind =
        net_link(w->net, r->node, "10.0.2.1/24", w->server->node, "10.0.2.20/24", 10 * MSEC);
    net_route(w->client, "0.0.0.0/0", "10.0.1.1");
    net_route(w->server, "0.0.0.0/0", "10.0.2.1");
    net_warm(w->net);
    return behind;
}

static bool has_flag(const Packet *pkt, uint8_t flag)
{
    Span frame = packet_frame(pkt);

    return frame.n >= 54 && frame.p[23] == IPPROTO_TCP4 && (frame.p[47] & flag) != 0;
}

static bool is_syn(void *self, LinkDir *dir, const Packet *pkt)
{
    (void)self;
    (void)dir;
    return has_flag(pkt, TCP_SYN);
}

static void stale_syn(World *w, TcpHandshake handshake, unsigned width, bool chinese)
{
    FaultOptions once = fault_options_default;
    FaultCalls calls = { .match = is_syn };

    once.count = 1;
    Link *behind = hop(w, handshake);
    observe(w, width, chinese);
    FaultRule *rule = fault_add(behind, FAULT_HOLD, &once, &calls, "old-syn");
    w->listener = tcp_listen(stack_tcp(w->server), IP4_ANY, 80, 0, false, &w->err);
    w->out = tcp_connect(stack_tcp(w->client), IP_NONE, 40000, ip("10.0.2.20"), 80, &w->err);
    run_to(w, 1040 * MSEC);
    send_bytes(w->out, 100);
    run_to(w, 1060 * MSEC);
    w->in = listener_accept(w->listener);
    ck_assert_ptr_nonnull(w->in);
    receive(w->in);
    send_bytes(w->in, 200);
    run_to(w, 2 * SEC);
    receive(w->out);
    conn_close(w->out);
    run_to(w, 2120 * MSEC);
    conn_close(w->in);
    run_to(w, 30010 * MSEC);
    ladder_note(w->ladder, chinese ? "旧 SYN 到达，它的连接早已结束"
                                   : "the old SYN arrives; its connection is long gone");
    fault_release(rule);
    run_to(w, 31 * SEC);
    listener_close(w->listener);
    net_run(w->net);
}

/* Instead of the text: 's' the picture, 'm' mermaid. */
static char *finish_as(World *w, char kind)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (kind == 's')
        ladder_svg(w->ladder, "A <title> & more", out);
    else
        ladder_mermaid(w->ladder, out);
    fclose(out);
    free(finish(w));
    return text;
}

/* As drawn in tests/ladder/NAME.txt; UPDATE_GOLDEN=1 in the environment writes it anew. */
static void expect_drawing(const char *name, char *text)
{
    g_autofree char *file = g_strconcat(name, strchr(name, '.') != NULL ? "" : ".txt", NULL);
    g_autofree char *path = g_strdup_printf(SOURCE_DIR "/tests/ladder/%s", file);
    g_autofree char *golden = NULL;

    if (getenv("UPDATE_GOLDEN") != NULL)
        ck_assert(g_file_set_contents(path, text, -1, NULL));
    ck_assert_msg(g_file_get_contents(path, &golden, NULL, NULL), "%s is missing", path);
    ck_assert_msg(strcmp(golden, text) == 0, "%s: drawn otherwise:\n%s", name, text);
    free(text);
}

static const struct {
    const char *name;
    TcpHandshake handshake;
    unsigned width;
    bool chinese;
} stale[] = {
    { "stale-syn-80", TCP_THREE_WAY, 80, false },
    { "stale-syn-120", TCP_THREE_WAY, 120, false },
    { "stale-syn-two-way", TCP_TWO_WAY, 80, false },
    { "stale-syn-zh", TCP_THREE_WAY, 80, true },
};

START_TEST(an_old_syn_needs_no_words)
{
    World w = { 0 };

    stale_syn(&w, stale[_i].handshake, stale[_i].width, stale[_i].chinese);
    expect_drawing(stale[_i].name, finish(&w));
}
END_TEST

/* Set by the SYN, fired, set again for twice as long, stopped by the ACK; and the wait of 2MSL. */
START_TEST(timers_are_shown_when_asked_for)
{
    World w = { .timers = true };

    stale_syn(&w, TCP_THREE_WAY, 80, false);
    expect_drawing("timers", finish(&w));
}
END_TEST

START_TEST(a_picture_and_a_diagram_of_it)
{
    static const char kinds[] = "sm";
    static const char *const names[] = { "stale-syn.svg", "stale-syn.mmd" };
    World w = { 0 };

    stale_syn(&w, TCP_THREE_WAY, 80, false);
    expect_drawing(names[_i], finish_as(&w, kinds[_i]));
}
END_TEST

/* Whatever a note says, the picture is XML, and a line of mermaid stays a line. */
START_TEST(notes_do_not_break_out)
{
    static const char note[] = "a; b # c <d> & \"e\"\n\001 end \xff";
    World w = { 0 };
    GMarkupParser nothing = { 0 };
    GError *error = NULL;

    stale_syn(&w, TCP_THREE_WAY, 80, false);
    ladder_note(w.ladder, note);
    char *svg = finish_as(&w, 's');
    GMarkupParseContext *xml = g_markup_parse_context_new(&nothing, 0, NULL, NULL);
    ck_assert_msg(g_markup_parse_context_parse(xml, svg, -1, &error) &&
                      g_markup_parse_context_end_parse(xml, &error),
                  "%s", error != NULL ? error->message : "");
    ck_assert_ptr_nonnull(strstr(svg, ">a; b # c &lt;d&gt; &amp; &quot;e&quot;"));
    g_markup_parse_context_free(xml);
    free(svg);

    w = (World){ 0 };
    stale_syn(&w, TCP_THREE_WAY, 80, false);
    ladder_note(w.ladder, note);
    char *mermaid = finish_as(&w, 'm');
    ck_assert_ptr_nonnull(strstr(mermaid, " a#59; b #35; c #lt;d#gt; & \"e\"   end "));
    g_auto(GStrv) lines = g_strsplit(mermaid, "\n", -1);
    for (guint i = 1; lines[i + 1] != NULL; i++)
        ck_assert_msg(g_str_has_prefix(lines[i], "  "), "%s", lines[i]);
    free(mermaid);
}
END_TEST

static void without_colour(char *text)
{
    char *to = text;

    for (char *p = text; *p != '\0'; p++)
        if (*p == '\033')
            p = strchr(p, 'm');
        else
            *to++ = *p;
    *to = '\0';
}

START_TEST(colour_says_nothing_of_its_own)
{
    World w = { .colour = true };

    stale_syn(&w, TCP_THREE_WAY, 80, false);
    char *text = finish(&w);
    ck_assert_ptr_nonnull(strstr(text, "\033[33m(1)--- [S] seq 0 -->\033[0m \033[1mSYN-RECEIVED"));
    without_colour(text);
    expect_drawing("stale-syn-80", text);
}
END_TEST

/* client - server, 10 ms, and what else cfg says. */
static void pair(World *w, unsigned width, LinkConfig link)
{
    StackConfig cfg = stack_config_default();

    link.delay = 10 * MSEC;
    cfg.tcp.msl = 5 * SEC;
    cfg.tcp.delayed_ack = false;
    cfg.tcp.window_scale = cfg.tcp.timestamps = cfg.tcp.sack = false;
    w->net = net_new(1);
    w->client = net_host(w->net, "client", &cfg);
    w->server = net_host(w->net, "server", &cfg);
    net_link_with(w->net, w->client->node, "10.0.0.1/24", w->server->node, "10.0.0.2/24", &link);
    observe(w, width, false);
}

static void transfer(World *w, size_t n)
{
    NetError err;
    size_t sent = 0, got = 0, more;

    w->listener = tcp_listen(stack_tcp(w->server), IP4_ANY, 80, 0, false, &w->err);
    w->out = tcp_connect(stack_tcp(w->client), IP_NONE, 40000, ip("10.0.0.2"), 80, &w->err);
    while (got < n) {
        run_to(w, sim_now(w->net->sim) + 10 * MSEC);
        sent += conn_send_pattern(w->out, sent, n - sent, &err);
        if (w->in == NULL)
            w->in = listener_accept(w->listener);
        while (w->in != NULL && (more = receive(w->in)) > 0)
            got += more;
    }
    run_to(w, sim_now(w->net->sim) + SEC);
    conn_close(w->out);
    run_to(w, sim_now(w->net->sim) + 100 * MSEC);
    conn_close(w->in);
    net_run(w->net);
    listener_close(w->listener);
}

START_TEST(packets_that_cross_are_drawn_in_two)
{
    World w = { 0 };
    LinkConfig slow = link_defaults;

    slow.rate = 1000000;
    pair(&w, 80, slow);
    transfer(&w, 10000);
    expect_drawing("crossing", finish(&w));
}
END_TEST

START_TEST(the_lost_and_the_late_are_told)
{
    World w = { 0 };
    LinkConfig bad = link_defaults;

    bad.loss = PROB_ONE / 8;
    bad.jitter = 3 * MSEC;
    bad.duplicate = PROB_ONE / 16;
    pair(&w, 120, bad);
    transfer(&w, 10000);
    expect_drawing("bad-link", finish(&w));
}
END_TEST

static bool is_data(void *self, LinkDir *dir, const Packet *pkt)
{
    (void)self;
    (void)dir;
    return has_flag(pkt, TCP_ACK) && packet_frame(pkt).n > 60;
}

START_TEST(replayed_corrupted_and_forbidden)
{
    World w = { 0 };
    FaultCalls calls = { .match = is_data };
    FaultOptions once = fault_options_default, second = fault_options_default;

    once.count = 1;
    second.count = 1;
    second.skip = 1;
    second.bit = 300;
    pair(&w, 80, link_defaults);
    Link *cable = g_ptr_array_index(w.net->sim->links, 0);
    FaultRule *copy = fault_add(cable, FAULT_COPY, &once, &calls, "keep one");
    fault_add(cable, FAULT_CORRUPT, &second, &calls, "spoil one");
    second.skip = 2;
    fault_add(cable, FAULT_DROP, &second, &calls, "drop one");
    transfer(&w, 5000);
    w.listener = tcp_listen(stack_tcp(w.server), IP4_ANY, 80, 0, false, &w.err);
    fault_release(copy);
    net_run(w.net);
    link_down(cable);
    run_to(&w, 20 * SEC);
    link_up(cable);
    listener_close(w.listener);
    g_ptr_array_remove(cable->rules, copy); /* and with it the copy that it keeps */
    expect_drawing("faults", finish(&w));
}
END_TEST

START_TEST(of_a_long_run_the_ends_and_the_notes_are_shown)
{
    World w = { 0 };

    pair(&w, 80, link_defaults);
    transfer(&w, 300000);
    ladder_note(w.ladder, "here");
    Conn *first = w.out, *second = w.in;
    w.in = NULL;
    transfer(&w, 300000);
    conn_free(first);
    conn_free(second);
    char *text = finish(&w);
    ck_assert_ptr_nonnull(strstr(text, "program connects\n"));
    ck_assert_ptr_nonnull(strstr(text, " rows not shown; --full shows all)\n"));
    char *note = strstr(text, "* here\n");
    ck_assert_ptr_nonnull(note);
    ck_assert_ptr_nonnull(strstr(note, " rows not shown; --full shows all)\n"));
    ck_assert_ptr_nonnull(strstr(note, "2MSL over (was TIME-WAIT)\n"));
    size_t lines = 0;
    for (const char *p = text; *p != '\0'; p++)
        lines += *p == '\n';
    ck_assert_uint_lt(lines, 180);
    free(text);
}
END_TEST

START_TEST(full_shows_all)
{
    World w = { .full = true };

    pair(&w, 80, link_defaults);
    transfer(&w, 600000);
    char *text = finish(&w);
    ck_assert_ptr_null(strstr(text, "not shown"));
    free(text);
}
END_TEST

static void shout(Stack *s, const char *to, uint8_t ttl)
{
    NetError err;
    UdpSock *u = udp_open(stack_udp(s), IP4_ANY, 0, &err);

    udp_set_ttl(u, ttl);
    udp_send(u, (Span){ (const uint8_t *)"hello", 5 }, ip(to), 7);
}

/* a and b on a switch with a router, c behind it. */
static void town(World *w, unsigned width)
{
    w->net = net_new(1);
    Stack *a = net_host(w->net, "a", NULL), *b = net_host(w->net, "b", NULL);
    Stack *c = net_host(w->net, "c", NULL), *r = net_router(w->net, "r", NULL);
    Node *sw = net_switch(w->net, "sw");

    net_link(w->net, a->node, "10.0.0.1/24", sw, NULL, MSEC);
    net_link(w->net, b->node, "10.0.0.2/24", sw, NULL, MSEC);
    net_link(w->net, r->node, "10.0.0.254/24", sw, NULL, MSEC);
    net_link(w->net, c->node, "10.0.1.3/24", r->node, "10.0.1.254/24", 5 * MSEC);
    net_route(a, "0.0.0.0/0", "10.0.0.254");
    net_route(c, "0.0.0.0/0", "10.0.1.254");
    observe(w, width, false);
    shout(a, "10.0.0.2", 0);
    net_run(w->net);
    shout(b, "10.0.0.9", 0);
    net_run(w->net);
    shout(a, "10.0.1.3", 1);
    shout(a, "10.0.1.3", 0);
    shout(a, "10.0.9.3", 0);
    net_run(w->net);
    w->out = tcp_connect(stack_tcp(c), IP_NONE, 40000, ip("10.0.0.1"), 81, &w->err);
    net_run(w->net);
    w->listener = tcp_listen(stack_tcp(b), IP4_ANY, 80, 0, false, &w->err);
    w->in = tcp_connect(stack_tcp(a), IP_NONE, 40001, ip("10.0.0.2"), 80, &w->err);
    run_to(w, sim_now(w->net->sim) + SEC);
    conn_abort(w->in);
    net_run(w->net);
    listener_close(w->listener);
    net_run(w->net);
}

START_TEST(three_hosts_have_three_lanes)
{
    World w = { 0 };

    town(&w, _i == 0 ? 80 : 120);
    expect_drawing(_i == 0 ? "lanes-80" : "lanes-120", finish(&w));
}
END_TEST

START_TEST(a_host_alone_speaks_to_its_router)
{
    World w = { 0 };

    w.net = net_new(1);
    Stack *a = net_host(w.net, "a", NULL), *r = net_router(w.net, "r", NULL);
    net_link(w.net, a->node, "10.0.0.1/24", r->node, "10.0.0.254/24", 5 * MSEC);
    net_route(a, "0.0.0.0/0", "10.0.0.254");
    observe(&w, 80, false);
    shout(a, "10.0.0.9", 0);
    shout(a, "10.0.9.9", 0);
    net_run(w.net);
    expect_drawing("alone", finish(&w));
}
END_TEST

static const char *data_label(void *self, const Packet *pkt)
{
    (void)self;
    return is_data(NULL, NULL, pkt) ? "DATA 0" : NULL;
}

START_TEST(a_label_takes_the_place_of_numbers)
{
    World w = { 0 };

    pair(&w, 80, link_defaults);
    ladder_set_labels(w.ladder, data_label, NULL);
    transfer(&w, 100);
    char *text = finish(&w);
    ck_assert_ptr_nonnull(strstr(text, "ESTABLISHED  --- DATA 0 -------"));
    free(text);
}
END_TEST

START_TEST(nothing_happened)
{
    World w = { 0 };

    pair(&w, 80, link_defaults);
    char *text = finish(&w);
    ck_assert_str_eq(text, "  (no packet was sent)\n");
    free(text);
}
END_TEST

/* The world of a lesson that plays others, and then says what they have shown. */
START_TEST(notes_without_packets)
{
    World w = { 0 };

    pair(&w, 80, link_defaults);
    ladder_note(w.ladder, "an empty stage");
    char *text = finish(&w);
    ck_assert_str_eq(text, "\n  0.000  * an empty stage\n\n");
    free(text);
}
END_TEST

START_TEST(no_line_begins_with_a_full_stop)
{
    World w = { 0 };

    pair(&w, 80, link_defaults);
    ladder_note(w.ladder, "SYN 从 40000 到 80，回答从 80 到 40000：谁发的报文段，源端口就写谁的。");
    char *text = finish(&w);
    ck_assert_ptr_nonnull(strstr(text, "源端口就写谁\n"));
    ck_assert_ptr_nonnull(strstr(text, "           的。\n"));
    free(text);
}
END_TEST

START_TEST(no_line_ends_with_what_opens_a_bracket)
{
    World w = { 0 };

    pair(&w, 80, link_defaults);
    ladder_note(w.ladder, "一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三（RFC 8085）。");
    char *text = finish(&w);
    ck_assert_ptr_nonnull(strstr(text, "九十一二三\n           （RFC 8085）。\n"));
    free(text);
}
END_TEST

Suite *ladder_suite(void);
Suite *ladder_suite(void)
{
    Suite *suite = suite_create("ladder");
    TCase *tc = tcase_create("ladder");
    tcase_add_loop_test(tc, an_old_syn_needs_no_words, 0, G_N_ELEMENTS(stale));
    tcase_add_loop_test(tc, a_picture_and_a_diagram_of_it, 0, 2);
    tcase_add_test(tc, timers_are_shown_when_asked_for);
    tcase_add_test(tc, notes_do_not_break_out);
    tcase_add_test(tc, colour_says_nothing_of_its_own);
    tcase_add_test(tc, packets_that_cross_are_drawn_in_two);
    tcase_add_test(tc, the_lost_and_the_late_are_told);
    tcase_add_test(tc, replayed_corrupted_and_forbidden);
    tcase_add_test(tc, of_a_long_run_the_ends_and_the_notes_are_shown);
    tcase_add_test(tc, full_shows_all);
    tcase_add_loop_test(tc, three_hosts_have_three_lanes, 0, 2);
    tcase_add_test(tc, a_host_alone_speaks_to_its_router);
    tcase_add_test(tc, a_label_takes_the_place_of_numbers);
    tcase_add_test(tc, nothing_happened);
    tcase_add_test(tc, notes_without_packets);
    tcase_add_test(tc, no_line_begins_with_a_full_stop);
    tcase_add_test(tc, no_line_ends_with_what_opens_a_bracket);
    suite_add_tcase(suite, tc);
    return suite;
}
