/*
 * dissect_bootp.c - BOOTP and DHCP messages as tcpdump prints them, RFC 951, RFC 2131, RFC 2132.
 *
 * As there, options are read in their own field only, whatever option 52 says. The vendor field of
 * CMU is not decoded. A place is an offset, which may lie
 * at the end; every look first asks.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/dissect_priv.h"

#include <string.h>

enum { BOOT_REQUEST = 1, HTYPE_ETHERNET = 1, COOKIE = 0x63825363 };
enum { AT_ADDRESSES = 12, AT_CHADDR = 28, AT_SNAME = 44, AT_FILE = 108, AT_OPTIONS = 236 };
enum {
    OPT_PAD = 0,
    OPT_NODE_TYPE = 46,
    OPT_OVERLOAD = 52,
    OPT_TYPE = 53,
    OPT_PARAMETERS = 55,
    OPT_CLIENT_ID = 61,
    OPT_USER_CLASS = 77,
    OPT_FQDN = 81,
    OPT_AGENT = 82,
    OPT_ROUTES = 121,
    OPT_ROUTES_MS = 249,
    OPT_END = 255
};

/* The first letter says how the value is written: i addresses, p pairs of them, l numbers, L with a
 * sign, s short ones, b octets, a text, B yes or no, $ in its own way. */
static const TokenName tags[] = {
    { 1, "iSubnet-Mask" }, { 2, "LTime-Zone" }, { 3, "iDefault-Gateway" }, { 4, "iTime-Server" },
    { 5, "iIEN-Name-Server" }, { 6, "iDomain-Name-Server" }, { 7, "iLOG" }, { 8, "iCS" },
    { 9, "iLPR-Server" }, { 10, "iIM" }, { 11, "iRL" }, { 12, "aHostname" }, { 13, "sBS" },
    { 14, "aDP" }, { 15, "aDomain-Name" }, { 16, "iSS" }, { 17, "aRP" }, { 18, "aEP" },
    { 19, "BIPF" }, { 20, "BSRT" }, { 21, "pPF" }, { 22, "sRSZ" }, { 23, "bTTL" },
    { 24, "lMTU-Timeout" }, { 25, "sMTU-Table" }, { 26, "sMTU" }, { 27, "BLSN" }, { 28, "iBR" },
    { 29, "BMD" }, { 30, "BMS" }, { 31, "BRouter-Discovery" }, { 32, "iRSA" },
    { 33, "pStatic-Route" }, { 34, "BUT" }, { 35, "lAT" }, { 36, "BIE" }, { 37, "bTT" },
    { 38, "lKI" }, { 39, "BKG" }, { 40, "aYD" }, { 41, "iYS" }, { 42, "iNTP" },
    { 43, "bVendor-Option" }, { 44, "iNetbios-Name-Server" }, { 45, "iWDD" },
    { 46, "$Netbios-Node" }, { 47, "aNetbios-Scope" }, { 48, "iXFS" }, { 49, "iXDM" },
    { 50, "iRequested-IP" }, { 51, "lLease-Time" }, { 52, "$OO" }, { 53, " DHCP-Message" },
    { 54, "iServer-ID" }, { 55, "bParameter-Request" }, { 56, "aMSG" }, { 57, "sMSZ" },
    { 58, "lRN" }, { 59, "lRB" }, { 60, "aVendor-Class" }, { 61, "$Client-ID" }, { 64, "sN+D" },
    { 65, "iN+S" }, { 66, "aTFTP" }, { 67, "aBF" }, { 68, "iMH" }, { 69, "iSMTP" },
    { 70, "iPOP3" }, { 71, "iNNTP" }, { 72, "iWWW" }, { 73, "iFG" }, { 74, "iIRC" },
    { 75, "iSTS" }, { 76, "iSTDA" }, { 77, "$User-Class" }, { 78, "bSLP-DA" },
    { 79, "bSLP-SCOPE" }, { 80, "aSLP-NA" }, { 81, "$FQDN" }, { 82, "$Agent-Information" },
    { 83, "bARMT" }, { 88, "aTZSTR" }, { 89, "bFQDNS" }, { 90, "bAUTH" },
    { 91, "LLast-Transaction-Time" }, { 92, "iAssociated-IP" }, { 93, "sARCH" }, { 94, "bNDI" },
    { 95, "aLDAP" }, { 97, "bGUID" }, { 98, "aUAP" }, { 100, "aPOSIX-TZ" }, { 101, "aTZ-Name" },
    { 112, "iNI" }, { 113, "aNITAG" }, { 114, "aURL" }, { 116, "BNOAUTO" }, { 117, "sNSSEARCH" },
    { 118, "iSUBNET" }, { 121, "$Classless-Static-Route" }, { 150, "iTFTP-Server-Address" },
    { 161, "aMUD-URL" }, { 249, "$Classless-Static-Route-Microsoft" },
    { 0, NULL },
};
static const TokenName types[] = {
    { 1, "Discover" }, { 2, "Offer" },   { 3, "Request" }, { 4, "Decline" }, { 5, "ACK" },
    { 6, "NACK" },     { 7, "Release" }, { 8, "Inform" },
    { 10, "LeaseQuery" }, { 11, "LeaseUnassigned" }, { 12, "LeaseUnknown" }, { 13, "LeaseActive" },
    { 0, NULL },
};
static const TokenName overloads[] = {
    { 1, "file" }, { 2, "sname" }, { 3, "file+sname" }, { 0, NULL },
};
static const TokenName node_types[] = {
    { 1, "b-node" }, { 2, "p-node" }, { 4, "m-node" }, { 8, "h-node" }, { 0, NULL },
};
static const TokenName hardware[] = {
    { 1, "ether" },   { 6, "ieee802" },   { 7, "arcnet" }, { 15, "frelay" },
    { 23, "strip" },  { 24, "ieee1394" }, { 0, NULL },
};
static const TokenName agent_parts[] = {
    { 1, "Circuit-ID" }, { 2, "Remote-ID" }, { 6, "Subscriber-ID" }, { 0, NULL },
};

