/*
 * test_autoconf.c - addresses, routes and warm caches that the scenario did not say.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/autoconf.h"

#include "support/net.h"

#include <check.h>
#include <string.h>

static Net *net;

static void setup(void)
{
    net = net_new(1);
}

static void teardown(void)
{
    net_free(net);
}

static void settle(void)
{
    GError *error = NULL;

    ck_assert_msg(autoconf_settle(net->sim, &error), "%s", error != NULL ? error->message : "");
}

/* Links two nodes, addresses as in net_link. */
static void join(Node *a, const char *ip_a, Node *b, const char *ip_b)
{
    net_link(net, a, ip_a, b, ip_b, MSEC);
}

static const char *address(const Stack *stack, unsigned i)
{
    static char text[4][PREFIX_TEXT];
    static unsigned turn;

    turn = (turn + 1) % 4;
    return prefix_text(net_iface(stack, i)->ip, text[turn]);
}

/* The automatic routes, "10.0.2.0/24>10.0.1.2 ..." */
static const char *routes(const Stack *stack)
{
    static GString *text;
    char prefix[PREFIX_TEXT], via[IP_TEXT];
    size_t n;
    const Route *all = ipv4_routes(stack->ipv4, &n);

    if (text != NULL)
        g_string_free(text, TRUE);
    text = g_string_new(NULL);
    for (size_t i = 0; i < n; i++)
        if (all[i].origin == ROUTE_AUTO)
            g_string_append_printf(text, "%s%s>%s", text->len > 0 ? " " : "",
                                   prefix_text(all[i].prefix, prefix), ip_text(all[i].via, via));
    return text->str;
}

static void count_reply(void *self, const PingReply *r)
{
    *(unsigned *)self += r->err == NULL;
}

static bool reaches(Stack *from, Stack *to)
{
    unsigned n = 0;
    Ping *p = icmp_ping_open(from->icmp, count_reply, &n);

    icmp_ping_send(p, autoconf_address(to, from), 1, 8, 0, false, NULL);
    net_run(net);
    icmp_ping_close(p);
    return n == 1;
}

static char *failure(void)
{
    GError *error = NULL;

    ck_assert(!autoconf_settle(net->sim, &error));
    char *message = g_strdup(error->message);
    ck_assert(error->domain == AUTOCONF_ERROR);
    g_error_free(error);
    return message;
}

START_TEST(every_link_gets_the_next_subnet)
{
    Stack *c = net_host(net, "c", NULL), *r = net_router(net, "r", NULL),
          *s = net_host(net, "s", NULL);

    join(c->node, NULL, r->node, NULL);
    join(r->node, NULL, s->node, NULL);
    settle();
    ck_assert_str_eq(address(c, 0), "10.0.1.1/24");
    ck_assert_str_eq(address(r, 0), "10.0.1.2/24");
    ck_assert_str_eq(address(r, 1), "10.0.2.1/24");
    ck_assert_str_eq(address(s, 0), "10.0.2.2/24");
    ck_assert_str_eq(routes(c), "0.0.0.0/0>10.0.1.2");
    ck_assert_str_eq(routes(r), "");
    ck_assert_str_eq(routes(s), "0.0.0.0/0>10.0.2.1");
    ck_assert(reaches(c, s));
    ck_assert(reaches(s, c));
}
END_TEST

/* As when 65535 subnets have been given out. */
START_TEST(without_a_subnet_a_cable_gets_four_addresses)
{
    Stack *all = net_host(net, "all", NULL), *a = net_host(net, "a", NULL),
          *r = net_router(net, "r", NULL), *b = net_host(net, "b", NULL);

    join(all->node, "10.0.0.1/8", r->node, "10.0.0.2/8");
    join(a->node, NULL, r->node, NULL);
    join(r->node, NULL, b->node, NULL);
    settle();
    ck_assert_str_eq(address(a, 0), "172.16.0.1/30");
    ck_assert_str_eq(address(r, 1), "172.16.0.2/30");
    ck_assert_str_eq(address(b, 0), "172.16.0.6/30");
    ck_assert(reaches(a, b));
}
END_TEST

