/*
 * dns_wire.h - DNS messages, RFC 1035 §4, with EDNS(0), RFC 6891.
 *
 *    0     2      4       6       8       10      12
 *    | id  | bits | questions | answers | authority | additional | questions, then records ...
 *
 * A name is kept as it stands uncompressed on the wire, in the case in which it came; it compares
 * without regard to case (RFC 4343). Reading goes forward through a message, writing likewise;
 * neither allocates.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/bytes.h"

#include <stdbool.h>

enum {
    DNS_PORT = 53,
    DNS_HDR_LEN = 12,
    DNS_LABEL_MAX = 63,
    DNS_NAME_MAX = 255,
    DNS_NAME_TEXT = 1024,  /* its text with every octet escaped, and the final 0 */
    DNS_TYPE_TEXT = 12,    /* "TYPE65280" */
    DNS_UDP_MAX = 512,     /* of a message over UDP without EDNS: RFC 1035 §4.2.1 */
    DNS_MESSAGE_MAX = 65535,
    DNS_DATA_EXPANDED = 2 * DNS_NAME_MAX + 20, /* the longest of a known type with names: SOA */
};

typedef enum DnsType {
    DNS_A = 1, DNS_NS = 2, DNS_CNAME = 5, DNS_SOA = 6, DNS_PTR = 12, DNS_MX = 15, DNS_TXT = 16,
    DNS_AAAA = 28, DNS_SRV = 33, DNS_OPT = 41, DNS_IXFR = 251, DNS_AXFR = 252, DNS_ANY = 255
} DnsType;

typedef enum DnsClass { DNS_IN = 1, DNS_CLASS_ANY = 255 } DnsClass;

typedef enum DnsRcode { /* RFC 1035 §4.1.1; from 16 on RFC 6891's upper bits */
    DNS_NOERROR, DNS_FORMERR, DNS_SERVFAIL, DNS_NXDOMAIN, DNS_NOTIMP, DNS_REFUSED, DNS_BADVERS = 16
} DnsRcode;

/* --- names ------------------------------------------------------------------------------------ */

typedef struct DnsName {
    uint8_t len;              /* with the root's zero octet: 1 is the root */
    uint8_t b[DNS_NAME_MAX];
} DnsName;

/* Text to name; always taken as absolute. "\." and "\032" escape, a final dot may be left out.
 * False if it is none: an empty or too long label, too long a name. */
bool  dns_name_parse(const char *text, DnsName *out);
/* Returns out: with the final dot, RFC 1035 §5.1's escapes where they are needed. */
char *dns_name_text(const DnsName *name, char out[static DNS_NAME_TEXT]);
bool  dns_name_equal(const DnsName *a, const DnsName *b);
bool  dns_name_is_below(const DnsName *name, const DnsName *zone); /* itself counts */
bool  dns_name_parent(const DnsName *name, DnsName *out);           /* false of the root */
unsigned dns_name_labels(const DnsName *name);                      /* the root has none */
bool  dns_name_join(const DnsName *front, const DnsName *back, DnsName *out); /* false: too long */
DnsName dns_name_root(void);

/* A key for tables: lower case, labels from the root down, so that memcmp puts names in canonical
 * order (RFC 4034 §6.1) and what lies below a name begins with that name's key. */
typedef struct DnsKey {
    uint16_t len;
    uint8_t  b[2 * DNS_NAME_MAX];
} DnsKey;
void dns_name_key(const DnsName *name, DnsKey *out);

/* --- types ------------------------------------------------------------------------------------ */

char *dns_type_text(uint16_t type, char out[static DNS_TYPE_TEXT]); /* "A", "TYPE65280"; out */
bool  dns_type_parse(const char *text, uint16_t *type);             /* either, in any case */
const char *dns_rcode_text(unsigned rcode);                         /* "NXDOMAIN"; NULL: none */

/* --- messages --------------------------------------------------------------------------------- */

typedef struct DnsHeader {
    uint16_t id;
    uint8_t  opcode, rcode;   /* rcode: the lower four bits */
    bool     qr, aa, tc, rd, ra, ad, cd;
    uint8_t  z;               /* the reserved bit, 0 when sent */
    uint16_t questions, answers, authority, additional;
} DnsHeader;

typedef struct DnsQuestion {
    DnsName  name;
    uint16_t type, klass;
} DnsQuestion;

typedef struct DnsRecord {
    DnsName  name;
    uint16_t type, klass;
    uint32_t ttl;             /* as on the wire */
    Span     data;            /* names in it uncompressed; of a type that is not known: opaque */
} DnsRecord;

typedef struct DnsEdns { /* what an OPT record says, RFC 6891 §6.1 */
    bool     present, dnssec_ok;
    uint16_t size;            /* as sent, below 512 too */
    uint8_t  rcode_high, version;
} DnsEdns;

typedef struct DnsReader {
    Span    msg;
    size_t  at;               /* the next octet to read */
    uint8_t data[DNS_DATA_EXPANDED];
} DnsReader;

/* false: shorter than a header. */
bool dns_read_header(DnsReader *r, Span msg, DnsHeader *out);
/* false: not a well-formed message from here on; the reader is not to be used any more. A record's
 * data lies in the message or in the reader, and holds until the next call. */
bool dns_read_question(DnsReader *r, DnsQuestion *out);
bool dns_read_record(DnsReader *r, DnsRecord *out);
DnsEdns dns_edns_of(const DnsRecord *opt);

enum { DNS_OFFSETS = 128 };

typedef struct DnsWriter {
    uint8_t *out;
    size_t   n, cap;
    uint16_t offsets[DNS_OFFSETS]; /* where a name, or the rest of one, was written */
    size_t   n_offsets;
} DnsWriter;

/* The header's place is kept; dns_write_header fills it in at the end. cap >= DNS_HDR_LEN. */
void dns_writer_init(DnsWriter *w, uint8_t *out, size_t cap);
void dns_write_header(DnsWriter *w, const DnsHeader *h);
/* Names are compressed (RFC 1035 §4.1.4), in data only where RFC 1035 has the type (RFC 3597 §4).
 * false: it does not fit any more, and nothing has been written. The data is well-formed. */
bool dns_write_question(DnsWriter *w, const DnsQuestion *q);
bool dns_write_record(DnsWriter *w, const DnsRecord *rr);
bool dns_write_opt(DnsWriter *w, const DnsEdns *edns);

/* Is this well-formed data for the type, names uncompressed? */
bool dns_data_valid(uint16_t type, Span data);
/* The name that begins at `at` in uncompressed data; its length, 0 if there is none. */
size_t dns_data_name(Span data, size_t at, DnsName *out);
