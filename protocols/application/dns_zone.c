/*
 * dns_zone.c - the records of a zone, and how they answer a question.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/application/dns_zone.h"

#include <stdlib.h>
#include <string.h>

typedef struct ZoneRecord {
    size_t   key, data;  /* where they lie in the zone's bytes */
    uint16_t key_len, data_len, type;
    uint32_t ttl;
    unsigned line, order;
} ZoneRecord;

typedef struct ZoneName { /* records of one owner: n of them from `first` on */
    size_t first, n;
} ZoneName;

struct DnsZone {
    DnsName     origin;
    DnsKey      origin_key;
    GByteArray *bytes;
    GArray     *records; /* of ZoneRecord; sorted by key, type, order of adding */
    GArray     *names;   /* of ZoneName, sorted likewise */
};

static GQuark error_quark(void)
{
    return g_quark_from_static_string("dns-zone-error");
}

GQuark dns_zone_error_quark(void)
{
    return error_quark();
}

DnsZone *dns_zone_new(const DnsName *origin)
{
    DnsZone *zone = g_new0(DnsZone, 1);

    zone->origin = *origin;
    dns_name_key(origin, &zone->origin_key);
    zone->bytes = g_byte_array_new();
    zone->records = g_array_new(FALSE, FALSE, sizeof(ZoneRecord));
    zone->names = g_array_new(FALSE, FALSE, sizeof(ZoneName));
    return zone;
}

void dns_zone_free(void *zone_)
{
    DnsZone *zone = zone_;

    g_byte_array_free(zone->bytes, TRUE);
    g_array_free(zone->records, TRUE);
    g_array_free(zone->names, TRUE);
    g_free(zone);
}

const DnsName *dns_zone_origin(const DnsZone *zone)
{
    return &zone->origin;
}

size_t dns_zone_records(const DnsZone *zone)
{
    return zone->records->len;
}

/* --- making ----------------------------------------------------------------------------------- */

static const ZoneRecord *record_at(const DnsZone *zone, size_t i)
{
    return &g_array_index(zone->records, ZoneRecord, i);
}

static size_t keep(DnsZone *zone, const uint8_t *p, size_t n)
{
    size_t at = zone->bytes->len;

    if (n > 0)
        g_byte_array_append(zone->bytes, p, (guint)n);
    return at;
}

void dns_zone_add(DnsZone *zone, const DnsName *owner, uint16_t type, uint32_t ttl, Span data,
                  unsigned line)
{
    DnsKey key;

    dns_name_key(owner, &key);
    ZoneRecord rec = { .key_len = key.len,
                       .data = keep(zone, data.p, data.n),
                       .data_len = (uint16_t)data.n,
                       .type = type,
                       .ttl = ttl,
                       .line = line,
                       .order = zone->records->len };
    const ZoneRecord *last = rec.order > 0 ? record_at(zone, rec.order - 1) : NULL;
    if (last != NULL && last->key_len == key.len &&
        memcmp(zone->bytes->data + last->key, key.b, key.len) == 0)
        rec.key = last->key;
    else
        rec.key = keep(zone, key.b, key.len);
    g_array_append_val(zone->records, rec);
}

static int compare_keys(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
    size_t n = MIN(a_len, b_len);
    int cmp = n > 0 ? memcmp(a, b, n) : 0;

    return cmp != 0 ? cmp : (a_len > b_len) - (a_len < b_len);
}

static int compare_records(const void *a_, const void *b_, void *zone_)
{
    const ZoneRecord *a = a_, *b = b_;
    const DnsZone *zone = zone_;
    int cmp = compare_keys(zone->bytes->data + a->key, a->key_len, zone->bytes->data + b->key,
                           b->key_len);

    if (cmp == 0)
        cmp = (a->type > b->type) - (a->type < b->type);
    return cmp != 0 ? cmp : (a->order > b->order) - (a->order < b->order);
}