/* As when those have been given out, too. */
START_TEST(without_private_addresses_a_cable_gets_shared_ones)
{
    Stack *all = net_host(net, "all", NULL), *a = net_host(net, "a", NULL),
          *r = net_router(net, "r", NULL), *more = net_host(net, "more", NULL);

    join(all->node, "10.0.0.1/8", r->node, "10.0.0.2/8");
    join(more->node, "172.16.0.1/12", r->node, "172.16.0.2/12");
    join(a->node, NULL, r->node, NULL);
    settle();
    ck_assert_str_eq(address(a, 0), "100.64.0.1/30");
    ck_assert_str_eq(address(r, 2), "100.64.0.2/30");
    ck_assert(reaches(a, more));
}
END_TEST

START_TEST(a_lan_of_three_needs_a_subnet)
{
    Stack *all = net_host(net, "all", NULL), *r = net_router(net, "r", NULL);
    Node *sw = net_switch(net, "sw");

    join(all->node, "10.0.0.1/8", r->node, "10.0.0.2/8");
    for (int i = 0; i < 3; i++)
        join(sw, NULL, net_host(net, (const char *[]){ "a", "b", "c" }[i], NULL)->node, NULL);
    char *message = failure();
    ck_assert_str_eq(message, "no subnet of 10.0.0.0/8 is left: say some addresses");
    g_free(message);
}
END_TEST

START_TEST(a_switched_network_is_one_subnet)
{
    Node *sw1 = net_switch(net, "sw1"), *sw2 = net_switch(net, "sw2");
    Stack *h[4];
    static const char *const names[] = { "a", "b", "c", "d" };

    for (int i = 0; i < 4; i++) {
        h[i] = net_host(net, names[i], NULL);
        join(i < 2 ? sw1 : sw2, NULL, h[i]->node, NULL);
    }
    join(sw1, NULL, sw2, NULL);
    settle();
    ck_assert_str_eq(address(h[0], 0), "10.0.1.1/24");
    ck_assert_str_eq(address(h[3], 0), "10.0.1.4/24");
    ck_assert_str_eq(routes(h[0]), "");
    ck_assert(reaches(h[0], h[3]));
}
END_TEST

START_TEST(a_said_subnet_is_shared_and_avoided)
{
    Stack *a = net_host(net, "a", NULL), *r = net_router(net, "r", NULL),
          *b = net_host(net, "b", NULL), *c = net_host(net, "c", NULL);
    Node *sw = net_switch(net, "sw");

    join(a->node, NULL, r->node, NULL);
    join(sw, NULL, b->node, NULL);
    join(sw, NULL, c->node, "192.168.1.1/24");
    join(sw, NULL, r->node, NULL);
    Stack *d = net_host(net, "d", NULL), *e = net_host(net, "e", NULL);
    join(d->node, "10.0.1.77/24", r->node, NULL);
    join(e->node, NULL, r->node, "10.0.2.1/23");
    settle();
    ck_assert_str_eq(address(b, 0), "192.168.1.2/24");
    ck_assert_str_eq(address(r, 1), "192.168.1.3/24");
    ck_assert_str_eq(address(r, 2), "10.0.1.1/24");
    ck_assert_str_eq(address(e, 0), "10.0.2.2/23");
    ck_assert_str_eq(address(a, 0), "10.0.4.1/24"); /* 1, 2 and 3 are somebody's */
    ck_assert(reaches(a, e));
    ck_assert(reaches(b, d));
}
END_TEST

START_TEST(small_subnets_number_what_there_is)
{
    Stack *a = net_router(net, "a", NULL), *b = net_router(net, "b", NULL),
          *c = net_router(net, "c", NULL);

    join(a->node, "192.0.2.5/30", b->node, NULL);
    join(b->node, "192.0.2.8/31", c->node, NULL);
    settle();
    ck_assert_str_eq(address(b, 0), "192.0.2.6/30");
    ck_assert_str_eq(address(c, 0), "192.0.2.9/31");
    ck_assert(reaches(a, c));
    Stack *d = net_host(net, "d", NULL);
    join(c->node, "192.0.2.77/32", d->node, NULL);
    char *message = failure();
    ck_assert_str_eq(message, "no address is left in 192.0.2.77/32 for d");
    g_free(message);
}
END_TEST

