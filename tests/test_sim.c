/*
 * test_sim.c - the world: how far it runs, how it ends, what it keeps apart.
 */
/* SPDX-License-Identifier: MIT */
#include "support/wires.h"

#include <check.h>
#include <string.h>

typedef struct Clock {
    Timer    timer;
    Sim     *sim;
    unsigned ticks;
    unsigned stop_at; /* 0: never */
    SimTime  every;
} Clock;

static void tick(void *owner)
{
    Clock *c = owner;

    c->ticks++;
    c->sim->stop = c->ticks == c->stop_at;
    timer_set(&c->timer, c->every);
}

static void clock_start(Clock *c, Sim *sim, SimTime every)
{
    *c = (Clock){ .sim = sim, .every = every };
    timer_init(&c->timer, &sim->sched, tick, c);
    timer_set(&c->timer, every);
}

START_TEST(a_world_without_events_is_over)
{
    Sim *sim = sim_new(1);

    ck_assert_int_eq(sim_run(sim, HOUR, 0), SIM_DRAINED);
    ck_assert_int_eq(sim_now(sim), 0);
    sim_free(sim);
}
END_TEST

START_TEST(the_horizon_stops_it_there_and_it_goes_on)
{
    Sim *sim = sim_new(1);
    Clock c;

    clock_start(&c, sim, SEC);
    ck_assert_int_eq(sim_run(sim, 2500 * MSEC, 0), SIM_HORIZON);
    ck_assert_int_eq(sim_now(sim), 2500 * MSEC);
    ck_assert_uint_eq(c.ticks, 2);
    ck_assert_int_eq(sim_run(sim, 3 * SEC, 0), SIM_HORIZON);
    ck_assert_uint_eq(c.ticks, 3); /* what is due at the horizon still happens */
    ck_assert_int_eq(sim_run(sim, SEC, 0), SIM_HORIZON);
    ck_assert_int_eq(sim_now(sim), 3 * SEC); /* time does not go back */
    timer_stop(&c.timer);
    sim_free(sim);
}
END_TEST

START_TEST(events_are_bounded)
{
    Sim *sim = sim_new(1);
    Clock c;

    clock_start(&c, sim, 0);
    ck_assert_int_eq(sim_run(sim, HOUR, 1000), SIM_MAX_EVENTS);
    ck_assert_uint_eq(c.ticks, 1000);
    ck_assert_int_eq(sim_run(sim, HOUR, 10), SIM_MAX_EVENTS);
    ck_assert_uint_eq(c.ticks, 1010);
    timer_stop(&c.timer);
    sim_free(sim);
}
END_TEST

START_TEST(it_stops_when_told)
{
    Sim *sim = sim_new(1);
    Clock c;

    clock_start(&c, sim, SEC);
    c.stop_at = 3;
    ck_assert_int_eq(sim_run(sim, HOUR, 0), SIM_STOPPED);
    ck_assert_int_eq(sim_now(sim), 3 * SEC);
    ck_assert_int_eq(sim_run(sim, 5 * SEC, 0), SIM_HORIZON);
    ck_assert_uint_eq(c.ticks, 5);
    timer_stop(&c.timer);
    sim_free(sim);
}
END_TEST

START_TEST(housekeeping_does_not_keep_it_alive)
{
    Sim *sim = sim_new(1);
    Clock work, ageing;

    clock_start(&work, sim, 10 * SEC);
    ageing = (Clock){ .sim = sim, .every = 3 * SEC };
    timer_init(&ageing.timer, &sim->sched, tick, &ageing);
    timer_set_background(&ageing.timer);
    timer_set(&ageing.timer, 3 * SEC);
    sim_run(sim, 10 * SEC, 0);
    ck_assert_uint_eq(ageing.ticks, 3);
    timer_stop(&work.timer);
    ck_assert_int_eq(sim_run(sim, HOUR, 0), SIM_DRAINED);
    ck_assert_uint_eq(ageing.ticks, 3);
    timer_stop(&ageing.timer);
    sim_free(sim);
}
END_TEST

static void count(void *self)
{
    (*(unsigned *)self)++;
}

START_TEST(somebody_may_look_after_every_event)
{
    Sim *sim = sim_new(1);
    unsigned looks = 0;
    Clock c;

    clock_start(&c, sim, SEC);
    sim->after_event = count;
    sim->after_self = &looks;
    sim_run(sim, 7 * SEC, 0);
    ck_assert_uint_eq(looks, 7);
    timer_stop(&c.timer);
    sim_free(sim);
}
END_TEST

