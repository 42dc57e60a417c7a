/*
 * dhcp_server_store.c - which address is whose: RFC 2131 §2.2, §4.3.1.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/application/dhcp_server_priv.h"
#include "protocols/stack.h"

#include <string.h>

const DhcpScopeConfig dhcp_scope_defaults = {
    .lease = HOUR,
    .ping = true,
    .ping_timeout = SEC,
    .offer_hold = 60 * SEC,
    .decline_hold = HOUR,
};

#define AT(field) offsetof(DhcpScopeConfig, field)
const Knob dhcp_scope_knobs[] = {
    { "lease", KNOB_TIME, AT(lease), 0, (int64_t)(UINT32_MAX - 1) * SEC, NULL,
      "How long an address is lent, or less if the client asks for less; 0: for ever.",
      "RFC 2131 §4.3.1", false },
    { "ping", KNOB_BOOL, AT(ping), 0, 0, NULL,
      "Asks by ICMP whether somebody has an address before it offers it.", "RFC 2131 §3.1 (2)",
      false },
    { "ping_timeout", KNOB_TIME, AT(ping_timeout), 1, HOUR, NULL,
      "How long it waits for an answer to that.", "own", false },
    { "offer_hold", KNOB_TIME, AT(offer_hold), 1, HOUR, NULL,
      "How long an address that was offered is kept for the client.", "RFC 2131 §4.3.1", false },
    { "decline_hold", KNOB_TIME, AT(decline_hold), 1, NEVER, NULL,
      "How long an address is not given out after somebody else was seen to use it.",
      "RFC 2131 §4.3.3", false },
    { "authoritative", KNOB_BOOL, AT(authoritative), 0, 0, NULL,
      "Refuses requests of clients that it does not know, instead of silence.", "RFC 2131 §4.3.2",
      false },
    { .name = NULL },
};
#undef AT

const char *dhcp_binding_text(DhcpBindingState state)
{
    static const char *const names[] = { "free", "offered", "leased", "declined", "reserved" };

    return names[state];
}

/* --- bindings --------------------------------------------------------------------------------- */

static unsigned addr_hash(const void *addr)
{
    return ip_hash(*(const IpAddr *)addr);
}

static int addr_equal(const void *a, const void *b)
{
    return ip_equal(*(const IpAddr *)a, *(const IpAddr *)b);
}

DhcpBindingState binding_state(const DhcpStore *store, const DhcpBinding *b)
{
    bool over = b->until != NEVER && b->until <= sim_now(store->stack->node->sim);

    if (!over && b->state != DHCP_FREE)
        return b->state;
    return b->reserved ? DHCP_RESERVED : DHCP_FREE;
}

DhcpBinding *store_at(DhcpStore *store, IpAddr addr)
{
    return g_hash_table_lookup(store->by_addr, &addr);
}

static DhcpBinding *add_binding(DhcpStore *store, IpAddr addr)
{
    DhcpBinding *b = g_new0(DhcpBinding, 1);

    b->addr = addr;
    b->until = NEVER;
    g_ptr_array_add(store->bindings, b);
    g_hash_table_insert(store->by_addr, &b->addr, b);
    return b;
}

/* The option's length if it can be a name; longer than we keep: only by MAC. */
static uint8_t read_id(const DhcpMessage *m, uint8_t id[64])
{
    size_t n = dhcp_option(m, DHCP_OPT_CLIENT_ID, id, 64);

    return n <= 64 ? (uint8_t)n : 0;
}

/* A reservation is for a MAC, whatever the client calls itself. */
static bool is_clients(const DhcpStore *store, const DhcpBinding *b, MacAddr mac,
                       const uint8_t *id, uint8_t id_len)
{
    if (binding_state(store, b) == DHCP_DECLINED)
        return false;
    if (b->reserved)
        return mac_equal(b->mac, mac);
    if (b->id_len > 0 || id_len > 0)
        return b->id_len == id_len && memcmp(b->id, id, id_len) == 0;
    return mac_equal(b->mac, mac);
}

/* A reservation first; of others the latest. */
DhcpBinding *store_find(DhcpStore *store, const DhcpScope *scope, const DhcpMessage *m)
{
    DhcpBinding *found = NULL;
    uint8_t id[64], id_len = read_id(m, id);

    for (guint i = 0; i < store->bindings->len; i++) {
        DhcpBinding *b = g_ptr_array_index(store->bindings, i);
        if (!ip_in_prefix(b->addr, scope->cfg.subnet) ||
            !is_clients(store, b, m->chaddr, id, id_len))
            continue;
        if (b->reserved)
            return b;
        if (found == NULL || binding_state(store, found) == DHCP_FREE)
            found = b;
    }
    return found;
}

/* --- scopes ----------------------------------------------------------------------------------- */

DhcpScope *store_scope(DhcpStore *store, IpAddr near)
{
    for (guint i = 0; i < store->scopes->len; i++) {
        DhcpScope *scope = g_ptr_array_index(store->scopes, i);
        if (ip_in_prefix(near, scope->cfg.subnet))
            return scope;
    }
    return NULL;
}

static bool in_pool(const DhcpScope *scope, IpAddr addr)
{
    return ip_compare(addr, scope->cfg.first) >= 0 && ip_compare(addr, scope->cfg.last) <= 0;
}

bool store_allows(const DhcpStore *store, const DhcpScope *scope, IpAddr addr)
{
    IpPrefix subnet = scope->cfg.subnet;

    return in_pool(scope, addr) && !ip_is_local(store->stack, addr) &&
           (subnet.len >= 31 || (!ip_equal(addr, prefix_network(subnet)) &&
                                 !ip_equal(addr, prefix_broadcast(subnet))));
}