START_TEST(what_was_given_stays_when_the_world_grows)
{
    Stack *a = net_host(net, "a", NULL), *r = net_router(net, "r", NULL);

    join(a->node, NULL, r->node, NULL);
    settle();
    unsigned topology = net->sim->topology;
    settle();
    ck_assert_uint_eq(net->sim->topology, topology);
    Stack *b = net_host(net, "b", NULL), *r2 = net_router(net, "r2", NULL);
    join(r->node, NULL, r2->node, NULL);
    join(r2->node, NULL, b->node, NULL);
    settle();
    ck_assert_str_eq(address(a, 0), "10.0.1.1/24");
    ck_assert_str_eq(address(b, 0), "10.0.3.2/24");
    ck_assert_str_eq(routes(r), "10.0.3.0/24>10.0.2.2");
    ck_assert_str_eq(routes(r2), "10.0.1.0/24>10.0.2.1");
    ck_assert(reaches(a, b));
}
END_TEST

START_TEST(routes_take_the_fewest_links_and_then_the_earlier)
{
    /*      r2
     *  r1      r4 - x     and a longer way r1 - r5 - r6 - r4
     *      r3          */
    Stack *r[7], *x = net_host(net, "x", NULL);
    static const char *const names[] = { "", "r1", "r2", "r3", "r4", "r5", "r6" };

    for (int i = 1; i <= 6; i++)
        r[i] = net_router(net, names[i], NULL);
    join(r[1]->node, NULL, r[5]->node, NULL); /* 10.0.1 */
    join(r[5]->node, NULL, r[6]->node, NULL); /* 10.0.2 */
    join(r[6]->node, NULL, r[4]->node, NULL); /* 10.0.3 */
    join(r[1]->node, NULL, r[3]->node, NULL); /* 10.0.4 */
    join(r[1]->node, NULL, r[2]->node, NULL); /* 10.0.5 */
    join(r[2]->node, NULL, r[4]->node, NULL); /* 10.0.6 */
    join(r[3]->node, NULL, r[4]->node, NULL); /* 10.0.7 */
    join(r[4]->node, NULL, x->node, NULL);    /* 10.0.8 */
    settle();
    ck_assert_str_eq(routes(r[1]), "10.0.2.0/24>10.0.1.2 10.0.3.0/24>10.0.1.2 10.0.6.0/24>10.0.5.2 "
                                   "10.0.7.0/24>10.0.4.2 10.0.8.0/24>10.0.4.2");
    for (int i = 1; i <= 6; i++)
        ck_assert_msg(reaches(r[i], x), "r%d", i);
}
END_TEST

START_TEST(hosts_with_several_interfaces_do_not_forward)
{
    Stack *a = net_host(net, "a", NULL), *b = net_host(net, "b", NULL),
          *both = net_host(net, "both", NULL);

    join(a->node, NULL, both->node, NULL);
    join(both->node, NULL, b->node, NULL);
    settle();
    ck_assert_str_eq(routes(a), "");
    ck_assert(reaches(both, b));
    ck_assert(!reaches(a, b));
}
END_TEST

START_TEST(a_host_between_two_routers_knows_both_ways)
{
    Stack *h = net_host(net, "h", NULL), *r1 = net_router(net, "r1", NULL),
          *r2 = net_router(net, "r2", NULL), *x = net_host(net, "x", NULL),
          *y = net_host(net, "y", NULL);
    Node *sw = net_switch(net, "sw");

    join(sw, NULL, h->node, NULL);
    join(sw, NULL, r1->node, NULL);
    join(sw, NULL, r2->node, NULL);
    join(r1->node, NULL, x->node, NULL);
    join(r2->node, NULL, y->node, NULL);
    settle();
    ck_assert_str_eq(routes(h), "10.0.2.0/24>10.0.1.2 10.0.3.0/24>10.0.1.3");
    ck_assert_str_eq(routes(r1), "10.0.3.0/24>10.0.1.3");
    ck_assert(reaches(h, x));
    ck_assert(reaches(h, y));
    ck_assert(reaches(x, y));
}
END_TEST

START_TEST(one_way_out_becomes_one_default_route)
{
    Stack *h = net_host(net, "h", NULL), *r1 = net_router(net, "r1", NULL),
          *r2 = net_router(net, "r2", NULL), *r3 = net_router(net, "r3", NULL);
    Node *sw = net_switch(net, "sw");

    join(sw, NULL, h->node, NULL);
    join(sw, NULL, r1->node, NULL);
    join(sw, NULL, r2->node, NULL);
    join(r2->node, NULL, r3->node, NULL);
    settle();
    ck_assert_str_eq(routes(h), "0.0.0.0/0>10.0.1.3");
}
END_TEST