/* The text of a key: labels from the root down, put the other way round. */
static char *key_text(const DnsZone *zone, const ZoneRecord *rec)
{
    GString *out = g_string_new(NULL), *label = g_string_new(NULL);
    const uint8_t *key = zone->bytes->data + rec->key;

    for (size_t i = 0; i < rec->key_len; i++) {
        if (key[i] != 0) {
            g_string_append_c(label, (char)key[i]);
            continue;
        }
        g_string_append_c(label, '.');
        g_string_prepend_len(out, label->str, (gssize)label->len);
        g_string_truncate(label, 0);
    }
    g_string_free(label, TRUE);
    return g_string_free(out, FALSE);
}

static bool fail_at(const DnsZone *zone, const ZoneRecord *rec, const char *file, const char *what,
                    GError **error)
{
    char *name = key_text(zone, rec);

    g_set_error(error, error_quark(), 0, "%s:%u: %s %s", file, rec->line, name, what);
    g_free(name);
    return false;
}

static bool check_name(const DnsZone *zone, const ZoneName *name, const char *file, GError **error)
{
    unsigned cnames = 0, soas = 0;
    const ZoneRecord *rec = NULL, *bad = NULL;

    for (size_t i = name->first; i < name->first + name->n; i++) {
        rec = record_at(zone, i);
        cnames += rec->type == DNS_CNAME;
        soas += rec->type == DNS_SOA;
        bad = bad == NULL || rec->order > bad->order ? rec : bad;
    }
    if (rec->key_len < zone->origin_key.len ||
        memcmp(zone->bytes->data + rec->key, zone->origin_key.b, zone->origin_key.len) != 0)
        return fail_at(zone, bad, file, "is not in this zone", error);
    if (cnames > 0 && name->n > 1)
        return fail_at(zone, bad, file, "has a CNAME and so no other records (RFC 2181 §10.1)",
                       error);
    if (soas > 0 && rec->key_len != zone->origin_key.len)
        return fail_at(zone, bad, file, "has a SOA, which belongs to the zone's own name", error);
    if (soas > 1)
        return fail_at(zone, bad, file, "has a second SOA", error);
    return true;
}

static void make_soa(DnsZone *zone)
{
    static const uint32_t times[] = { 1, 7200, 900, 1209600, 300 }; /* serial, ..., minimum */
    DnsName front, name;
    uint8_t data[DNS_DATA_EXPANDED];
    size_t n = 0;

    for (int i = 0; i < 2; i++) {
        bool good = dns_name_parse(i == 0 ? "ns" : "hostmaster", &front) &&
                    dns_name_join(&front, &zone->origin, &name);
        if (!good)
            name = zone->origin;
        memcpy(data + n, name.b, name.len);
        n += name.len;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(times); i++, n += 4)
        put32(data + n, times[i]);
    dns_zone_add(zone, &zone->origin, DNS_SOA, 3600, (Span){ data, n }, 0);
}

static bool has_soa(const DnsZone *zone)
{
    for (guint i = 0; i < zone->records->len; i++)
        if (record_at(zone, i)->type == DNS_SOA)
            return true;
    return false;
}

bool dns_zone_finish(DnsZone *zone, const char *file, bool complete, GError **error)
{
    if (!has_soa(zone)) {
        if (!complete) {
            g_set_error(error, error_quark(), 0, "%s: the zone has no SOA record", file);
            return false;
        }
        make_soa(zone);
    }
    g_array_sort_with_data(zone->records, compare_records, zone);
    for (guint i = 0; i < zone->records->len; i++) {
        const ZoneRecord *rec = record_at(zone, i), *before = i > 0 ? record_at(zone, i - 1) : NULL;
        if (before != NULL && compare_keys(zone->bytes->data + before->key, before->key_len,
                                           zone->bytes->data + rec->key, rec->key_len) == 0) {
            g_array_index(zone->names, ZoneName, zone->names->len - 1).n++;
            continue;
        }
        g_array_append_val(zone->names, ((ZoneName){ i, 1 }));
    }
    for (guint i = 0; i < zone->names->len; i++)
        if (!check_name(zone, &g_array_index(zone->names, ZoneName, i), file, error))
            return false;
    return true;
}

/* --- looking up ------------------------------------------------------------------------------- */