/* --- values ----------------------------------------------------------------------------------- */

static void quoted(Line *l, Span v)
{
    g_string_append_c(l->out, '"');
    for (size_t i = 0; i < v.n; i++)
        line_char(l, v.p[i]);
    g_string_append_c(l->out, '"');
}

static void number_or_name(Line *l, const TokenName *names, unsigned value)
{
    const char *name = token_name(names, value);

    if (name != NULL)
        g_string_append(l->out, name);
    else
        g_string_append_printf(l->out, "#%u", value);
}

static void one_value(Line *l, char format, const uint8_t *p)
{
    switch (format) {
    case 'i': line_addr(l, get32(p)); break;
    case 'l': g_string_append_printf(l->out, "%u", get32(p)); break;
    case 'L': g_string_append_printf(l->out, "%d", (int32_t)get32(p)); break;
    case 's': g_string_append_printf(l->out, "%u", get16(p)); break;
    case 'p':
        g_string_append_c(l->out, '(');
        line_addr(l, get32(p));
        g_string_append_c(l->out, ':');
        line_addr(l, get32(p + 4));
        g_string_append_c(l->out, ')');
        break;
    case 'B':
        if (*p > 1)
            g_string_append_printf(l->out, "%u?", *p);
        else
            g_string_append_c(l->out, *p == 1 ? 'Y' : 'N');
        break;
    default: g_string_append_printf(l->out, "%u", *p); break;
    }
}

/* As many as there are; returns what is left over. */
static Span list(Line *l, char format, Span v)
{
    size_t size = format == 'p' ? 8 : strchr("ilL", format) != NULL ? 4 : format == 's' ? 2 : 1;
    const char *sep = "";

    for (; v.n >= size; v = span_from(v, size)) {
        g_string_append(l->out, sep);
        one_value(l, format, v.p);
        sep = size == 1 && format != 'B' ? "." : ",";
    }
    return v;
}