START_TEST(nodes_are_found_by_name_and_counted_in_order)
{
    Sim *sim = sim_new(1);
    unsigned before = sim->topology;
    Node *a = node_new(sim, "a", NODE_HOST), *b = node_new(sim, "b", NODE_ROUTER);

    ck_assert_ptr_eq(sim_node(sim, "a"), a);
    ck_assert_ptr_eq(sim_node(sim, "b"), b);
    ck_assert_ptr_null(sim_node(sim, "c"));
    ck_assert_uint_eq(b->index, 1);
    ck_assert_uint_gt(sim->topology, before);
    before = sim->topology;
    link_new(sim, node_add_port(a, NULL), node_add_port(b, NULL), &link_defaults, &link_defaults);
    ck_assert_uint_gt(sim->topology, before);
    sim_free(sim);
}
END_TEST

static unsigned freed;

static void count_free(void *what)
{
    freed += what != NULL;
}

START_TEST(what_others_hung_on_it_is_freed_with_it)
{
    Sim *sim = sim_new(1);
    Node *node = node_new(sim, "a", NODE_HOST);

    freed = 0;
    node->stack = node;
    node->free_stack = count_free;
    sim->autoconf = sim;
    sim->free_autoconf = count_free;
    sim_free(sim);
    ck_assert_uint_eq(freed, 2);
}
END_TEST

/* Two worlds taking turns do what each does alone. */
START_TEST(two_worlds_do_not_touch_each_other)
{
    LinkConfig cfg = { .delay = 5 * MSEC, .jitter = 5 * MSEC, .loss = PROB_ONE / 4,
                       .duplicate = PROB_ONE / 4, .corrupt = PROB_ONE / 8 };
    Wires w[3];

    for (int i = 0; i < 3; i++) {
        wires_init(&w[i], i == 1 ? 2 : 1, &cfg);
        wires_log(&w[i]);
    }
    for (int round = 0; round < 50; round++) {
        frame_send(&w[0], 500);
        frame_send(&w[1], 500);
        wires_run(&w[0]);
        wires_run(&w[1]);
    }
    for (int round = 0; round < 50; round++) {
        frame_send(&w[2], 500);
        wires_run(&w[2]);
    }
    ck_assert_str_eq(w[0].log->str, w[2].log->str);
    ck_assert_str_ne(w[0].log->str, w[1].log->str);
    for (int i = 0; i < 3; i++)
        wires_free(&w[i]);
}
END_TEST

/* --- every packet is accounted for ------------------------------------------------------------ */

/* A node that sends every frame on through another of its ports, some hops far. */
static DropReason relay(void *owner, Packet *pkt)
{
    Node *node = owner;
    Rng *rng = node->stack;

    if (pkt->data[14]-- == 0) {
        packet_free(pkt);
        return DROP_NONE;
    }
    if (rng_chance(rng, PROB_ONE / 50))
        return DROP_IP_NO_ROUTE;
    port_send(g_ptr_array_index(node->ports, rng_below(rng, node->ports->len)), pkt);
    return DROP_NONE;
}

static LinkConfig random_config(Rng *r)
{
    LinkConfig cfg = { .mtu = 1400 };

    cfg.delay = (SimTime)rng_below(r, 20 * MSEC);
    cfg.jitter = rng_chance(r, PROB_ONE / 2) ? (SimTime)rng_below(r, 10 * MSEC) : 0;
    cfg.distribution = (Distribution)rng_below(r, DIST_COUNT);
    cfg.rate = rng_chance(r, PROB_ONE / 2) ? 1000000 + rng_below(r, 100000000) : 0;
    uint64_t queue = rng_below(r, 20);
    link_queue_defaults(&cfg, (QdiscType)(queue % QDISC_COUNT));
    cfg.queue = queue;
    g_assert(link_queue_check(&cfg, NULL));
    cfg.loss = rng_below(r, PROB_ONE / 10);
    cfg.duplicate = rng_below(r, PROB_ONE / 20);
    cfg.reorder = rng_below(r, PROB_ONE / 10);
    cfg.corrupt = rng_below(r, PROB_ONE / 20);
    return cfg;
}

enum { NODES = 6, LINKS = 12 };

