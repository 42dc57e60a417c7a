/*
 * dhcp_wire.c - DHCP messages read and written, RFC 2131 §2 and §4.1, RFC 2132, RFC 3396.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/wire/dhcp_wire.h"

#include <string.h>

enum { BOOT_REQUEST = 1, BOOT_REPLY = 2, HTYPE_ETHERNET = 1 };
enum { CHADDR_AT = 28, SNAME_AT = 44, FILE_AT = 108 };
enum { FLAG_BROADCAST = 0x8000 };
enum { OVERLOAD_FILE = 1, OVERLOAD_SNAME = 2 };
enum { OPTION_HDR = 2, VALUE_MAX = 255, WHOLE_ADDRS = 252, OVERLOAD_LEN = 3, END_LEN = 1 };
enum { FIELD_OPTIONS, FIELD_FILE, FIELD_SNAME, FIELDS };

static const uint8_t cookie[4] = { 99, 130, 83, 99 };

/* --- the fields that hold options ------------------------------------------------------------- */

/* In the order of RFC 2131 §4.1. One that is not in use is empty. */
static Span field_of(const DhcpMessage *m, unsigned field)
{
    switch (field) {
    case FIELD_OPTIONS: return (Span){ m->bytes.p + DHCP_OPTIONS_AT, m->bytes.n - DHCP_OPTIONS_AT };
    case FIELD_FILE:
        return (Span){ m->bytes.p + FILE_AT,
                       m->overload & OVERLOAD_FILE ? DHCP_FIXED_LEN - FILE_AT : 0 };
    default:
        return (Span){ m->bytes.p + SNAME_AT,
                       m->overload & OVERLOAD_SNAME ? FILE_AT - SNAME_AT : 0 };
    }
}

typedef enum Step { STEP_OPTION, STEP_END, STEP_BAD } Step;

/* The next option of a field, from *at on. */
static Step next_in(Span field, size_t *at, uint8_t *code, Span *value)
{
    while (*at < field.n && field.p[*at] == DHCP_OPT_PAD)
        ++*at;
    if (*at >= field.n)
        return STEP_BAD; /* "MUST be terminated by an end option" */
    *code = field.p[*at];
    if (*code == DHCP_OPT_END)
        return STEP_END;
    if (field.n - *at < OPTION_HDR)
        return STEP_BAD;
    *value = (Span){ field.p + *at + OPTION_HDR, field.p[*at + 1] };
    if (field.n - *at - OPTION_HDR < value->n)
        return STEP_BAD;
    *at += OPTION_HDR + value->n;
    return STEP_OPTION;
}