static void parameters(Line *l, Span v)
{
    for (size_t i = 0; i < v.n; i++) {
        const char *name = token_name(tags, v.p[i]);
        g_string_append(l->out, i % 4 == 0 ? "\n\t      " : ", ");
        if (v.p[i] == OPT_PAD || v.p[i] == OPT_END)
            g_string_append(l->out, v.p[i] == OPT_PAD ? "PAD" : "END");
        else
            g_string_append(l->out, name != NULL ? name + 1 : "Unknown");
        g_string_append_printf(l->out, " (%u)", v.p[i]);
    }
}

static void client_id(Line *l, Span v)
{
    const char *name = token_name(hardware, v.p[0]);

    if (v.p[0] == 0) {
        quoted(l, span_from(v, 1));
        return;
    }
    if (name != NULL)
        g_string_append_printf(l->out, "%s ", name);
    else
        g_string_append_printf(l->out, "hardware-type %u, ", v.p[0]);
    for (size_t i = 1; i < v.n; i++)
        g_string_append_printf(l->out, i > 1 ? ":%02x" : "%02x", v.p[i]);
}

static void fqdn(Line *l, Span v)
{
    static const char letters[] = "SOEN";

    if (v.p[0] >> 4 != 0)
        g_string_append_printf(l->out, "[ERROR: MBZ nibble 0x%x != 0] ", v.p[0] >> 4);
    if (v.p[0] & 15) {
        g_string_append_c(l->out, '[');
        for (unsigned i = 0; i < 4; i++)
            if (v.p[0] & 1u << i)
                g_string_append_c(l->out, letters[i]);
        g_string_append(l->out, "] ");
    }
    if (v.p[1] != 0 || v.p[2] != 0)
        g_string_append_printf(l->out, "%u/%u ", v.p[1], v.p[2]);
    quoted(l, span_from(v, 3));
}

/* RFC 3442. */
static void routes(Line *l, Span v)
{
    for (const char *sep = ""; v.n > 0; sep = ",") {
        unsigned width = v.p[0], octets = (width + 7) / 8;
        g_string_append(l->out, sep);
        v = span_from(v, 1);
        if (width > 32) {
            g_string_append_printf(l->out, "[ERROR: Mask width (%u) > 32]", width);
            return;
        }
        if (v.n < octets + 4) {
            g_string_append_printf(l->out, "[ERROR: Remaining length (%zu) < %u bytes]", v.n,
                                   octets + 4);
            return;
        }
        g_string_append(l->out, width == 0 ? "(default" : "(");
        for (unsigned i = 0; i < 4 && width > 0; i++)
            g_string_append_printf(l->out, i > 0 ? ".%u" : "%u", i < octets ? v.p[i] : 0u);
        if (width > 0)
            g_string_append_printf(l->out, "/%u", width);
        g_string_append_c(l->out, ':');
        line_addr(l, get32(v.p + octets));
        g_string_append_c(l->out, ')');
        v = span_from(v, octets + 4);
    }
}

/* RFC 3004. */
static void user_classes(Line *l, Span v)
{
    for (unsigned i = 1; v.n > 0; i++) {
        size_t n = v.p[0];
        v = span_from(v, 1);
        g_string_append_printf(l->out, "\n\t      instance#%u: ", i);
        if (n == 0) {
            g_string_append(l->out, "[ERROR: suboption length must be non-zero]");
            return;
        }
        if (v.n < n) {
            g_string_append(l->out, "[ERROR: invalid option]");
            return;
        }
        quoted(l, (Span){ v.p, n });
        g_string_append_printf(l->out, ", length %zu", n);
        v = span_from(v, n);
    }
}

static void hex_lines(Line *l, Span v)
{
    for (size_t i = 0; i < v.n; i++) {
        if (i % 16 == 0)
            g_string_append_printf(l->out, "\n\t\t0x%04zx: ", i);
        g_string_append_printf(l->out, i % 2 == 0 ? " %02x" : "%02x", v.p[i]);
    }
}

