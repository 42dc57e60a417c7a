/*
 * test_ipv4_route.c - the longest prefix wins, and for one prefix the better origin.
 */
/* SPDX-License-Identifier: MIT */
#include "support/net.h"

#include <check.h>

static Net *net;
static Stack *r;

static void setup(void)
{
    net = net_new(1);
    r = net_router(net, "r", NULL);
    Stack *x = net_host(net, "x", NULL), *y = net_host(net, "y", NULL);
    net_link(net, r->node, "10.0.1.1/24", x->node, "10.0.1.2/24", 0);
    net_link(net, r->node, "10.0.2.1/24", y->node, "10.0.2.2/24", 0);
}

static void teardown(void)
{
    net_free(net);
}

static IpPrefix prefix(const char *text)
{
    IpPrefix p;

    ck_assert(prefix_parse(text, &p));
    return p;
}

static void add_via(const char *to, const char *via, RouteOrigin origin)
{
    ipv4_route_add(r->ipv4, &(Route){ .prefix = prefix(to), .kind = ROUTE_VIA, .origin = origin,
                                      .via = ip(via) });
}

/* "direct eth0", "10.0.1.9 eth0", "blackhole", "none" */
static const char *way_to(const char *dst)
{
    static char text[64];
    char via[IP_TEXT];
    const Route *found = ipv4_route_lookup(r->ipv4, ip(dst));

    if (found == NULL)
        return "none";
    if (found->kind == ROUTE_BLACKHOLE)
        return "blackhole";
    if (found->kind == ROUTE_UNREACHABLE)
        return "unreachable";
    g_snprintf(text, sizeof text, "%s %s",
               found->kind == ROUTE_DIRECT ? "direct" : ip_text(found->via, via),
               found->iface->port->name);
    return text;
}

START_TEST(an_address_makes_its_connected_route)
{
    ck_assert_str_eq(way_to("10.0.1.77"), "direct eth0");
    ck_assert_str_eq(way_to("10.0.2.77"), "direct eth1");
    ck_assert_str_eq(way_to("10.0.3.77"), "none");
    stack_set_address(r, net_iface(r, 1), prefix("10.0.3.1/24"));
    ck_assert_str_eq(way_to("10.0.2.77"), "none");
    ck_assert_str_eq(way_to("10.0.3.77"), "direct eth1");
}
END_TEST

START_TEST(the_longest_prefix_wins)
{
    add_via("0.0.0.0/0", "10.0.1.9", ROUTE_STATIC);
    add_via("10.0.0.0/8", "10.0.2.9", ROUTE_STATIC);
    add_via("10.0.1.64/26", "10.0.2.8", ROUTE_AUTO);
    ipv4_route_add(r->ipv4, &(Route){ .prefix = prefix("10.66.0.0/16"), .kind = ROUTE_BLACKHOLE,
                                      .origin = ROUTE_STATIC });
    ipv4_route_add(r->ipv4, &(Route){ .prefix = prefix("10.66.1.1/32"), .origin = ROUTE_STATIC,
                                      .kind = ROUTE_UNREACHABLE });
    ck_assert_str_eq(way_to("192.0.2.1"), "10.0.1.9 eth0");
    ck_assert_str_eq(way_to("10.9.9.9"), "10.0.2.9 eth1");
    ck_assert_str_eq(way_to("10.0.1.63"), "direct eth0");
    ck_assert_str_eq(way_to("10.0.1.64"), "10.0.2.8 eth1");
    ck_assert_str_eq(way_to("10.66.1.2"), "blackhole");
    ck_assert_str_eq(way_to("10.66.1.1"), "unreachable");
}
END_TEST

START_TEST(static_wins_over_automatic_and_connected_over_both)
{
    add_via("10.5.0.0/16", "10.0.1.9", ROUTE_AUTO);
    add_via("10.5.0.0/16", "10.0.2.9", ROUTE_STATIC);
    add_via("10.0.1.0/24", "10.0.2.9", ROUTE_STATIC);
    ck_assert_str_eq(way_to("10.5.1.1"), "10.0.2.9 eth1");
    ck_assert_str_eq(way_to("10.0.1.2"), "direct eth0");
    ck_assert(ipv4_route_delete(r->ipv4, prefix("10.5.9.9/16"), ROUTE_STATIC));
    ck_assert_str_eq(way_to("10.5.1.1"), "10.0.1.9 eth0");
    ck_assert(!ipv4_route_delete(r->ipv4, prefix("10.5.0.0/16"), ROUTE_STATIC));
    ipv4_route_clear(r->ipv4, ROUTE_AUTO);
    ck_assert_str_eq(way_to("10.5.1.1"), "none");
}
END_TEST