START_TEST(static_routes_are_respected)
{
    StackConfig by_hand = stack_config_default();
    by_hand.ipv4.auto_routes = false;
    Stack *a = net_host(net, "a", &by_hand), *r = net_router(net, "r", NULL),
          *g = net_host(net, "g", NULL), *x = net_host(net, "x", NULL),
          *r2 = net_router(net, "r2", NULL);
    Node *sw = net_switch(net, "sw");

    join(a->node, NULL, r->node, NULL);
    join(sw, NULL, r->node, NULL);
    join(sw, NULL, r2->node, NULL);
    join(sw, NULL, g->node, NULL);
    join(r2->node, NULL, x->node, NULL);
    net_route(g, "0.0.0.0/0", "10.0.2.1");
    settle();
    ck_assert_str_eq(routes(a), "");
    ck_assert_str_eq(routes(g), "");
    ck_assert_str_eq(routes(r), "10.0.3.0/24>10.0.2.2");
    ck_assert(!reaches(a, x));
    ck_assert(reaches(g, x)); /* through r, which sends it back to the LAN */
    net_route(a, "10.0.0.0/8", "10.0.1.2");
    ck_assert(reaches(a, x));
}
END_TEST

START_TEST(a_link_that_is_down_changes_nothing)
{
    Stack *a = net_host(net, "a", NULL), *r = net_router(net, "r", NULL);

    Link *link = net_link(net, a->node, NULL, r->node, NULL, 0);
    link_down(link);
    settle();
    ck_assert_str_eq(routes(a), "0.0.0.0/0>10.0.1.2");
    ck_assert_str_eq(address(a, 0), "10.0.1.1/24");
}
END_TEST

START_TEST(clashes_name_both_nodes)
{
    Stack *a = net_host(net, "a", NULL), *b = net_host(net, "b", NULL);
    Node *sw = net_switch(net, "sw");

    join(sw, NULL, a->node, "10.0.0.1/24");
    join(sw, NULL, b->node, "10.0.0.1/24");
    char *message = failure();
    ck_assert_str_eq(message,
                     "address clash: a and b have the same address 10.0.0.1 in one network");
    g_free(message);
    IpPrefix other = { ip("10.0.0.2"), 24 };
    stack_set_address(b, net_iface(b, 0), other);
    settle();

    Stack *c = net_host(net, "c", NULL), *d = net_host(net, "d", NULL);
    join(c->node, "10.0.0.1/24", d->node, NULL); /* elsewhere it is no clash */
    settle();
    join(a->node, "10.0.0.1/24", d->node, NULL);
    message = failure();
    ck_assert_str_eq(message, "address clash: a has 10.0.0.1 twice, on eth0 and eth1");
    g_free(message);
}
END_TEST

START_TEST(warm_caches_know_their_neighbours)
{
    StackConfig warm = stack_config_default();
    warm.arp.warm = true;
    Stack *a = net_host(net, "a", &warm), *b = net_host(net, "b", &warm),
          *cold = net_host(net, "cold", NULL);
    Node *sw = net_switch(net, "sw");

    join(sw, NULL, a->node, NULL);
    join(sw, NULL, b->node, NULL);
    join(sw, NULL, cold->node, NULL);
    settle();
    ck_assert_int_eq(arp_lookup(a->arp, ip("10.0.1.2"))->state, ARP_PERMANENT);
    ck_assert_ptr_nonnull(arp_lookup(a->arp, ip("10.0.1.3")));
    ck_assert_ptr_null(arp_lookup(cold->arp, ip("10.0.1.1")));
    ck_assert(reaches(a, b));
    ck_assert_uint_eq(net_count(net, "arp"), 0);
    stack_crash(a);
    stack_boot(a);
    settle();
    ck_assert_ptr_nonnull(arp_lookup(a->arp, ip("10.0.1.2")));
}
END_TEST

