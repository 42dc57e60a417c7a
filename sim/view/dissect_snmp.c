/*
 * dissect_snmp.c - SNMP as tcpdump -n prints it: versions 1 (RFC 1157) and 2c (RFC 3416). Version
 * 3's security header and version 1's traps are not decoded.
 *
 * What BER (X.690) does not allow, or does not fit, is said in brackets where it is met, and ends
 * the line.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/dissect_priv.h"

#include <inttypes.h>

enum { CONSTRUCTED = 0x20, TAG_ID = 0x1f, LONG_LENGTH = 0x80, MORE = 0x80, FIRST_ARC = 40 };
enum { UNIVERSAL, APPLICATION, CONTEXT, PRIVATE };
enum { VERSION_1, VERSION_2C, VERSION_3 = 3 };
enum { PDU_GET, PDU_GET_NEXT, PDU_RESPONSE, PDU_SET, PDU_TRAP, PDU_GET_BULK };

typedef enum Kind {
    KIND_OTHER, /* of a type that has no place in SNMP */
    KIND_NULL,
    KIND_OID,
    KIND_INT,
    KIND_UNSIGNED,
    KIND_STRING,
    KIND_SEQUENCE,
    KIND_ADDRESS,
    KIND_EXCEPTION,
    KIND_PDU,
    KIND_NOTHING
} Kind;

typedef struct Element {
    Kind     kind;
    unsigned id;
    Span     value;
    uint64_t number;
} Element;

static const char *const universal[] = {
    "U-0", "Boolean", "Integer", "Bitstring", "String", "Null", "ObjID", "ObjectDes", "U-8",
    "U-9", "U-10",    "U-11",    "U-12",      "U-13",   "U-14", "U-15",  "Sequence",  "Set",
};
static const char *const application[] = {
    "IpAddress", "Counter", "Gauge", "TimeTicks", "Opaque", "C-5", "Counter64",
};
static const char *const pdus[] = {
    "GetRequest", "GetNextRequest", "GetResponse", "SetRequest", "Trap",
    "GetBulk",    "Inform",         "V2Trap",      "Report",
};
static const char *const private_types[] = { "P-0" };
static const char *const exceptions[] = { "noSuchObject", "noSuchInstance", "endOfMibView" };
static const char *const errors[] = {
    "noError",       "tooBig",       "noSuchName",          "badValue",
    "readOnly",      "genErr",       "noAccess",            "wrongType",
    "wrongLength",   "wrongEncoding", "wrongValue",         "noCreation",
    "inconsistentValue", "resourceUnavailable", "commitFailed", "undoFailed",
    "authorizationError", "notWritable", "inconsistentName",
};
static const struct {
    const char *const *names;
    unsigned           n;
} classes[] = {
    [UNIVERSAL] = { universal, G_N_ELEMENTS(universal) },
    [APPLICATION] = { application, G_N_ELEMENTS(application) },
    [CONTEXT] = { pdus, G_N_ELEMENTS(pdus) },
    [PRIVATE] = { private_types, G_N_ELEMENTS(private_types) },
};

static uint64_t number(Span v, uint64_t start)
{
    for (size_t i = 0; i < v.n; i++)
        start = start << 8 | v.p[i];
    return start;
}

static Kind universal_kind(Line *l, Element *e)
{
    switch (e->id) {
    case 2:
        if (e->value.n == 0)
            return KIND_NOTHING;
        e->number = number(e->value, e->value.p[0] & 0x80 ? UINT64_MAX : 0);
        return KIND_INT;
    case 4:
        return KIND_STRING;
    case 5:
        return KIND_NULL;
    case 6:
        return KIND_OID;
    default:
        g_string_append_printf(l->out, "[P/U/%s]", universal[e->id]);
        return KIND_OTHER;
    }
}

static Kind application_kind(Line *l, Element *e)
{
    switch (e->id) {
    case 0:
        return KIND_ADDRESS;
    case 1:
    case 2:
    case 3:
        e->number = (uint32_t)number(e->value, 0);
        return KIND_UNSIGNED;
    case 6:
        e->number = number(e->value, 0);
        return KIND_UNSIGNED;
    default:
        g_string_append_printf(l->out, "[P/A/%s]", application[e->id]);
        return KIND_OTHER;
    }
}

