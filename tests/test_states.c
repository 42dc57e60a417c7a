/*
 * test_states.c - the state diagram: what is drawn for small worlds, and whether its parts meet.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/states_priv.h"

#include "support/net.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

typedef struct World {
    Net *net;
    States *st;
    StatesWatch *watch;
    Stack *client, *server;
    Listener *listener;
    Conn *out, *in;
    NetError err;
    char *text;
    size_t size;
} World;

static void begin(World *w, StatesOptions opt)
{
    StackConfig cfg = stack_config_default();

    cfg.tcp.msl = 5 * SEC;
    cfg.tcp.delayed_ack = false;
    w->net = net_new(1);
    w->client = net_host(w->net, "client", &cfg);
    w->server = net_host(w->net, "server", &cfg);
    net_link(w->net, w->client->node, "10.0.0.1/24", w->server->node, "10.0.0.2/24", 10 * MSEC);
    net_warm(w->net);
    w->st = states_new(&opt);
    w->watch = states_watch(w->st, w->net->sim, "pair");
    w->listener = tcp_listen(stack_tcp(w->server), IP4_ANY, 80, 0, false, &w->err);
}

static void run_to(World *w, SimTime t)
{
    net_run_until(w->net, t);
    w->net->sim->sched.now = t;
}

static void open_one(World *w)
{
    w->out = tcp_connect(stack_tcp(w->client), IP_NONE, 40000, ip("10.0.0.2"), 80, &w->err);
    run_to(w, 100 * MSEC);
    w->in = listener_accept(w->listener);
    ck_assert_ptr_nonnull(w->in);
}

static void end(World *w)
{
    net_run(w->net);
    listener_close(w->listener);
    states_unwatch(w->watch);
    FILE *out = open_memstream(&w->text, &w->size);
    states_print(w->st, out);
    fclose(out);
}

static void clear(World *w)
{
    free(w->text);
    states_free(w->st);
    if (w->out != NULL)
        conn_free(w->out);
    if (w->in != NULL)
        conn_free(w->in);
    net_free(w->net);
}

/* As drawn in tests/states/NAME.txt; UPDATE_GOLDEN=1 in the environment writes it anew. */
static void expect_drawing(const char *name, const char *text)
{
    g_autofree char *file = g_strconcat(name, strchr(name, '.') != NULL ? "" : ".txt", NULL);
    g_autofree char *path = g_strdup_printf(SOURCE_DIR "/tests/states/%s", file);
    g_autofree char *golden = NULL;

    if (getenv("UPDATE_GOLDEN") != NULL)
        ck_assert(g_file_set_contents(path, text, -1, NULL));
    ck_assert_msg(g_file_get_contents(path, &golden, NULL, NULL), "%s is missing", path);
    ck_assert_msg(strcmp(golden, text) == 0, "%s: drawn otherwise:\n%s", name, text);
}

static void close_in_turn(World *w)
{
    run_to(w, 1 * SEC);
    conn_close(w->out);
    run_to(w, 1100 * MSEC);
    conn_close(w->in);
}

START_TEST(a_close_in_turn)
{
    World w = { 0 };

    begin(&w, (StatesOptions){ .width = 80 });
    open_one(&w);
    close_in_turn(&w);
    end(&w);
    expect_drawing("four-way-close", w.text);
    clear(&w);
}
END_TEST

START_TEST(both_close_at_once_in_chinese)
{
    World w = { 0 };

    begin(&w, (StatesOptions){ .width = 120, .chinese = true });
    open_one(&w);
    run_to(&w, 1 * SEC);
    conn_close(w.out);
    conn_close(w.in);
    end(&w);
    expect_drawing("simultaneous-close-zh-120", w.text);
    clear(&w);
}
END_TEST

/* A reset is a step, but no arrow of the figure; a crash neither, and it takes the listener too. */
START_TEST(what_the_figure_leaves_out)
{
    World w = { 0 };

    begin(&w, (StatesOptions){ .width = 80 });
    open_one(&w);
    conn_abort(w.out);
    run_to(&w, 1 * SEC);
    tcp_flush(stack_tcp(w.server));
    end(&w);
    ck_assert_ptr_nonnull(
        strstr(w.text, "ESTABLISHED -> CLOSED        program aborts / snd RST (note 3)\n"));
    ck_assert_ptr_nonnull(strstr(w.text, "ESTABLISHED -> CLOSED        RST arrives (note 3)"));
    ck_assert_ptr_nonnull(strstr(w.text, "LISTEN -> CLOSED             host crashes"));
    ck_assert_ptr_nonnull(strstr(w.text, "\n  5 of 11 states, 6 of the 20 arrows"));
    clear(&w);
}
END_TEST

/* Dots and marks say all; with colour the same characters stand in the same places. */
START_TEST(colour_says_nothing_of_its_own)
{
    World w = { 0 };

    begin(&w, (StatesOptions){ .width = 80, .colour = true });
    open_one(&w);
    close_in_turn(&w);
    end(&w);
    ck_assert_ptr_nonnull(strstr(w.text, "\033[36m(3)"));
    ck_assert_ptr_nonnull(strstr(w.text, "\033[32m[4]"));
    char *to = w.text;
    for (const char *p = w.text; *p != '\0'; p++)
        if (*p == '\033')
            p = strchr(p, 'm');
        else
            *to++ = *p;
    *to = '\0';
    expect_drawing("four-way-close", w.text);
    clear(&w);
}
END_TEST