/* The first name that is not before the key. */
static size_t lower_bound(const DnsZone *zone, const DnsKey *key)
{
    size_t low = 0, high = zone->names->len;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        const ZoneRecord *rec = record_at(zone, g_array_index(zone->names, ZoneName, mid).first);
        if (compare_keys(zone->bytes->data + rec->key, rec->key_len, key->b, key->len) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

typedef struct Place { /* where a name stands in the zone */
    bool            exists; /* it has records, or names below it (RFC 4592 §2.2.2) */
    const ZoneName *name;   /* NULL: no records */
} Place;

static Place find(const DnsZone *zone, const DnsName *name)
{
    DnsKey key;

    dns_name_key(name, &key);
    size_t i = lower_bound(zone, &key);
    if (i == zone->names->len)
        return (Place){ false, NULL };
    const ZoneName *at = &g_array_index(zone->names, ZoneName, i);
    const ZoneRecord *rec = record_at(zone, at->first);
    bool below = rec->key_len >= key.len &&
                 (key.len == 0 || memcmp(zone->bytes->data + rec->key, key.b, key.len) == 0);
    return (Place){ below, below && rec->key_len == key.len ? at : NULL };
}

/* A copy of the set, under the name that was asked for; NULL: none. */
static DnsSet *take_set(const DnsZone *zone, const ZoneName *at, const DnsName *owner,
                        uint16_t type)
{
    DnsSet *set = NULL;

    for (size_t i = at->first; i < at->first + at->n; i++) {
        const ZoneRecord *rec = record_at(zone, i);
        if (rec->type != type)
            continue;
        if (set == NULL)
            set = dns_set_new(owner, type, rec->ttl);
        dns_set_add(set, (Span){ zone->bytes->data + rec->data, rec->data_len }, rec->ttl);
    }
    return set;
}

static bool has_type(const DnsZone *zone, const ZoneName *at, uint16_t type)
{
    for (size_t i = at->first; i < at->first + at->n; i++)
        if (record_at(zone, i)->type == type)
            return true;
    return false;
}

/* --- answering -------------------------------------------------------------------------------- */

/* RFC 2308 §3: with the TTL for which the answer "no" may be kept. */
static void add_soa(const DnsZone *zone, DnsMessage *reply)
{
    Place apex = find(zone, &zone->origin);
    DnsSet *soa = take_set(zone, apex.name, &zone->origin, DNS_SOA);
    size_t at = 0;
    Span data;

    dns_set_next(soa, &at, &data);
    soa->ttl = MIN(soa->ttl, dns_soa_minimum(data));
    dns_message_add(reply, DNS_AUTHORITY, soa);
}

static void add_every_type(const DnsZone *zone, const ZoneName *at, const DnsName *owner,
                           DnsMessage *reply)
{
    uint16_t last = 0;

    for (size_t i = at->first; i < at->first + at->n; i++) {
        uint16_t type = record_at(zone, i)->type;
        if (type != last)
            dns_message_add(reply, DNS_ANSWER, take_set(zone, at, owner, type));
        last = type;
    }
}

/* What stands at the name, or at the wildcard that stands for it: step 3a and 3c. True if it is a
 * CNAME to be followed, to *name. */
static bool answer_from(const DnsZone *zone, const ZoneName *at, DnsName *name, DnsMessage *reply)
{
    uint16_t type = reply->q.type;

    if (at != NULL && type == DNS_ANY) {
        add_every_type(zone, at, name, reply);
        return false;
    }
    DnsSet *set = at != NULL ? take_set(zone, at, name, type) : NULL;
    if (set == NULL && at != NULL && (set = take_set(zone, at, name, DNS_CNAME)) != NULL) {
        dns_message_add(reply, DNS_ANSWER, set);
        return dns_set_target(set, name);
    }
    if (set != NULL)
        dns_message_add(reply, DNS_ANSWER, set);
    else
        add_soa(zone, reply);
    return false;
}

static bool wildcard_of(const DnsName *encloser, DnsName *out)
{
    DnsName star;

    return dns_name_parse("*", &star) && dns_name_join(&star, encloser, out);
}

/* The ancestors of name from just below the origin down to itself: n of them. */
static unsigned descend(const DnsZone *zone, const DnsName *name, const uint8_t **labels)
{
    unsigned n = 0, levels = dns_name_labels(name) - dns_name_labels(&zone->origin);
    const uint8_t *at = name->b;

    for (n = levels; n-- > 0; at += 1u + at[0])
        labels[n] = at;
    return levels;
}

/* Steps 3 and 4 for a name in the zone. True if a CNAME is to be followed. */
static bool answer_name(const DnsZone *zone, DnsName *name, DnsMessage *reply)
{
    const uint8_t *labels[DNS_NAME_MAX / 2];
    unsigned n = descend(zone, name, labels);
    DnsName encloser = zone->origin, star;
    Place place = find(zone, &zone->origin);

    for (unsigned i = 0; i < n; i++) {
        DnsName here = { .len = (uint8_t)(name->len - (labels[i] - name->b)) };
        memcpy(here.b, labels[i], here.len);
        place = find(zone, &here);
        if (!place.exists)
            break;
        encloser = here;
        if (place.name != NULL && has_type(zone, place.name, DNS_NS)) { /* 3b: a zone cut */
            dns_message_add(reply, DNS_AUTHORITY, take_set(zone, place.name, &here, DNS_NS));
            reply->h.aa = reply->sections[DNS_ANSWER]->len > 0;
            return false;
        }
    }
    reply->h.aa = true;
    if (place.exists)
        return answer_from(zone, place.name, name, reply);
    if (wildcard_of(&encloser, &star) && (place = find(zone, &star)).exists)
        return answer_from(zone, place.name, name, reply);
    reply->rcode = DNS_NXDOMAIN;
    add_soa(zone, reply);
    return false;
}

/* The zone whose origin is nearest to the name; NULL: none. */
static const DnsZone *nearest_zone(const GPtrArray *zones, const DnsName *name)
{
    const DnsZone *best = NULL;

    for (guint i = 0; i < zones->len; i++) {
        const DnsZone *zone = g_ptr_array_index(zones, i);
        if (dns_name_is_below(name, &zone->origin) &&
            (best == NULL || zone->origin.len > best->origin.len))
            best = zone;
    }
    return best;
}

static void add_address(const GPtrArray *zones, const DnsName *target, uint16_t type,
                        DnsMessage *reply)
{
    const DnsZone *zone = nearest_zone(zones, target);
    Place place = zone != NULL ? find(zone, target) : (Place){ false, NULL };

    if (place.name == NULL || dns_message_find(reply, DNS_ADDITIONAL, target, type) != NULL ||
        dns_message_find(reply, DNS_ANSWER, target, type) != NULL)
        return;
    DnsSet *set = take_set(zone, place.name, target, type);
    if (set != NULL)
        dns_message_add(reply, DNS_ADDITIONAL, set);
}

/* Step 6: the addresses of the hosts that NS, MX and SRV records name, glue among them. */
static void add_addresses(const GPtrArray *zones, DnsMessage *reply)
{
    for (int i = DNS_ANSWER; i <= DNS_AUTHORITY; i++)
        for (guint k = 0; k < reply->sections[i]->len; k++) {
            const DnsSet *set = g_ptr_array_index(reply->sections[i], k);
            size_t skip = set->type == DNS_MX ? 2 : set->type == DNS_SRV ? 6 : 0;
            Span data;
            DnsName target;
            if (set->type != DNS_NS && skip == 0)
                continue;
            for (size_t at = 0; dns_set_next(set, &at, &data);)
                if (dns_data_name(data, skip, &target) > 0) {
                    add_address(zones, &target, DNS_A, reply);
                    add_address(zones, &target, DNS_AAAA, reply);
                }
        }
}

bool dns_zones_answer(const GPtrArray *zones, DnsMessage *reply)
{
    DnsName name = reply->q.name;
    const DnsZone *zone = nearest_zone(zones, &name);

    if (zone == NULL)
        return false;
    for (int i = 0; i < DNS_CHAIN_MAX && zone != NULL; i++) {
        if (!answer_name(zone, &name, reply))
            break;
        zone = nearest_zone(zones, &name); /* step 3a: back to step 1 */
    }
    add_addresses(zones, reply);
    return true;
}