static void random_world(Sim *sim, Rng *r)
{
    for (unsigned i = 0; i < NODES; i++) {
        char name[4];
        g_snprintf(name, sizeof name, "n%u", i);
        node_new(sim, name, NODE_SWITCH)->stack = r;
    }
    for (unsigned i = 0; i < LINKS; i++) {
        uint64_t x = rng_below(r, NODES), y = (x + 1 + rng_below(r, NODES - 1)) % NODES;
        Node *a = g_ptr_array_index(sim->nodes, x), *b = g_ptr_array_index(sim->nodes, y);
        LinkConfig forward = random_config(r), reverse = random_config(r);
        Port *pa = node_add_port(a, NULL), *pb = node_add_port(b, NULL);
        Link *link = link_new(sim, pa, pb, &forward, &reverse);
        FaultOptions opt = fault_options_default;
        pa->input = pb->input = relay;
        pa->owner = a;
        pb->owner = b;
        opt.probability = PROB_ONE / 10;
        opt.delay = (SimTime)rng_below(r, 50 * MSEC);
        FaultKind kind = (FaultKind)(i % 7) == FAULT_MODIFY ? FAULT_DROP : (FaultKind)(i % 7);
        fault_add(link, kind, &opt, &(FaultCalls){ 0 }, "random");
    }
}

static void disturb(Sim *sim, Rng *r)
{
    Node *node = g_ptr_array_index(sim->nodes, rng_below(r, NODES));
    Link *link = g_ptr_array_index(sim->links, rng_below(r, LINKS));
    Packet *pkt = packet_new(sim, 60 + rng_below(r, 1400), SENT_RAW);

    memset(pkt->data, 12, pkt->len);
    if (node->ports->len > 0)
        port_send(g_ptr_array_index(node->ports, rng_below(r, node->ports->len)), pkt);
    else
        packet_free(pkt);
    if (rng_chance(r, PROB_ONE / 40))
        link->up ? link_down(link) : link_up(link);
    if (rng_chance(r, PROB_ONE / 40))
        fault_release(g_ptr_array_index(link->rules, 0));
}

static uint64_t in_flight(const LinkDir *dir)
{
    uint64_t n = dir->transit != NULL ? dir->transit->flight.n : 0;

    if (dir->more->qdisc != NULL)
        n += dir->more->qdisc->packets;
    for (guint i = 0; i < link_of(dir)->rules->len; i++) {
        const FaultRule *rule = g_ptr_array_index(link_of(dir)->rules, i);
        for (const Packet *p = rule->later[dir->reverse].head; p != NULL; p = p->next)
            n++;
        for (guint k = 0; rule->kind == FAULT_HOLD && k < rule->caught->len; k++)
            n += ((FaultCaught *)g_ptr_array_index(rule->caught, k))->dir == dir;
    }
    return n;
}

static void check_account(const Sim *sim)
{
    uint64_t alive = 0;

    for (guint i = 0; i < sim->links->len; i++) {
        const Link *link = g_ptr_array_index(sim->links, i);
        const FaultRule *rule = g_ptr_array_index(link->rules, 0);
        for (int d = 0; d < 2; d++) {
            const LinkCounters *c = &link->dir[d].counters;
            const LinkFates *f = &link->dir[d].more->fates;
            uint64_t now = in_flight(&link->dir[d]);
            g_assert(c->sent + f->duplicated == c->delivered + f->lost + f->dropped + now);
            alive += now;
        }
        alive += rule->kind == FAULT_COPY ? rule->caught->len : 0;
    }
    g_assert(sim_packets_alive(sim) == alive);
}

START_TEST(every_packet_is_somewhere)
{
    Sim *sim = sim_new((uint64_t)_i);
    Rng r;

    sim_rng(sim, "test", &r);
    random_world(sim, &r);
    for (int i = 1; i <= 2000; i++) {
        disturb(sim, &r);
        sim_run(sim, i * MSEC, 0);
        check_account(sim);
    }
    sim_run(sim, HOUR, 0);
    check_account(sim);
    ck_assert_uint_gt(sim->hops, 2000);
    sim_free(sim);
}
END_TEST

Suite *sim_suite(void);
Suite *sim_suite(void)
{
    Suite *suite = suite_create("sim");
    TCase *tc = tcase_create("sim");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_world_without_events_is_over);
    tcase_add_test(tc, the_horizon_stops_it_there_and_it_goes_on);
    tcase_add_test(tc, events_are_bounded);
    tcase_add_test(tc, it_stops_when_told);
    tcase_add_test(tc, housekeeping_does_not_keep_it_alive);
    tcase_add_test(tc, somebody_may_look_after_every_event);
    tcase_add_test(tc, nodes_are_found_by_name_and_counted_in_order);
    tcase_add_test(tc, what_others_hung_on_it_is_freed_with_it);
    tcase_add_test(tc, two_worlds_do_not_touch_each_other);
    tcase_add_loop_test(tc, every_packet_is_somewhere, 0, 10);
    suite_add_tcase(suite, tc);
    return suite;
}