static Kind primitive_kind(Line *l, unsigned class, Element *e)
{
    switch (class) {
    case UNIVERSAL:
        return universal_kind(l, e);
    case APPLICATION:
        return application_kind(l, e);
    case CONTEXT:
        return e->id < G_N_ELEMENTS(exceptions) ? KIND_EXCEPTION : KIND_NOTHING;
    default:
        g_string_append_printf(l->out, "[P/x/%s]", private_types[e->id]);
        return KIND_OTHER;
    }
}

static Kind constructed_kind(Line *l, unsigned class, const Element *e)
{
    if (class == CONTEXT)
        return KIND_PDU;
    if (class == UNIVERSAL && e->id == 16)
        return KIND_SEQUENCE;
    g_string_append_printf(l->out, "C/%s/%s", class == UNIVERSAL ? "U" : "x",
                           classes[class].names[e->id]);
    return KIND_OTHER;
}

/* The length octets at the start of *s, which are taken. False, and said, if they do not fit. */
static bool take_length(Line *l, Span *s, uint32_t *length)
{
    if (s->n < 1) {
        g_string_append(l->out, "[no asnlen]");
        return false;
    }
    *length = s->p[0];
    *s = span_from(*s, 1);
    if (*length & LONG_LENGTH) {
        size_t octets = *length & ~(uint32_t)LONG_LENGTH;
        if (s->n < octets) {
            g_string_append_printf(l->out, "[asnlen? %zu<%zu]", s->n, octets);
            return false;
        }
        *length = (uint32_t)number((Span){ s->p, octets }, 0);
        *s = span_from(*s, octets);
    }
    if (s->n < *length) {
        g_string_append_printf(l->out, "[len%zu<asnlen%u]", s->n, *length);
        return false;
    }
    return true;
}

/* The octets of a tag that has more than one, of which 8 bits count. */
static bool take_long_tag(Line *l, Span *s, Element *e)
{
    bool more = true;

    for (e->id = 0; more; *s = span_from(*s, 1)) {
        if (s->n < 1) {
            l->cut = true;
            return false;
        }
        e->id = (e->id << 7 | (s->p[0] & ~(unsigned)MORE)) & 0xff;
        more = s->p[0] & MORE;
    }
    return true;
}

/* Takes the element at the start of *s. False, and said, if there is none. */
static bool take(Line *l, Span *s, Element *e)
{
    uint32_t length;

    if (s->n < 1) {
        g_string_append(l->out, "[nothing to parse]");
        return false;
    }
    unsigned tag = s->p[0], class = tag >> 6;
    *e = (Element){ .id = tag & TAG_ID };
    *s = span_from(*s, 1);
    if (e->id == TAG_ID && !take_long_tag(l, s, e))
        return false;
    if (!take_length(l, s, &length))
        return false;
    if (e->id >= classes[class].n) {
        g_string_append_printf(l->out, "[id?%c/x/%u]", tag & CONSTRUCTED ? 'C' : 'P', e->id);
        return false;
    }
    e->value = (Span){ s->p, length };
    e->kind = tag & CONSTRUCTED ? constructed_kind(l, class, e) : primitive_kind(l, class, e);
    *s = span_from(*s, length);
    if (e->kind == KIND_NOTHING && class == UNIVERSAL) {
        g_string_append(l->out, "[asnlen=0]");
        return false;
    }
    return true;
}

static void print_oid(Line *l, Span v)
{
    uint32_t arc = 0;
    bool     first = true;

    for (size_t i = 0; i < v.n; i++) {
        arc = arc << 7 | (v.p[i] & ~(uint32_t)MORE);
        if (v.p[i] & MORE)
            continue;
        if (first) {
            uint32_t root = MIN(arc / FIRST_ARC, 2);
            g_string_append_printf(l->out, ".%u", root);
            arc -= root * FIRST_ARC;
            first = false;
        }
        g_string_append_printf(l->out, ".%u", arc);
        arc = 0;
    }
}