/* RFC 3046. Returns what is left over. */
static Span agent(Line *l, Span v)
{
    while (v.n >= 2) {
        const char *name = token_name(agent_parts, v.p[0]);
        size_t n = v.p[1];
        g_string_append_printf(l->out, "\n\t      %s SubOption %u, length %zu: ",
                               name != NULL ? name : "Unknown", v.p[0], n);
        v = span_from(v, 2);
        if (n > v.n) {
            g_string_append(l->out, "length goes past end of option");
            return (Span){ v.p, 0 };
        }
        if (name == NULL)
            hex_lines(l, (Span){ v.p, n });
        for (size_t i = 0; i < n && name != NULL; i++)
            line_char(l, v.p[i]);
        v = span_from(v, n);
    }
    return v;
}

/* Returns what is left over. */
static Span special(Line *l, unsigned tag, Span v)
{
    static const struct {
        unsigned tag, least;
    } lengths[] = {
        { OPT_NODE_TYPE, 1 }, { OPT_OVERLOAD, 1 }, { OPT_CLIENT_ID, 1 },  { OPT_USER_CLASS, 2 },
        { OPT_FQDN, 3 },      { OPT_ROUTES, 5 },   { OPT_ROUTES_MS, 5 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++)
        if (tag == lengths[i].tag && v.n < lengths[i].least) {
            g_string_append_printf(l->out, "[ERROR: length < %u bytes]", lengths[i].least);
            return (Span){ v.p, 0 };
        }
    switch (tag) {
    case OPT_NODE_TYPE:
    case OPT_OVERLOAD:
        number_or_name(l, tag == OPT_OVERLOAD ? overloads : node_types, v.p[0]);
        return span_from(v, 1);
    case OPT_CLIENT_ID: client_id(l, v); break;
    case OPT_USER_CLASS: user_classes(l, v); break;
    case OPT_FQDN: fqdn(l, v); break;
    case OPT_AGENT: return agent(l, v);
    default: routes(l, v); break;
    }
    return (Span){ v.p, 0 };
}

/* --- options ---------------------------------------------------------------------------------- */

/* How a value is written about whose option nothing is known, by its length. */
static char format_of(const char *name, size_t n)
{
    if (name != NULL)
        return name[0];
    return n & 1 ? 'b' : n & 2 ? 's' : 'l';
}

static void option_value(Line *l, unsigned tag, char format, Span v)
{
    const char *type = token_name(types, v.n > 0 ? v.p[0] : 0u);
    Span left = { v.p, 0 };

    if (tag == OPT_TYPE && v.n == 1) {
        if (type != NULL)
            g_string_append(l->out, type);
        else
            g_string_append_printf(l->out, "Unknown (%u)", v.p[0]);
        return;
    }
    if (tag == OPT_PARAMETERS) {
        parameters(l, v);
        return;
    }
    if (format == 'a')
        quoted(l, v);
    else if (format == '$')
        left = special(l, tag, v);
    else
        left = list(l, format, v);
    if (left.n > 0)
        g_string_append_printf(l->out, "\n\t  trailing data length %zu", left.n);
}

static bool options(Line *l, Span s)
{
    g_string_append_printf(l->out, "\n\t  Vendor-rfc1048 Extensions\n\t    Magic Cookie 0x%08x",
                           get32(s.p));
    for (s = span_from(s, 4); s.n > 0;) {
        unsigned tag = s.p[0];
        s = span_from(s, 1);
        if (tag == OPT_PAD)
            continue;
        if (tag == OPT_END)
            return true;
        const char *name = token_name(tags, tag);
        if (s.n == 0)
            return false;
        size_t n = s.p[0];
        s = span_from(s, 1);
        g_string_append(l->out, "\n\t    ");
        g_string_append(l->out, name != NULL ? name + 1 : "Unknown");
        g_string_append_printf(l->out, " (%u), length %zu%s", tag, n, n > 0 ? ": " : "");
        if (s.n < n)
            return false;
        option_value(l, tag, format_of(name, n), (Span){ s.p, n });
        s = span_from(s, n);
    }
    return true;
}

/* --- the fixed part --------------------------------------------------------------------------- */

static bool addresses(Line *l, Span s)
{
    static const char *const names[] = { "Client-IP", "Your-IP", "Server-IP", "Gateway-IP" };

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (s.n < AT_ADDRESSES + 4 * (i + 1))
            return false;
        uint32_t addr = get32(s.p + AT_ADDRESSES + 4 * i);
        if (addr != 0) {
            g_string_append_printf(l->out, "\n\t  %s ", names[i]);
            line_addr(l, addr);
        }
    }
    return true;
}

