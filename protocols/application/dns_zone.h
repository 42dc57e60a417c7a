/*
 * dns_zone.h - what an authoritative server knows: the records of a zone, and how they answer a
 * question. RFC 1034 §4.3.2, RFC 2308, RFC 4592.
 *
 * Records lie sorted by their owners' keys, so that every look-up is a binary search, and a name
 * that only has names below it (an empty non-terminal) is found likewise.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/application/dns_message.h"

typedef struct DnsZone DnsZone;

#define DNS_ZONE_ERROR dns_zone_error_quark()
GQuark dns_zone_error_quark(void);

DnsZone *dns_zone_new(const DnsName *origin);
void     dns_zone_free(void *zone);
const DnsName *dns_zone_origin(const DnsZone *zone);
size_t   dns_zone_records(const DnsZone *zone);

/* Before dns_zone_finish. The data is well-formed; line 0: not from a text. */
void dns_zone_add(DnsZone *zone, const DnsName *owner, uint16_t type, uint32_t ttl, Span data,
                  unsigned line);
/* Sorts and looks over what was added: "FILE:LINE: ...", where a name has a CNAME and other data
 * (RFC 2181 §10.1), an owner is not of this zone, or a SOA is missing. With `complete` a missing
 * SOA is made instead: MNAME ns, RNAME hostmaster, negative TTL 300. */
bool dns_zone_finish(DnsZone *zone, const char *file, bool complete, GError **error);

/* RFC 1035 §5 text with RFC 2308's $TTL, into the zone; the same errors, and those of the text. */
bool dns_zone_read(DnsZone *zone, const char *text, size_t len, const char *file, bool complete,
                   GError **error);

/* One record as a line of such a text has it, names without a final dot too; NULL and *error. */
DnsSet *dns_record_parse(const char *text, GError **error);

/* Fills in what the zones know about reply->q: AA, RCODE and sections, RFC 1034 §4.3.2 steps 2, 3,
 * 4 and 6. `zones` of DnsZone. False, with the reply as it was, if none of them has the name. */
bool dns_zones_answer(const GPtrArray *zones, DnsMessage *reply);

enum { DNS_CHAIN_MAX = 16 }; /* CNAMEs followed for one question */