static void print_octets(Line *l, Span v, bool leading)
{
    for (size_t i = 0; i < v.n; i++)
        g_string_append_printf(l->out, "%s%.2x", leading || i > 0 ? "_" : "", v.p[i]);
}

static void print_string(Line *l, Span v)
{
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] < 0x20 || v.p[i] > 0x7e) {
            print_octets(l, v, false);
            return;
        }
    g_string_append_printf(l->out, "\"%.*s\"", (int)v.n, (const char *)v.p);
}

static void print_address(Line *l, Span v)
{
    if (v.n != 4)
        g_string_append(l->out, "[inetaddr len!=4]");
    for (size_t i = 0; i < v.n; i++)
        g_string_append_printf(l->out, "%s%u", i > 0 ? "." : "", v.p[i]);
}

static void print(Line *l, const Element *e)
{
    switch (e->kind) {
    case KIND_OTHER:
        print_octets(l, e->value, true);
        break;
    case KIND_NULL:
        break;
    case KIND_OID:
        print_oid(l, e->value);
        break;
    case KIND_INT:
        g_string_append_printf(l->out, "%d", (int32_t)e->number);
        break;
    case KIND_UNSIGNED:
        g_string_append_printf(l->out, "%" PRIu64, e->number);
        break;
    case KIND_STRING:
        print_string(l, e->value);
        break;
    case KIND_SEQUENCE:
        g_string_append_printf(l->out, "Seq(%zu)", e->value.n);
        break;
    case KIND_ADDRESS:
        print_address(l, e->value);
        break;
    case KIND_EXCEPTION:
        g_string_append_printf(l->out, "[%s]", exceptions[e->id]);
        break;
    case KIND_PDU:
        g_string_append_printf(l->out, "%s(%zu)", pdus[e->id], e->value.n);
        break;
    case KIND_NOTHING:
        g_string_append(l->out, "[BE_ANY!?]");
        break;
    }
}

/* Takes an element of that kind; false, and said, if it is another. */
static bool take_a(Line *l, Span *s, Element *e, Kind kind, const char *complaint)
{
    if (!take(l, s, e))
        return false;
    if (e->kind == kind)
        return true;
    g_string_append(l->out, complaint);
    print(l, e);
    return false;
}

static void extra(Line *l, Span rest, const char *behind)
{
    if (rest.n > 0)
        g_string_append_printf(l->out, "[%zu extra after %s]", rest.n, behind);
}

/* One name, and its value if the PDU is not one that asks. */
static bool binding(Line *l, Span s, bool asks)
{
    Element e;

    if (!take_a(l, &s, &e, KIND_OID, "[objName!=OID]"))
        return false;
    print(l, &e);
    if (!asks)
        g_string_append_c(l->out, '=');
    if (!take(l, &s, &e))
        return false;
    if (asks && e.kind != KIND_NULL)
        g_string_append(l->out, "[objVal!=NULL]");
    print(l, &e);
    return true;
}

static void bindings(Line *l, Span s, bool asks)
{
    Element e;

    if (!take_a(l, &s, &e, KIND_SEQUENCE, "[!SEQ of varbind]"))
        return;
    extra(l, s, "SEQ of varbind");
    s = e.value;
    while (s.n > 0) {
        g_string_append_c(l->out, ' ');
        if (!take_a(l, &s, &e, KIND_SEQUENCE, "[!varbind]") || !binding(l, e.value, asks))
            return;
    }
}

static void error_name(Line *l, int32_t status)
{
    if (status >= 0 && (size_t)status < G_N_ELEMENTS(errors))
        g_string_append(l->out, errors[status]);
    else
        g_string_append_printf(l->out, "err=%u", (uint32_t)status);
}

/* error-status, or what GetBulk has in its place. */
static void status_field(Line *l, unsigned pdu, int32_t status)
{
    if (pdu == PDU_GET_BULK) {
        g_string_append_printf(l->out, " N=%d", status);
    } else if (status != 0) {
        g_string_append(l->out, pdu == PDU_RESPONSE ? " " : "[errorStatus(");
        error_name(l, status);
        g_string_append(l->out, pdu == PDU_RESPONSE ? "" : ")!=0]");
    }
}

