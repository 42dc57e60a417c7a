/*
 * knobs.c - the knobs of a host as a list for people. Everything comes from the option tables.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/knobs.h"

#include "protocols/application/dhcp.h"
#include "protocols/application/dns.h"

#include <string.h>

/* What a scenario says as `tcp = { ... }`, and its defaults. Only TCP knows profiles. */
typedef struct Family {
    const char *name;
    const Knob *knobs;
    const void *defaults;
    bool        profiles;
} Family;

enum { FAMILIES = 7 };

static const Family families[FAMILIES] = {
    { "tcp", tcp_knobs, &tcp_defaults, true },
    { "ipv4", ipv4_knobs, &ipv4_defaults, false },
    { "arp", arp_knobs, &arp_defaults, false },
    { "resolver", dns_stub_knobs, &dns_stub_defaults, false },
    { "serve_dns", dns_resolver_knobs, &dns_resolver_defaults, false },
    { "dhcp", dhcp_client_knobs, &dhcp_client_defaults, false },
    { "serve_dhcp", dhcp_scope_knobs, &dhcp_scope_defaults, false },
};

/* --- columns ---------------------------------------------------------------------------------- */

static char *default_text(const Family *f, const Knob *knob, bool linux_)
{
    TcpConfig cfg = tcp_defaults;

    if (!f->profiles)
        return knob_get_text(knob, f->defaults);
    if (linux_)
        tcp_config_set_profile(&cfg, TCP_PROFILE_LINUX);
    return tcp_knob_text(knob, &cfg);
}

/* Which values: "1s to 1h", "0 or more", "newreno, none". */
static char *values_text(const Knob *knob)
{
    if (knob->type == KNOB_BOOL)
        return g_strdup("true, false");
    if (knob->type == KNOB_ENUM)
        return g_strjoinv(", ", (char **)(uintptr_t)knob->names);
    if (knob->type == KNOB_CUSTOM) {
        g_auto(GStrv) quoted = g_strsplit(knob->names[0], "\"", -1);
        g_autofree char *bare = g_strjoinv("", quoted);
        g_auto(GStrv) forms = g_strsplit(bare, "|", -1);
        return g_strjoinv(", ", forms);
    }
    int64_t most = knob->min == 0 && knob->max == 0 ? NEVER : knob->max;
    SimTime bounds[] = { knob->min, most };
    Knob at = { .type = knob->type, .offset = 0 };
    g_autofree char *low = knob_get_text(&at, &bounds[0]);
    g_autofree char *high = knob_get_text(&at, &bounds[1]);
    return most == NEVER ? g_strdup_printf("%s or more", low)
                         : g_strdup_printf("%s to %s", low, high);
}

/* NULL: it is no quantity. */
static const char *unit_text(const Knob *knob)
{
    switch (knob->type) {
    case KNOB_INT:
        return knob->names != NULL ? knob->names[0] : "";
    case KNOB_TIME:
        return "time";
    case KNOB_RATE:
        return "bit/s";
    case KNOB_SIZE:
        return "bytes";
    case KNOB_PROB:
        return "probability";
    default:
        return NULL;
    }
}

char *knobs_gaps(void)
{
    GString *out = g_string_new(NULL);

    for (int i = 0; i < FAMILIES; i++)
        for (const Knob *knob = families[i].knobs; knob->name != NULL; knob++) {
            const char *unit = unit_text(knob);
            const char *columns[][2] = { { "meaning", knob->doc }, { "source", knob->source },
                                         { "unit", unit != NULL ? unit : "none" } };
            for (size_t k = 0; k < G_N_ELEMENTS(columns); k++)
                if (columns[k][1] == NULL || *columns[k][1] == '\0')
                    g_string_append_printf(out, "%s.%s has no %s\n", families[i].name, knob->name,
                                           columns[k][0]);
        }
    return g_string_free(out, FALSE);
}

/* --- on a terminal ---------------------------------------------------------------------------- */