bool dhcp_next_option(const DhcpMessage *m, DhcpPlace *place, uint8_t *code, Span *value)
{
    for (; place->field < FIELDS; place->field++, place->at = 0)
        if (next_in(field_of(m, place->field), &place->at, code, value) == STEP_OPTION)
            return true;
    return false;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* What is known of lengths: a multiple of `unit`, between least and most. RFC 2132. */
static const struct {
    uint8_t code, unit, least;
    size_t  most;
} lengths[] = {
    { DHCP_OPT_MASK, 4, 4, 4 },       { DHCP_OPT_ROUTER, 4, 4, SIZE_MAX },
    { DHCP_OPT_DNS, 4, 4, SIZE_MAX }, { DHCP_OPT_HOST_NAME, 1, 1, SIZE_MAX },
    { DHCP_OPT_DOMAIN, 1, 1, SIZE_MAX }, { DHCP_OPT_BROADCAST, 4, 4, 4 },
    { DHCP_OPT_REQUESTED, 4, 4, 4 },  { DHCP_OPT_LEASE, 4, 4, 4 },
    { DHCP_OPT_OVERLOAD, 1, 1, 1 },   { DHCP_OPT_TYPE, 1, 1, 1 },
    { DHCP_OPT_SERVER, 4, 4, 4 },     { DHCP_OPT_PARAMETERS, 1, 1, SIZE_MAX },
    { DHCP_OPT_MESSAGE, 1, 1, SIZE_MAX }, { DHCP_OPT_MAX_SIZE, 2, 2, 2 },
    { DHCP_OPT_T1, 4, 4, 4 },         { DHCP_OPT_T2, 4, 4, 4 },
    { DHCP_OPT_CLIENT_ID, 1, 2, SIZE_MAX },
};
enum { LENGTHS = sizeof lengths / sizeof lengths[0] };

static bool lengths_possible(const size_t len[256], const bool seen[256])
{
    for (size_t i = 0; i < LENGTHS; i++) {
        size_t n = len[lengths[i].code];
        if (seen[lengths[i].code] &&
            (n < lengths[i].least || n > lengths[i].most || n % lengths[i].unit != 0))
            return false;
    }
    return true;
}

/* The value of option 52, which counts in the options field alone; false: an impossible one. */
static bool read_overload(DhcpMessage *m)
{
    size_t at = 0;
    uint8_t code;
    Span value;

    m->overload = 0;
    while (next_in(field_of(m, FIELD_OPTIONS), &at, &code, &value) == STEP_OPTION)
        if (code == DHCP_OPT_OVERLOAD && value.n == 1) {
            m->overload = value.p[0];
            return m->overload >= 1 && m->overload <= 3;
        }
    return true;
}

/* Every option lies in its field, and each field that is in use has its end. */
static DhcpReading read_options(DhcpMessage *m)
{
    size_t len[256] = { 0 };
    bool seen[256] = { false };
    uint8_t code, type;
    Span value;

    if (!read_overload(m))
        return DHCP_BAD_OPTIONS;
    for (unsigned i = 0; i < FIELDS; i++) {
        Span field = field_of(m, i);
        Step step = STEP_END;
        for (size_t at = 0; field.n > 0;) {
            step = next_in(field, &at, &code, &value);
            if (step != STEP_OPTION)
                break;
            seen[code] = true;
            len[code] += value.n;
        }
        if (step == STEP_BAD || (i == FIELD_OPTIONS && field.n == 0))
            return DHCP_BAD_OPTIONS;
    }
    if (!lengths_possible(len, seen))
        return DHCP_BAD_OPTIONS;
    if (dhcp_option(m, DHCP_OPT_TYPE, &type, 1) == 0 || type < DHCP_DISCOVER || type > DHCP_INFORM)
        return DHCP_NO_TYPE;
    m->type = (DhcpType)type;
    return DHCP_READ;
}

DhcpReading dhcp_read(DhcpMessage *m, Span bytes)
{
    const uint8_t *p = bytes.p;

    if (bytes.n < DHCP_OPTIONS_AT)
        return DHCP_SHORT;
    if ((p[0] != BOOT_REQUEST && p[0] != BOOT_REPLY) || p[1] != HTYPE_ETHERNET ||
        p[2] != sizeof m->chaddr.b)
        return DHCP_BAD_HEADER;
    if (memcmp(p + DHCP_FIXED_LEN, cookie, sizeof cookie) != 0)
        return DHCP_NO_COOKIE;
    *m = (DhcpMessage){
        .reply = p[0] == BOOT_REPLY,
        .hops = p[3],
        .xid = get32(p + 4),
        .secs = get16(p + 8),
        .broadcast = (get16(p + 10) & FLAG_BROADCAST) != 0,
        .ciaddr = ip_v4(get32(p + 12)),
        .yiaddr = ip_v4(get32(p + 16)),
        .siaddr = ip_v4(get32(p + 20)),
        .giaddr = ip_v4(get32(p + 24)),
        .bytes = bytes,
    };
    memcpy(m->chaddr.b, p + CHADDR_AT, sizeof m->chaddr.b);
    return read_options(m);
}

const char *dhcp_reading_text(DhcpReading reading)
{
    switch (reading) {
    case DHCP_READ: return "read";
    case DHCP_SHORT: return "too short";
    case DHCP_BAD_HEADER: return "the header is malformed";
    case DHCP_NO_COOKIE: return "no DHCP message";
    case DHCP_BAD_OPTIONS: return "an option is malformed";
    case DHCP_NO_TYPE: return "of no known type";
    }
    return "?";
}

const char *dhcp_type_text(DhcpType type)
{
    static const char *const names[] = { "?", "DHCPDISCOVER", "DHCPOFFER", "DHCPREQUEST",
                                         "DHCPDECLINE", "DHCPACK", "DHCPNAK", "DHCPRELEASE",
                                         "DHCPINFORM" };

    return names[type <= DHCP_INFORM ? type : 0];
}

/* --- single options --------------------------------------------------------------------------- */

size_t dhcp_option(const DhcpMessage *m, uint8_t code, uint8_t *out, size_t cap)
{
    DhcpPlace place = { 0 };
    size_t n = 0;
    uint8_t found;
    Span value;

    while (dhcp_next_option(m, &place, &found, &value)) {
        if (found != code)
            continue;
        if (n < cap && value.n > 0)
            memcpy(out + n, value.p, value.n < cap - n ? value.n : cap - n);
        n += value.n;
    }
    return n;
}

bool dhcp_option_u32(const DhcpMessage *m, uint8_t code, uint32_t *out)
{
    uint8_t b[4];

    if (dhcp_option(m, code, b, sizeof b) < sizeof b)
        return false;
    *out = get32(b);
    return true;
}

bool dhcp_option_u16(const DhcpMessage *m, uint8_t code, uint16_t *out)
{
    uint8_t b[2];

    if (dhcp_option(m, code, b, sizeof b) < sizeof b)
        return false;
    *out = get16(b);
    return true;
}

bool dhcp_option_addr(const DhcpMessage *m, uint8_t code, IpAddr *out)
{
    return dhcp_option_addrs(m, code, out, 1) > 0;
}

size_t dhcp_option_addrs(const DhcpMessage *m, uint8_t code, IpAddr *out, size_t max)
{
    uint8_t b[DHCP_MAX_LEN];
    size_t n = dhcp_option(m, code, b, sizeof b);

    n = (n < sizeof b ? n : sizeof b) / 4;
    if (n > max)
        n = max;
    for (size_t i = 0; i < n; i++)
        out[i] = ip_v4(get32(b + 4 * i));
    return n;
}

/* --- writing ---------------------------------------------------------------------------------- */

static uint32_t field_addr(IpAddr addr)
{
    return ip_is_none(addr) ? 0 : ip_to_v4(addr);
}

void dhcp_write(DhcpWriter *w, const DhcpMessage *m, uint8_t *out, size_t limit)
{
    const uint8_t type = (uint8_t)m->type;

    if (limit < DHCP_MIN_LEN)
        limit = DHCP_MIN_LEN;
    memset(out, 0, limit);
    out[0] = m->reply ? BOOT_REPLY : BOOT_REQUEST;
    out[1] = HTYPE_ETHERNET;
    out[2] = sizeof m->chaddr.b;
    out[3] = m->hops;
    put32(out + 4, m->xid);
    put16(out + 8, m->secs);
    put16(out + 10, m->broadcast ? FLAG_BROADCAST : 0);
    put32(out + 12, field_addr(m->ciaddr));
    put32(out + 16, field_addr(m->yiaddr));
    put32(out + 20, field_addr(m->siaddr));
    put32(out + 24, field_addr(m->giaddr));
    memcpy(out + CHADDR_AT, m->chaddr.b, sizeof m->chaddr.b);
    memcpy(out + DHCP_FIXED_LEN, cookie, sizeof cookie);
    *w = (DhcpWriter){
        .out = out,
        .at = { DHCP_OPTIONS_AT, FILE_AT, SNAME_AT },
        .end = { limit - OVERLOAD_LEN - END_LEN, DHCP_FIXED_LEN - END_LEN, FILE_AT - END_LEN },
    };
    dhcp_write_option(w, DHCP_OPT_TYPE, (Span){ &type, 1 });
}

static size_t room(const DhcpWriter *w, unsigned field)
{
    return w->end[field] - w->at[field];
}

static void put_piece(DhcpWriter *w, uint8_t code, Span piece)
{
    uint8_t *p = w->out + w->at[w->field];

    p[0] = code;
    p[1] = (uint8_t)piece.n;
    if (piece.n > 0)
        memcpy(p + OPTION_HDR, piece.p, piece.n);
    w->at[w->field] += OPTION_HDR + piece.n;
}

/* How much of a value goes into this field: all that one option takes, or, where the next field has
 * no room for it in one piece, what fits, in whole addresses; 0: nothing, it is for the next. */
static size_t piece_here(const DhcpWriter *w, size_t wanted)
{
    size_t here = room(w, w->field);

    if (here >= OPTION_HDR + wanted)
        return wanted;
    if (w->field + 1 < FIELDS && room(w, w->field + 1) >= OPTION_HDR + wanted)
        return 0;
    return here > OPTION_HDR ? (here - OPTION_HDR) / 4 * 4 : 0;
}

bool dhcp_write_option(DhcpWriter *w, uint8_t code, Span value)
{
    const DhcpWriter before = *w;
    Span left = value;

    if (value.n == 0 && room(w, w->field) >= OPTION_HDR) {
        put_piece(w, code, left);
        return true;
    }
    while (left.n > 0) {
        size_t n = piece_here(w, left.n <= VALUE_MAX ? left.n : WHOLE_ADDRS);
        if (n > 0) {
            put_piece(w, code, (Span){ left.p, n });
            left = (Span){ left.p + n, left.n - n };
        } else if (++w->field == FIELDS) {
            /* What has been written of it is forgotten. */
            for (unsigned i = 0; i < FIELDS; i++)
                memset(w->out + before.at[i], 0, w->at[i] - before.at[i]);
            *w = before;
            return false;
        }
    }
    return value.n > 0;
}

bool dhcp_write_addrs(DhcpWriter *w, uint8_t code, const IpAddr *addrs, size_t n)
{
    uint8_t b[DHCP_MAX_LEN];

    if (n == 0 || n > sizeof b / 4)
        return false;
    for (size_t i = 0; i < n; i++)
        put32(b + 4 * i, ip_to_v4(addrs[i]));
    return dhcp_write_option(w, code, (Span){ b, 4 * n });
}

bool dhcp_write_u32(DhcpWriter *w, uint8_t code, uint32_t value)
{
    uint8_t b[4];

    put32(b, value);
    return dhcp_write_option(w, code, (Span){ b, sizeof b });
}

bool dhcp_write_u16(DhcpWriter *w, uint8_t code, uint16_t value)
{
    uint8_t b[2];

    put16(b, value);
    return dhcp_write_option(w, code, (Span){ b, sizeof b });
}

size_t dhcp_write_end(DhcpWriter *w)
{
    unsigned overload = 0;

    if (w->at[FIELD_FILE] > FILE_AT) {
        overload |= OVERLOAD_FILE;
        w->out[w->at[FIELD_FILE]] = DHCP_OPT_END;
    }
    if (w->at[FIELD_SNAME] > SNAME_AT) {
        overload |= OVERLOAD_SNAME;
        w->out[w->at[FIELD_SNAME]] = DHCP_OPT_END;
    }
    if (overload != 0) {
        const uint8_t value = (uint8_t)overload;
        w->field = FIELD_OPTIONS;
        put_piece(w, DHCP_OPT_OVERLOAD, (Span){ &value, 1 });
    }
    size_t n = w->at[FIELD_OPTIONS];
    w->out[n++] = DHCP_OPT_END;
    return n < DHCP_MIN_LEN ? DHCP_MIN_LEN : n;
}
