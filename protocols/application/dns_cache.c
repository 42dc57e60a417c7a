/*
 * dns_cache.c - what a resolver remembers, for as long as the TTL says.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/application/dns_cache.h"

#include "protocols/application/dns_events.h"

#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = { "records", "NODATA", "NXDOMAIN", "SERVFAIL" };

enum { TYPE_LEN = 2, ANY_TYPE = 0 }; /* an NXDOMAIN is kept under type 0 */

typedef struct Place { /* the type, then the name's key */
    size_t  len;
    uint8_t b[TYPE_LEN + sizeof((DnsKey *)NULL)->b];
} Place;

typedef struct Entry {
    Place    place;
    DnsName  name;
    uint16_t type;
    DnsKind  kind;
    DnsTrust trust;
    DnsSet  *set;
    SimTime  expires;
    GList    link; /* in the order of coming */
} Entry;

struct DnsCache {
    Node          *node;
    DnsCacheConfig cfg;
    GHashTable    *table; /* of Entry by its place; for look-up only */
    GQueue         order;
};

static guint place_hash(const void *place_)
{
    const Place *place = place_;
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < place->len; i++)
        h = (h ^ place->b[i]) * 16777619u;
    return h;
}

static int place_equal(const void *a_, const void *b_)
{
    const Place *a = a_, *b = b_;

    return a->len == b->len && memcmp(a->b, b->b, a->len) == 0;
}

static void make_place(Place *place, const DnsName *name, uint16_t type)
{
    DnsKey key;

    dns_name_key(name, &key);
    put16(place->b, type);
    memcpy(place->b + TYPE_LEN, key.b, key.len);
    place->len = TYPE_LEN + (size_t)key.len;
}

static void entry_free(void *entry_)
{
    Entry *e = entry_;

    if (e->set != NULL)
        dns_set_free(e->set);
    g_free(e);
}

DnsCache *dns_cache_new(Node *node, const DnsCacheConfig *cfg)
{
    DnsCache *c = g_new0(DnsCache, 1);

    *c = (DnsCache){ .node = node,
                     .cfg = *cfg,
                     .table = g_hash_table_new_full(place_hash, place_equal, NULL, entry_free) };
    g_queue_init(&c->order);
    return c;
}

void dns_cache_clear(DnsCache *c)
{
    g_queue_init(&c->order);
    g_hash_table_remove_all(c->table);
}

void dns_cache_free(DnsCache *c)
{
    g_hash_table_destroy(c->table);
    g_free(c);
}

static void forget(DnsCache *c, Entry *e)
{
    g_queue_unlink(&c->order, &e->link);
    g_hash_table_remove(c->table, &e->place);
}

/* NULL if there is none, or its time is over. */
static Entry *entry_at(DnsCache *c, const DnsName *name, uint16_t type)
{
    Place place;

    make_place(&place, name, type);
    Entry *e = g_hash_table_lookup(c->table, &place);
    if (e == NULL || e->expires > sim_now(c->node->sim))
        return e;
    forget(c, e);
    return NULL;
}

static void describe(const DnsCache *c, Entry *e, DnsCached *out)
{
    SimTime left = e->expires - sim_now(c->node->sim);

    *out = (DnsCached){ .kind = e->kind, .trust = e->trust, .set = e->set,
                        .ttl = (uint32_t)(left / SEC) };
}

bool dns_cache_find(DnsCache *c, const DnsName *name, uint16_t type, DnsTrust least,
                    DnsCached *out)
{
    Entry *e = entry_at(c, name, type);
    DnsName at = *name;

    if (e != NULL && e->trust >= least) {
        describe(c, e, out);
        return true;
    }
    do { /* RFC 8020 §2: nothing is below what does not exist */
        e = entry_at(c, &at, ANY_TYPE);
        if (e != NULL) {
            describe(c, e, out);
            return true;
        }
    } while (dns_name_parent(&at, &at));
    return false;
}

static void tell_hit(const DnsCache *c, const DnsName *name, uint16_t type, const DnsCached *e)
{
    char text[DNS_NAME_TEXT], type_text[DNS_TYPE_TEXT];

    trace(c->node->sim, DNS_CACHE_HIT, c->node, NULL, NULL, trace_str(dns_name_text(name, text)),
          trace_str(dns_type_text(type, type_text)), trace_str(kinds[e->kind]));
}

/* A copy with the TTL that is left, its owner written as it was asked for. */
static DnsSet *aged_copy(const DnsCached *e, const DnsName *owner)
{
    DnsSet *set = dns_set_copy(e->set);

    if (owner != NULL)
        set->name = *owner;
    set->ttl = e->ttl;
    return set;
}