/* The picture has the same boxes, words and steps, and is XML. */
START_TEST(a_picture_of_it)
{
    World w = { 0 };
    GMarkupParser nothing = { 0 };
    GError *error = NULL;
    char *svg;
    size_t size;

    begin(&w, (StatesOptions){ .width = 80 });
    open_one(&w);
    close_in_turn(&w);
    end(&w);
    FILE *out = open_memstream(&svg, &size);
    states_svg(w.st, "A & B", out);
    fclose(out);
    GMarkupParseContext *xml = g_markup_parse_context_new(&nothing, 0, NULL, NULL);
    ck_assert_msg(g_markup_parse_context_parse(xml, svg, -1, &error) &&
                      g_markup_parse_context_end_parse(xml, &error),
                  "%s", error != NULL ? error->message : "");
    g_markup_parse_context_free(xml);
    expect_drawing("four-way-close.svg", svg);
    ck_assert_ptr_nonnull(strstr(svg, "<title>A &amp; B</title>"));
    ck_assert_ptr_nonnull(strstr(svg, "class=\"dim dotted\"/>"));
    ck_assert_ptr_nonnull(strstr(svg, "FIN-WAIT-2 -&gt; TIME-WAIT"));
    free(svg);
    clear(&w);
}
END_TEST

START_TEST(many_connections_are_counted)
{
    World w = { 0 };
    Conn *all[40];

    begin(&w, (StatesOptions){ .width = 80 });
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        all[i] = tcp_connect(stack_tcp(w.client), IP_NONE, (uint16_t)(40000 + i), ip("10.0.0.2"), 80,
                             &w.err);
    end(&w);
    ck_assert_ptr_nonnull(strstr(w.text, "(40x)"));
    ck_assert_ptr_nonnull(strstr(w.text, "[40x]"));
    /* 81 ends, 8 of them shown: the listener with its two steps, and 7 clients with theirs. */
    ck_assert_ptr_nonnull(strstr(w.text, "\n  (73 more ends, "));
    ck_assert_ptr_null(strstr(w.text, "10.0.0.1:40007"));
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        conn_free(all[i]);
    clear(&w);
}
END_TEST

static bool touches(const FigureBox *box, FigurePoint p)
{
    int right = box->at.x + box->w, bottom = box->at.y + box->h;
    bool beside = p.y > box->at.y && p.y < bottom - 1 && (p.x == box->at.x - 1 || p.x == right);
    bool above = p.x > box->at.x && p.x < right - 1 && (p.y == box->at.y - 1 || p.y == bottom);

    return beside || above;
}

START_TEST(arrows_go_from_state_to_state)
{
    for (int i = 0; i < FIGURE_ARROWS; i++) {
        const FigureArrow *a = &figure_arrows[i];
        bool begins = false, ends = false;
        for (int k = 0; k < FIGURE_BOXES; k++) {
            const FigureBox *box = &figure_boxes[k];
            begins |= box->state == a->from && touches(box, a->way[0]);
            ends |= box->state == a->to && touches(box, a->way[a->bends - 1]);
        }
        ck_assert_msg(begins && ends, "%s to %s", tcp_state_name(a->from), tcp_state_name(a->to));
        for (int k = 1; k < a->bends; k++)
            ck_assert((a->way[k].x == a->way[k - 1].x) != (a->way[k].y == a->way[k - 1].y));
    }
}
END_TEST

START_TEST(causes_tell_arrows_from_other_ways)
{
    ck_assert_int_ne(figure_arrow(TCP_SYN_RECEIVED, TCP_LISTEN, "RST arrives"), FIGURE_NONE);
    ck_assert_int_eq(figure_arrow(TCP_SYN_RECEIVED, TCP_LISTEN, "too many retransmissions"),
                     FIGURE_NONE);
    ck_assert_int_ne(figure_arrow(TCP_SYN_SENT, TCP_CLOSED, "program closes"), FIGURE_NONE);
    ck_assert_int_eq(figure_arrow(TCP_SYN_SENT, TCP_CLOSED, "RST arrives"), FIGURE_NONE);
    ck_assert_int_eq(figure_arrow(TCP_TIME_WAIT, TCP_CLOSED, "RST arrives"), FIGURE_NONE);
    ck_assert_int_ne(figure_arrow(TCP_FIN_WAIT_1, TCP_TIME_WAIT, "FIN arrives"), FIGURE_NONE);
    ck_assert_int_eq(figure_arrow(TCP_ESTABLISHED, TCP_CLOSED, "RST arrives"), FIGURE_NONE);
}
END_TEST

Suite *states_suite(void);

Suite *states_suite(void)
{
    Suite *s = suite_create("states");
    TCase *tc = tcase_create("states");

    tcase_add_test(tc, a_close_in_turn);
    tcase_add_test(tc, both_close_at_once_in_chinese);
    tcase_add_test(tc, what_the_figure_leaves_out);
    tcase_add_test(tc, colour_says_nothing_of_its_own);
    tcase_add_test(tc, a_picture_of_it);
    tcase_add_test(tc, many_connections_are_counted);
    tcase_add_test(tc, arrows_go_from_state_to_state);
    tcase_add_test(tc, causes_tell_arrows_from_other_ways);
    suite_add_tcase(s, tc);
    return s;
}
