/*
 * dns_message.h - a DNS message in memory: a question and three sections of RRsets.
 *
 * Records of one owner and type are one set with one TTL (RFC 2181 §5); the class is always IN.
 * Sets and messages are made per question, not per packet of a stream: they allocate.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/wire/addr.h"
#include "protocols/wire/dns_wire.h"

#include <glib.h>

typedef struct DnsSet {
    DnsName     name;
    uint16_t    type;
    uint32_t    ttl;
    unsigned    n;
    GByteArray *records; /* n times: the length in two octets, the data */
} DnsSet;

DnsSet *dns_set_new(const DnsName *name, uint16_t type, uint32_t ttl);
DnsSet *dns_set_copy(const DnsSet *set);
void    dns_set_free(void *set);
/* One that it holds already is not added again; of TTLs the lowest counts (RFC 2181 §5.2). */
void dns_set_add(DnsSet *set, Span data, uint32_t ttl);
bool dns_set_holds(const DnsSet *set, Span data);
/* for (size_t at = 0; dns_set_next(set, &at, &data);) */
bool dns_set_next(const DnsSet *set, size_t *at, Span *data);
/* The name in the first record of a CNAME, NS or PTR set. */
bool   dns_set_target(const DnsSet *set, DnsName *out);
IpAddr dns_data_address(uint16_t type, Span data); /* of an A record; IP_NONE of any other */
uint32_t dns_soa_minimum(Span data);

typedef enum DnsSection { DNS_ANSWER, DNS_AUTHORITY, DNS_ADDITIONAL, DNS_SECTIONS } DnsSection;

typedef struct DnsMessage {
    DnsHeader   h;           /* its counts are made when written */
    unsigned    rcode;       /* with the upper bits of EDNS */
    bool        asks;        /* there is a question */
    DnsQuestion q;
    GPtrArray  *sections[DNS_SECTIONS]; /* of DnsSet, owned */
    DnsEdns     edns;
    size_t      size;        /* in octets, of one that was read */
} DnsMessage;

DnsMessage *dns_message_new(void);
void        dns_message_free(void *m);
DnsMessage *dns_message_copy(const DnsMessage *m);
/* A message without records that answers `query`: its id, question, opcode and RD. */
DnsMessage *dns_message_reply(const DnsMessage *query);
void dns_message_add(DnsMessage *m, DnsSection section, DnsSet *set); /* takes the set */
const DnsSet *dns_message_find(const DnsMessage *m, DnsSection section, const DnsName *name,
                               uint16_t type); /* NULL: none */
/* The first set of this type in a section; NULL: none. */
const DnsSet *dns_message_first(const DnsMessage *m, DnsSection section, uint16_t type);

typedef enum DnsReading { DNS_READ, DNS_MALFORMED, DNS_NO_HEADER } DnsReading;

/* Into a fresh message. Records of another class than IN are passed over. Of a malformed one the
 * header holds, and the question if `asks`. */
DnsReading dns_message_read(DnsMessage *m, Span bytes);
/* Writes at most `cap` octets (DNS_UDP_MAX or more); returns how many. A set of the answer or the
 * authority section that does not fit is left out with all behind it, and TC tells; one of the
 * additional section is left out without a word (RFC 2181 §9). */
size_t dns_message_write(const DnsMessage *m, uint8_t *out, size_t cap);