static bool holds(const char *text, const char *pattern)
{
    g_autofree char *low = g_ascii_strdown(text, -1);
    g_autofree char *sought = g_ascii_strdown(pattern, -1);

    return strstr(low, sought) != NULL;
}

static void list_one(const Family *f, const Knob *knob, GString *out)
{
    g_autofree char *rfc = default_text(f, knob, false);
    g_autofree char *linux_ = default_text(f, knob, true);
    g_autofree char *values = values_text(knob);
    const char *unit = unit_text(knob);

    g_string_append_printf(out, "%s.%s = %s", f->name, knob->name, rfc);
    if (strcmp(rfc, linux_) != 0)
        g_string_append_printf(out, " (linux: %s)", linux_);
    g_string_append_printf(out, "\n    %s\n    %s%s%s; %s%s\n", knob->doc,
                           unit != NULL ? unit : "", unit != NULL ? ", " : "", values, knob->source,
                           knob->counterfactual ? "; makes a host wrong on purpose" : "");
}

unsigned knobs_list(const char *pattern, GString *out)
{
    unsigned n = 0;

    for (int i = 0; i < FAMILIES; i++)
        for (const Knob *knob = families[i].knobs; knob->name != NULL; knob++) {
            g_autofree char *name = g_strdup_printf("%s.%s", families[i].name, knob->name);
            if (pattern != NULL && !holds(name, pattern) && !holds(knob->doc, pattern))
                continue;
            list_one(&families[i], knob, out);
            n++;
        }
    return n;
}

/* --- docs/knobs.md ---------------------------------------------------------------------------- */

static void row(const Family *f, const Knob *knob, GString *out)
{
    g_autofree char *rfc = default_text(f, knob, false);
    g_autofree char *linux_ = default_text(f, knob, true);
    g_autofree char *values = values_text(knob);
    const char *unit = unit_text(knob);

    g_string_append_printf(out, "| `%s` | %s | %s | %s | ", knob->name, unit != NULL ? unit : "",
                           values, rfc);
    if (f->profiles)
        g_string_append_printf(out, strcmp(rfc, linux_) != 0 ? "**%s** | " : "%s | ", linux_);
    g_string_append_printf(out, "%s | %s |\n", knob->doc, knob->source);
}

static void table(const Family *f, bool wrong, GString *out)
{
    g_string_append_printf(out, "| knob | unit | values | %s | meaning | source |\n"
                                "|---|---|---|---|%s---|---|\n",
                           f->profiles ? "`rfc` | `linux`" : "default", f->profiles ? "---|" : "");
    for (const Knob *knob = f->knobs; knob->name != NULL; knob++)
        if (knob->counterfactual == wrong)
            row(f, knob, out);
}

void knobs_document(GString *out)
{
    g_string_append(
        out,
        "# Knobs\n\n"
        "Written by `stacklab knobs --markdown` from the tables in the code; do not edit. "
        "`stacklab knobs WORD` lists those\nthat have to do with WORD.\n\n"
        "A knob is said of one host, `sim.host(\"a\", { tcp = { min_rto = \"200ms\" } })`, or of "
        "all that are made after:\n`sim.defaults { tcp = { profile = \"linux\" } }`. The profile "
        "sets the knobs whose two columns differ (bold); what is\nsaid beside it wins. "
        "[linux.md](linux.md) tells what else it changes, and where it differs from Linux; a "
        "third\nprofile, `freebsd`, is in [freebsd.md](freebsd.md).\n\n"
        "A source in the form of `Linux: tcp_retries2` is the sysctl, constant or socket option of "
        "that name. \"own\" is\nstacklab's own.\n\n"
        "## tcp\n\n");
    table(&families[0], false, out);
    g_string_append(out, "\n### A host that is wrong on purpose\n\n"
                         "Such a host is marked in every view; so is one with `isn` as "
                         "another word than `rfc6528`, or `congestion = \"none\"`.\n\n");
    table(&families[0], true, out);
    for (int i = 1; i < FAMILIES; i++) {
        g_string_append_printf(out, "\n## %s\n\n", families[i].name);
        table(&families[i], false, out);
    }
}