START_TEST(the_same_prefix_and_origin_replaces)
{
    size_t before, after;

    add_via("10.5.0.0/16", "10.0.1.9", ROUTE_STATIC);
    ipv4_routes(r->ipv4, &before);
    ck_assert_str_eq(way_to("10.5.1.1"), "10.0.1.9 eth0");
    add_via("10.5.0.0/16", "10.0.2.9", ROUTE_STATIC);
    ipv4_routes(r->ipv4, &after);
    ck_assert_uint_eq(before, after);
    ck_assert_str_eq(way_to("10.5.1.1"), "10.0.2.9 eth1");
}
END_TEST

START_TEST(a_next_hop_on_no_subnet_is_of_no_use_until_there_is_one)
{
    add_via("10.5.0.0/16", "172.16.0.1", ROUTE_STATIC);
    ck_assert_str_eq(way_to("10.5.1.1"), "none");
    stack_set_address(r, net_iface(r, 0), prefix("172.16.0.9/24"));
    ck_assert_str_eq(way_to("10.5.1.1"), "172.16.0.1 eth0");
    stack_set_address(r, net_iface(r, 0), prefix("10.0.1.1/24"));
    stack_set_address(r, net_iface(r, 1), prefix("172.16.0.9/24"));
    ck_assert_str_eq(way_to("10.5.1.1"), "172.16.0.1 eth1");
}
END_TEST

START_TEST(routes_are_listed_most_specific_first)
{
    size_t n;

    add_via("0.0.0.0/0", "10.0.1.9", ROUTE_STATIC);
    add_via("10.0.0.0/8", "10.0.1.9", ROUTE_STATIC);
    add_via("10.0.0.7/32", "10.0.1.9", ROUTE_STATIC);
    const Route *routes = ipv4_routes(r->ipv4, &n);
    const char *expected[] = { "10.0.0.7/32", "10.0.1.0/24", "10.0.2.0/24", "10.0.0.0/8",
                               "0.0.0.0/0" };
    ck_assert_uint_eq(n, G_N_ELEMENTS(expected));
    for (size_t i = 0; i < n; i++) {
        char text[PREFIX_TEXT];
        ck_assert_str_eq(prefix_text(routes[i].prefix, text), expected[i]);
    }
}
END_TEST

/* Against looking at every route each time, while more come. */
START_TEST(agrees_with_an_exhaustive_search)
{
    enum { ROUTES = 300, FIRST = 5, LOOKUPS = 3000 };
    static IpPrefix prefixes[ROUTES];
    Rng rng;

    rng_init(&rng, (uint64_t)_i, "routes");
    ipv4_route_clear(r->ipv4, ROUTE_CONNECTED);
    for (int i = 0, n = 0; i < LOOKUPS; i++) {
        while (n < MIN(ROUTES, FIRST + i / 5)) {
            unsigned len = (unsigned)rng_below(&rng, 33);
            IpPrefix p = { ip_v4((uint32_t)rng_u64(&rng) & 0x0fff00ff), len };
            prefixes[n++] = (IpPrefix){ prefix_network(p), len };
            ipv4_route_add(r->ipv4, &(Route){ .prefix = p, .kind = ROUTE_BLACKHOLE,
                                              .origin = ROUTE_STATIC });
        }
        IpAddr dst = ip_v4((uint32_t)rng_u64(&rng) & 0x0fff00ff);
        int best = -1;
        for (int k = 0; k < n; k++)
            if (ip_in_prefix(dst, prefixes[k]) && (int)prefixes[k].len > best)
                best = (int)prefixes[k].len;
        const Route *found = ipv4_route_lookup(r->ipv4, dst);
        ck_assert_int_eq(found != NULL ? (int)found->prefix.len : -1, best);
    }
}
END_TEST

Suite *ipv4_route_suite(void);
Suite *ipv4_route_suite(void)
{
    Suite *suite = suite_create("ipv4_route");
    TCase *tc = tcase_create("ipv4_route");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, an_address_makes_its_connected_route);
    tcase_add_test(tc, the_longest_prefix_wins);
    tcase_add_test(tc, static_wins_over_automatic_and_connected_over_both);
    tcase_add_test(tc, the_same_prefix_and_origin_replaces);
    tcase_add_test(tc, a_next_hop_on_no_subnet_is_of_no_use_until_there_is_one);
    tcase_add_test(tc, routes_are_listed_most_specific_first);
    tcase_add_loop_test(tc, agrees_with_an_exhaustive_search, 0, 4);
    suite_add_tcase(suite, tc);
    return suite;
}
