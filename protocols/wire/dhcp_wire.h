/*
 * dhcp_wire.h - DHCP messages over Ethernet, RFC 2131 §2, and their options, RFC 2132.
 *
 *    0    1      2      3      4     8      10      12       16       20       24       28
 *    | op | type | len  | hops | xid | secs | flags | ciaddr | yiaddr | siaddr | giaddr | chaddr
 *    44      108    236           240
 *    | sname | file | 99.130.83.99 | options ... 255
 *
 * A message that was read keeps pointing to its bytes; its options are looked up there, those of
 * `file` and `sname` too (option 52), and what came in several pieces is put together (RFC 3396).
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/wire/addr.h"
#include "sim/engine/bytes.h"

enum {
    DHCP_SERVER_PORT = 67,
    DHCP_CLIENT_PORT = 68,
    DHCP_FIXED_LEN = 236,
    DHCP_OPTIONS_AT = 240, /* behind the cookie */
    DHCP_MIN_LEN = 300,    /* what BOOTP relays and servers expect: RFC 1542 §2.1 */
    DHCP_DEFAULT_MAX = 548, /* what everybody takes: 576 octets with IP and UDP, RFC 2131 §2 */
    DHCP_MAX_LEN = 1472,   /* what an Ethernet frame takes */
};

typedef enum DhcpType { /* option 53 */
    DHCP_DISCOVER = 1,
    DHCP_OFFER,
    DHCP_REQUEST,
    DHCP_DECLINE,
    DHCP_ACK,
    DHCP_NAK,
    DHCP_RELEASE,
    DHCP_INFORM
} DhcpType;

enum { /* options */
    DHCP_OPT_PAD = 0,
    DHCP_OPT_MASK = 1,
    DHCP_OPT_ROUTER = 3,
    DHCP_OPT_DNS = 6,
    DHCP_OPT_HOST_NAME = 12,
    DHCP_OPT_DOMAIN = 15,
    DHCP_OPT_BROADCAST = 28,
    DHCP_OPT_REQUESTED = 50,
    DHCP_OPT_LEASE = 51,
    DHCP_OPT_OVERLOAD = 52,
    DHCP_OPT_TYPE = 53,
    DHCP_OPT_SERVER = 54,
    DHCP_OPT_PARAMETERS = 55,
    DHCP_OPT_MESSAGE = 56,
    DHCP_OPT_MAX_SIZE = 57,
    DHCP_OPT_T1 = 58,
    DHCP_OPT_T2 = 59,
    DHCP_OPT_CLIENT_ID = 61,
    DHCP_OPT_END = 255
};

#define DHCP_INFINITE UINT32_MAX /* of a lease: RFC 2131 §3.3 */

typedef struct DhcpMessage {
    bool     reply;     /* from a server: BOOTREPLY */
    uint8_t  hops;
    uint32_t xid;
    uint16_t secs;
    bool     broadcast; /* the flag: answer by broadcast */
    IpAddr   ciaddr, yiaddr, siaddr, giaddr; /* IP4_ANY: none */
    MacAddr  chaddr;
    DhcpType type;
    Span     bytes;     /* that it was read from, borrowed */
    unsigned overload;  /* option 52: 1 `file`, 2 `sname`, 3 both */
} DhcpMessage;

typedef enum DhcpReading {
    DHCP_READ,
    DHCP_SHORT,       /* than the fixed part and the cookie */
    DHCP_BAD_HEADER,  /* neither request nor reply, or not Ethernet's */
    DHCP_NO_COOKIE,   /* plain BOOTP, or something else */
    DHCP_BAD_OPTIONS, /* one goes beyond its field, has an impossible length, or none is the end */
    DHCP_NO_TYPE
} DhcpReading;

DhcpReading dhcp_read(DhcpMessage *m, Span bytes);
const char *dhcp_reading_text(DhcpReading reading); /* "an option is malformed" */
const char *dhcp_type_text(DhcpType type);          /* "DHCPDISCOVER"; "?" if it is none */

/* Where one is in a message's options: all zero at first. In the order in which they count, RFC
 * 2131 §4.1; pads and ends are left out. Returns false behind the last. */
typedef struct DhcpPlace {
    unsigned field;
    size_t   at;
} DhcpPlace;
bool dhcp_next_option(const DhcpMessage *m, DhcpPlace *place, uint8_t *code, Span *value);

/* The length of an option's value, all its pieces together, of which the first `cap` octets are
 * copied to out; 0: there is none. */
size_t dhcp_option(const DhcpMessage *m, uint8_t code, uint8_t *out, size_t cap);
bool   dhcp_option_addr(const DhcpMessage *m, uint8_t code, IpAddr *out); /* the first; or false */
size_t dhcp_option_addrs(const DhcpMessage *m, uint8_t code, IpAddr *out, size_t max);
bool   dhcp_option_u32(const DhcpMessage *m, uint8_t code, uint32_t *out);
bool   dhcp_option_u16(const DhcpMessage *m, uint8_t code, uint16_t *out);

/* Writing: the fixed part and the type, options one by one, the end. Options that find no room in
 * theirs go into `file` and `sname`. */
typedef struct DhcpWriter {
    uint8_t *out;
    unsigned field;
    size_t   at[3], end[3]; /* of options, file, sname: where one writes, where they are full */
} DhcpWriter;

/* out takes MAX(limit, DHCP_MIN_LEN) octets: the message is not longer. Of m the bytes and the
 * overload are not looked at. */
void   dhcp_write(DhcpWriter *w, const DhcpMessage *m, uint8_t *out, size_t limit);
bool   dhcp_write_option(DhcpWriter *w, uint8_t code, Span value); /* false: there is no room */
bool   dhcp_write_addrs(DhcpWriter *w, uint8_t code, const IpAddr *addrs, size_t n);
bool   dhcp_write_u32(DhcpWriter *w, uint8_t code, uint32_t value);
bool   dhcp_write_u16(DhcpWriter *w, uint8_t code, uint16_t value);
size_t dhcp_write_end(DhcpWriter *w); /* the message's length, DHCP_MIN_LEN at least */