static void index_field(Line *l, unsigned pdu, int32_t status, int32_t index)
{
    if (pdu == PDU_GET_BULK)
        g_string_append_printf(l->out, " M=%d", index);
    else if (pdu != PDU_RESPONSE && index != 0)
        g_string_append_printf(l->out, "[errorIndex(%d)!=0]", index);
    else if (index != 0 && status == 0)
        g_string_append_printf(l->out, "[errorIndex(%d) w/o errorStatus]", index);
    else if (index != 0)
        g_string_append_printf(l->out, "@%d", index);
    else if (pdu == PDU_RESPONSE && status != 0)
        g_string_append(l->out, "[errorIndex==0]");
}

static void fields(Line *l, unsigned pdu, Span s)
{
    Element id, status, index;

    if (!take_a(l, &s, &id, KIND_INT, "[reqId!=INT]"))
        return;
    if (l->opt->verbose)
        g_string_append_printf(l->out, "R=%d ", (int32_t)id.number);
    if (!take_a(l, &s, &status, KIND_INT, "[errorStatus!=INT]"))
        return;
    status_field(l, pdu, (int32_t)status.number);
    if (!take_a(l, &s, &index, KIND_INT, "[errorIndex!=INT]"))
        return;
    index_field(l, pdu, (int32_t)status.number, (int32_t)index.number);
    bindings(l, s, pdu == PDU_GET || pdu == PDU_GET_NEXT || pdu == PDU_GET_BULK);
}

static void community_and_pdu(Line *l, Span s, int32_t version)
{
    static const char usual[] = "public";
    Element e;

    if (!take_a(l, &s, &e, KIND_STRING, "[comm!=STR]"))
        return;
    if (e.value.n != strlen(usual) || memcmp(e.value.p, usual, e.value.n) != 0) {
        g_string_append(l->out, "C=");
        print(l, &e);
        g_string_append_c(l->out, ' ');
    }
    if (!take(l, &s, &e))
        return;
    if (e.kind != KIND_PDU) {
        g_string_append(l->out, "[no PDU]");
        return;
    }
    extra(l, s, "PDU");
    g_string_append(l->out, l->opt->verbose ? "{ " : "");
    print(l, &e);
    g_string_append_c(l->out, ' ');
    if (version == VERSION_1 && e.id >= PDU_GET_BULK) {
        g_string_append(l->out, "[v2 PDU in v1 message]");
        return;
    }
    if (version == VERSION_2C && e.id == PDU_TRAP) {
        g_string_append(l->out, "[v1 PDU in v2 message]");
        return;
    }
    if (e.id != PDU_TRAP)
        fields(l, e.id, e.value);
    g_string_append(l->out, l->opt->verbose && !l->cut ? " } " : "");
}

bool dissect_snmp(Line *l, Span s, size_t length)
{
    static const char *const versions[] = { "SNMPv1", "SNMPv2c", "SNMPv2u", "SNMPv3" };
    Element e;

    l->proto = "snmp";
    g_string_append_c(l->out, ' ');
    if (s.n < length)
        return false;
    s.n = length;
    if (!take_a(l, &s, &e, KIND_SEQUENCE, "[!init SEQ]"))
        return !l->cut;
    extra(l, s, "iSEQ");
    s = e.value;
    if (!take_a(l, &s, &e, KIND_INT, "[version!=INT]"))
        return !l->cut;
    int32_t version = (int32_t)e.number;
    if (version != VERSION_1 && version != VERSION_2C && version != VERSION_3) {
        g_string_append_printf(l->out, "SNMP [version = %d]", version);
        return true;
    }
    if (l->opt->verbose)
        g_string_append_printf(l->out, "{ %s ", versions[version]);
    if (version != VERSION_3)
        community_and_pdu(l, s, version);
    g_string_append(l->out, l->opt->verbose && !l->cut ? "} " : "");
    return !l->cut;
}