/* A text in a field of n octets; false if it does not end there. */
static bool field_text(Line *l, Span s, size_t at, size_t n, const char *name)
{
    const uint8_t *p = s.p + at;
    const uint8_t *end = memchr(p, 0, MIN(n, s.n - at));

    if (*p == 0)
        return true;
    g_string_append_printf(l->out, "\n\t  %s ", name);
    quoted(l, (Span){ p, end != NULL ? (size_t)(end - p) : MIN(n, s.n - at) });
    return end != NULL;
}

static void header_numbers(Line *l, const uint8_t *p)
{
    if (p[1] != HTYPE_ETHERNET)
        g_string_append_printf(l->out, ", htype %u", p[1]);
    if (p[1] != HTYPE_ETHERNET || p[2] != 6)
        g_string_append_printf(l->out, ", hlen %u", p[2]);
    if (p[3] != 0)
        g_string_append_printf(l->out, ", hops %u", p[3]);
    if (get32(p + 4) != 0)
        g_string_append_printf(l->out, ", xid 0x%x", get32(p + 4));
    if (get16(p + 8) != 0)
        g_string_append_printf(l->out, ", secs %u", get16(p + 8));
}

static bool verbose_message(Line *l, Span s)
{
    if (s.n < 10)
        return false;
    header_numbers(l, s.p);
    if (s.n < 12)
        return false;
    g_string_append_printf(l->out, ", Flags [%s]", get16(s.p + 10) & 0x8000 ? "Broadcast" : "none");
    if (!addresses(l, s))
        return false;
    if (s.p[1] == HTYPE_ETHERNET && s.p[2] == 6) {
        if (s.n < AT_CHADDR + 6)
            return false;
        g_string_append(l->out, "\n\t  Client-Ethernet-Address ");
        line_mac(l, s.p + AT_CHADDR);
    }
    if (s.n <= AT_SNAME || !field_text(l, s, AT_SNAME, AT_FILE - AT_SNAME, "sname"))
        return false;
    if (s.n <= AT_FILE || !field_text(l, s, AT_FILE, AT_OPTIONS - AT_FILE, "file"))
        return false;
    if (s.n < AT_OPTIONS + 4)
        return false;
    if (get32(s.p + AT_OPTIONS) == COOKIE)
        return options(l, span_from(s, AT_OPTIONS));
    if (get32(s.p + AT_OPTIONS) != 0)
        g_string_append_printf(l->out, "\n\t  Vendor-#0x%x", get32(s.p + AT_OPTIONS));
    return true;
}

bool dissect_bootp(Line *l, Span s, size_t length)
{
    static const TokenName operations[] = { { 1, "Request" }, { 2, "Reply" }, { 0, NULL } };

    l->proto = "bootp";
    if (s.n < 1)
        return false;
    const char *op = token_name(operations, s.p[0]);
    g_string_append(l->out, "BOOTP/DHCP, ");
    if (op != NULL)
        g_string_append(l->out, op);
    else
        g_string_append_printf(l->out, "unknown (0x%02x)", s.p[0]);
    if (s.n < 3)
        return false;
    if (s.p[1] == HTYPE_ETHERNET && s.p[2] == 6 && s.p[0] == BOOT_REQUEST) {
        if (s.n < AT_CHADDR + 6)
            return false;
        g_string_append(l->out, " from ");
        line_mac(l, s.p + AT_CHADDR);
    }
    g_string_append_printf(l->out, ", length %zu", length);
    return !l->opt->verbose || verbose_message(l, s);
}