/* --- choosing --------------------------------------------------------------------------------- */

static bool is_free(DhcpStore *store, const DhcpScope *scope, IpAddr addr)
{
    const DhcpBinding *b = store_at(store, addr);

    return store_allows(store, scope, addr) &&
           (b == NULL || binding_state(store, b) == DHCP_FREE);
}

/* One that nobody has had yet; else the one that has been free for longest. */
static bool new_address(DhcpStore *store, DhcpScope *scope, IpAddr *out)
{
    uint32_t first = ip_to_v4(scope->cfg.first), n = ip_to_v4(scope->cfg.last) - first + 1;
    const DhcpBinding *oldest = NULL;

    for (; scope->next < n; scope->next++) {
        *out = ip_v4(first + scope->next);
        if (store_at(store, *out) == NULL && store_allows(store, scope, *out)) {
            scope->next++;
            return true;
        }
    }
    for (guint i = 0; i < store->bindings->len; i++) {
        const DhcpBinding *b = g_ptr_array_index(store->bindings, i);
        if (is_free(store, scope, b->addr) && (oldest == NULL || b->until < oldest->until))
            oldest = b;
    }
    if (oldest != NULL)
        *out = oldest->addr;
    return oldest != NULL;
}

static void take_client(DhcpBinding *b, const DhcpMessage *m)
{
    char name[sizeof b->name] = "";

    if (!b->reserved)
        b->mac = m->chaddr;
    b->id_len = read_id(m, b->id);
    dhcp_option(m, DHCP_OPT_HOST_NAME, (uint8_t *)name, sizeof name - 1);
    memcpy(b->name, name, sizeof name);
}

DhcpBinding *store_choose(DhcpStore *store, DhcpScope *scope, const DhcpMessage *m)
{
    DhcpBinding *b = store_find(store, scope, m);
    IpAddr wanted;

    if (b == NULL || (!b->reserved && !store_allows(store, scope, b->addr))) {
        if ((!dhcp_option_addr(m, DHCP_OPT_REQUESTED, &wanted) ||
             !is_free(store, scope, wanted)) && !new_address(store, scope, &wanted))
            return NULL;
        b = store_at(store, wanted);
        if (b == NULL)
            b = add_binding(store, wanted);
    }
    take_client(b, m);
    if (binding_state(store, b) != DHCP_LEASED_TO) {
        b->state = DHCP_OFFERED;
        b->until = time_add(sim_now(store->stack->node->sim), scope->cfg.offer_hold);
    }
    return b;
}

/* --- for its users ---------------------------------------------------------------------------- */

static void scope_free(void *scope_)
{
    DhcpScope *scope = scope_;

    g_free((void *)(uintptr_t)scope->cfg.dns);
    g_free(scope);
}

DhcpStore *dhcp_store_new(Stack *stack)
{
    DhcpStore *store = g_new0(DhcpStore, 1);

    store->stack = stack;
    store->scopes = g_ptr_array_new_with_free_func(scope_free);
    store->bindings = g_ptr_array_new_with_free_func(g_free);
    store->by_addr = g_hash_table_new(addr_hash, addr_equal);
    return store;
}

void dhcp_store_free(DhcpStore *store)
{
    g_hash_table_destroy(store->by_addr);
    g_ptr_array_free(store->bindings, TRUE);
    g_ptr_array_free(store->scopes, TRUE);
    g_free(store);
}

void dhcp_store_clear_scopes(DhcpStore *store)
{
    g_ptr_array_set_size(store->scopes, 0);
}

bool dhcp_store_add_scope(DhcpStore *store, const DhcpScopeConfig *cfg)
{
    const Vec *ifaces = store->stack->ifaces;
    DhcpScope *scope = g_new0(DhcpScope, 1);

    scope->cfg = *cfg;
    scope->cfg.dns = g_memdup2(cfg->dns, cfg->n_dns * sizeof *cfg->dns);
    if (cfg->lease == 0)
        scope->cfg.lease = NEVER;
    for (guint i = 0; i < ifaces->len && ip_is_none(scope->cfg.subnet.addr); i++) {
        const Iface *iface = g_ptr_array_index(ifaces, i);
        if (!ip_is_none(iface->ip.addr) && ip_in_prefix(cfg->first, iface->ip))
            scope->cfg.subnet = iface->ip;
    }
    IpPrefix *subnet = &scope->cfg.subnet;
    if (ip_is_none(subnet->addr) || ip_compare(cfg->first, cfg->last) > 0 ||
        !ip_in_prefix(cfg->first, *subnet) || !ip_in_prefix(cfg->last, *subnet)) {
        scope_free(scope);
        return false;
    }
    subnet->addr = prefix_network(*subnet);
    g_ptr_array_add(store->scopes, scope);
    return true;
}

void dhcp_store_reserve(DhcpStore *store, MacAddr mac, IpAddr addr)
{
    DhcpBinding *b = store_at(store, addr);

    if (b == NULL)
        b = add_binding(store, addr);
    b->reserved = true;
    b->mac = mac;
}

const DhcpBinding *const *dhcp_store_bindings(DhcpStore *store, size_t *n)
{
    for (guint i = 0; i < store->bindings->len; i++) {
        DhcpBinding *b = g_ptr_array_index(store->bindings, i);
        b->state = binding_state(store, b);
    }
    *n = store->bindings->len;
    return (const DhcpBinding *const *)store->bindings->pdata;
}