DnsRecalled dns_cache_recall(DnsCache *c, DnsName *name, uint16_t type, DnsMessage *answer)
{
    DnsCached e;

    if (dns_cache_find(c, name, type, DNS_TRUST_ANSWER, &e)) {
        tell_hit(c, name, type, &e);
        if (e.kind == DNS_KIND_FAILURE)
            return DNS_RECALL_FAILURE;
        if (e.kind == DNS_KIND_SET)
            dns_message_add(answer, DNS_ANSWER, aged_copy(&e, name));
        else
            dns_message_add(answer, DNS_AUTHORITY, aged_copy(&e, NULL));
        answer->rcode = e.kind == DNS_KIND_NXDOMAIN ? DNS_NXDOMAIN : DNS_NOERROR;
        return DNS_RECALL_ALL;
    }
    if (type == DNS_CNAME || type == DNS_ANY ||
        !dns_cache_find(c, name, DNS_CNAME, DNS_TRUST_ANSWER, &e) || e.kind != DNS_KIND_SET)
        return DNS_RECALL_NOTHING;
    tell_hit(c, name, DNS_CNAME, &e);
    dns_message_add(answer, DNS_ANSWER, aged_copy(&e, name));
    return dns_set_target(e.set, name) ? DNS_RECALL_ALIAS : DNS_RECALL_FAILURE;
}

static void tell_cached(const DnsCache *c, const Entry *e, SimTime ttl)
{
    char name[DNS_NAME_TEXT], type[DNS_TYPE_TEXT];

    trace(c->node->sim, DNS_CACHED, c->node, NULL, NULL, trace_str(dns_name_text(&e->name, name)),
          trace_str(e->type != ANY_TYPE ? dns_type_text(e->type, type) : "ANY"),
          trace_str(kinds[e->kind]), ttl / SEC);
}

/* The set is taken. */
static void keep(DnsCache *c, const DnsName *name, uint16_t type, DnsKind kind, DnsTrust trust,
                 DnsSet *set, SimTime ttl)
{
    Entry *had = entry_at(c, name, type);

    if (ttl <= 0 || (had != NULL && had->trust > trust)) {
        if (set != NULL)
            dns_set_free(set);
        return;
    }
    if (had != NULL)
        forget(c, had);
    else if (g_queue_get_length(&c->order) >= c->cfg.size)
        forget(c, g_queue_peek_head(&c->order));
    Entry *e = g_new0(Entry, 1);
    *e = (Entry){ .name = *name, .type = type, .kind = kind, .trust = trust, .set = set,
                  .expires = time_add(sim_now(c->node->sim), ttl) };
    make_place(&e->place, name, type);
    e->link.data = e;
    g_queue_push_tail_link(&c->order, &e->link);
    g_hash_table_insert(c->table, &e->place, e);
    tell_cached(c, e, ttl);
}

void dns_cache_put(DnsCache *c, const DnsSet *set, DnsTrust trust)
{
    Entry *nothing = entry_at(c, &set->name, ANY_TYPE);

    if (nothing != NULL && trust >= nothing->trust)
        forget(c, nothing);
    keep(c, &set->name, set->type, DNS_KIND_SET, trust, dns_set_copy(set),
         MIN(set->ttl * SEC, c->cfg.max_ttl));
}

/* RFC 2308 §5: for as long as the lesser of the SOA's TTL and its MINIMUM. */
void dns_cache_put_refusal(DnsCache *c, const DnsName *name, uint16_t type, DnsKind kind,
                           const DnsSet *soa)
{
    size_t at = 0;
    Span data;

    if (soa == NULL || !dns_set_next(soa, &at, &data))
        return;
    SimTime ttl = MIN(soa->ttl, dns_soa_minimum(data)) * SEC;
    keep(c, name, kind == DNS_KIND_NXDOMAIN ? ANY_TYPE : type, kind, DNS_TRUST_AUTHORITATIVE,
         dns_set_copy(soa), MIN(ttl, c->cfg.negative_ttl));
}

void dns_cache_put_failure(DnsCache *c, const DnsName *name, uint16_t type)
{
    if (entry_at(c, name, type) == NULL)
        keep(c, name, type, DNS_KIND_FAILURE, DNS_TRUST_ANSWER, NULL, c->cfg.failure_ttl);
}

static int compare_entries(const void *a_, const void *b_)
{
    const Entry *a = *(const Entry *const *)a_, *b = *(const Entry *const *)b_;
    int cmp = memcmp(a->place.b + TYPE_LEN, b->place.b + TYPE_LEN,
                     MIN(a->place.len, b->place.len) - TYPE_LEN);

    if (cmp == 0)
        cmp = (a->place.len > b->place.len) - (a->place.len < b->place.len);
    return cmp != 0 ? cmp : (a->type > b->type) - (a->type < b->type);
}

void dns_cache_each(DnsCache *c,
                    void (*fn)(void *self, const DnsName *name, uint16_t type, const DnsCached *e),
                    void *self)
{
    GPtrArray *all = g_ptr_array_new();
    DnsCached e;

    for (GList *l = c->order.head; l != NULL; l = l->next)
        if (((Entry *)l->data)->expires > sim_now(c->node->sim))
            g_ptr_array_add(all, l->data);
    g_ptr_array_sort(all, compare_entries);
    for (guint i = 0; i < all->len; i++) {
        Entry *entry = g_ptr_array_index(all, i);
        describe(c, entry, &e);
        fn(self, &entry->name, entry->type, &e);
    }
    g_ptr_array_free(all, TRUE);
}