START_TEST(an_address_is_chosen_for_who_asks)
{
    Stack *a = net_host(net, "a", NULL), *r = net_router(net, "r", NULL),
          *b = net_host(net, "b", NULL), *far = net_host(net, "far", NULL);

    join(a->node, NULL, r->node, NULL);
    join(r->node, NULL, b->node, NULL);
    ck_assert(ip_is_none(autoconf_address(r, a)));
    settle();
    ck_assert(ip_equal(autoconf_address(r, a), ip("10.0.1.2")));
    ck_assert(ip_equal(autoconf_address(r, b), ip("10.0.2.1")));
    ck_assert(ip_equal(autoconf_address(r, far), ip("10.0.1.2")));
    ck_assert(ip_equal(autoconf_address(r, NULL), ip("10.0.1.2")));
    ck_assert_ptr_eq(autoconf_owner(net->sim, ip("10.0.2.1")), r);
    ck_assert_ptr_null(autoconf_owner(net->sim, ip("10.0.3.1")));
    join(r->node, NULL, far->node, NULL);
    settle();
    ck_assert_ptr_eq(autoconf_owner(net->sim, ip("10.0.3.2")), far);
}
END_TEST

START_TEST(a_big_network_gets_a_wide_subnet)
{
    Node *sw = net_switch(net, "sw");
    Stack *last = NULL;
    char name[16];

    for (int i = 0; i < 300; i++) {
        g_snprintf(name, sizeof name, "h%d", i);
        last = net_host(net, name, NULL);
        join(sw, NULL, last->node, NULL);
    }
    settle();
    ck_assert_str_eq(address(last, 0), "10.0.3.44/23");
    Stack *x = net_host(net, "x", NULL), *y = net_host(net, "y", NULL);
    join(x->node, NULL, y->node, NULL);
    settle();
    ck_assert_str_eq(address(x, 0), "10.0.4.1/24");
}
END_TEST

/* Random nets of routers: everybody reaches everybody, on a path as short as a search by hand
 * finds. */
START_TEST(random_networks_are_connected_by_shortest_paths)
{
    enum { N = 12 };
    Stack *r[N];
    unsigned dist[N][N];
    Rng rng;
    char name[16];

    rng_init(&rng, (uint64_t)_i, "nets");
    for (unsigned i = 0; i < N; i++) {
        g_snprintf(name, sizeof name, "r%u", i);
        r[i] = net_router(net, name, NULL);
        for (unsigned k = 0; k < N; k++)
            dist[i][k] = i == k ? 0 : 99;
    }
    for (unsigned i = 0; i < N + 6; i++) {
        unsigned x = i + 1 < N ? i + 1 : (unsigned)rng_below(&rng, N);
        unsigned y = (unsigned)rng_below(&rng, i + 1 < N ? i + 1 : N);
        if (x == y || dist[x][y] == 1)
            continue;
        join(r[x]->node, NULL, r[y]->node, NULL);
        dist[x][y] = dist[y][x] = 1;
    }
    for (unsigned k = 0; k < N; k++)
        for (unsigned i = 0; i < N; i++)
            for (unsigned j = 0; j < N; j++)
                dist[i][j] = MIN(dist[i][j], dist[i][k] + dist[k][j]);
    settle();
    for (unsigned i = 0; i < N; i++) {
        unsigned j = (i + 5) % N;
        net_clear(net);
        ck_assert(reaches(r[i], r[j]));
        /* To the nearest link of r[j] it is one link less than to r[j] itself, or as many. */
        unsigned there = net_count(net, "echo-request");
        ck_assert_uint_ge(there, dist[i][j]);
        ck_assert_uint_le(there, dist[i][j] + 1);
    }
}
END_TEST

typedef struct Found {
    bool     any;
    IpPrefix prefix;
    RouteOrigin origin;
    IpAddr   via;
    const Iface *iface;
} Found;

static Found look_up(Stack *stack, IpAddr dst)
{
    const Route *r = ipv4_route_lookup(stack->ipv4, dst);

    return r == NULL ? (Found){ 0 } : (Found){ true, r->prefix, r->origin, r->via, r->iface };
}

/* Routers with stubs, hosts in several LANs, subnets of one prefix in two places, nested ones, and
 * static routes among them. */
static void make_tangle(Rng *rng, Stack **stacks, unsigned n)
{
    static const char *const said[] = { "10.0.0.1/16", "10.0.3.1/24", "10.0.3.1/28", "10.0.3.9/30" };
    char name[16], text[PREFIX_TEXT];

    for (unsigned i = 0; i < n; i++) {
        g_snprintf(name, sizeof name, "n%u", i);
        stacks[i] = i % 4 == 3 ? net_host(net, name, NULL) : net_router(net, name, NULL);
        for (unsigned k = i > 0 ? 1 + (unsigned)rng_below(rng, 2) : 0; k > 0; k--) {
            const char *here = rng_below(rng, 3) == 0 ? said[rng_below(rng, 4)] : NULL;
            join(stacks[i]->node, here, stacks[rng_below(rng, i)]->node, NULL);
        }
        if (rng_below(rng, 3) == 0) {
            g_snprintf(text, sizeof text, "10.0.%u.0/24", (unsigned)rng_below(rng, 8));
            Route r = { .kind = ROUTE_BLACKHOLE, .origin = ROUTE_STATIC };
            ck_assert(prefix_parse(text, &r.prefix));
            ipv4_route_add(stacks[i]->ipv4, &r);
        }
    }
}

START_TEST(a_route_is_the_same_found_when_asked_for_or_written_down)
{
    enum { N = 14, ADDRESSES = 30 * 16 };
    Stack *stacks[N];
    Found found[ADDRESSES];
    GError *error = NULL;
    Rng rng;

    rng_init(&rng, (uint64_t)_i, "tangle");
    make_tangle(&rng, stacks, N);
    if (!autoconf_settle(net->sim, &error)) { /* the addresses said may clash */
        g_error_free(error);
        return;
    }
    for (unsigned i = 0; i < N; i++) {
        for (unsigned k = 0; k < ADDRESSES; k++)
            found[k] = look_up(stacks[i], ip_v4((10u << 24) + k * 16));
        routes(stacks[i]);
        for (unsigned k = 0; k < ADDRESSES; k++) {
            Found written = look_up(stacks[i], ip_v4((10u << 24) + k * 16));
            ck_assert_int_eq(written.any, found[k].any);
            ck_assert_uint_eq(written.prefix.len, found[k].prefix.len);
            ck_assert_int_eq(written.origin, found[k].origin);
            ck_assert(ip_equal(written.prefix.addr, found[k].prefix.addr));
            ck_assert(ip_equal(written.via, found[k].via));
            ck_assert_ptr_eq(written.iface, found[k].iface);
        }
    }
}
END_TEST

Suite *autoconf_suite(void);
Suite *autoconf_suite(void)
{
    Suite *suite = suite_create("autoconf");
    TCase *tc = tcase_create("autoconf");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, every_link_gets_the_next_subnet);
    tcase_add_test(tc, without_a_subnet_a_cable_gets_four_addresses);
    tcase_add_test(tc, without_private_addresses_a_cable_gets_shared_ones);
    tcase_add_test(tc, a_lan_of_three_needs_a_subnet);
    tcase_add_test(tc, a_switched_network_is_one_subnet);
    tcase_add_test(tc, a_said_subnet_is_shared_and_avoided);
    tcase_add_test(tc, small_subnets_number_what_there_is);
    tcase_add_test(tc, what_was_given_stays_when_the_world_grows);
    tcase_add_test(tc, routes_take_the_fewest_links_and_then_the_earlier);
    tcase_add_test(tc, hosts_with_several_interfaces_do_not_forward);
    tcase_add_test(tc, a_host_between_two_routers_knows_both_ways);
    tcase_add_test(tc, one_way_out_becomes_one_default_route);
    tcase_add_test(tc, static_routes_are_respected);
    tcase_add_test(tc, a_link_that_is_down_changes_nothing);
    tcase_add_test(tc, clashes_name_both_nodes);
    tcase_add_test(tc, warm_caches_know_their_neighbours);
    tcase_add_test(tc, an_address_is_chosen_for_who_asks);
    tcase_add_test(tc, a_big_network_gets_a_wide_subnet);
    tcase_add_loop_test(tc, random_networks_are_connected_by_shortest_paths, 0, 6);
    tcase_add_loop_test(tc, a_route_is_the_same_found_when_asked_for_or_written_down, 0, 40);
    suite_add_tcase(suite, tc);
    return suite;
}
