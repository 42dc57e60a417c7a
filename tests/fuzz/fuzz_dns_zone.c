/*
 * fuzz_dns_zone.c - any text as a zone: it is refused, or every record in it can be asked for.
 */
/* SPDX-License-Identifier: MIT */
#include "fuzz.h"
#include "protocols/application/dns_text.h"
#include "protocols/application/dns_zone.h"

#include <string.h>

static void ask(GPtrArray *zones, const DnsName *name, uint16_t type)
{
    DnsMessage *m = dns_message_new(), *again = dns_message_new();
    uint8_t *out = g_malloc(DNS_MESSAGE_MAX);
    GString *text = g_string_new(NULL);

    m->asks = true;
    m->q = (DnsQuestion){ *name, type, DNS_IN };
    if (dns_zones_answer(zones, m)) {
        size_t n = dns_message_write(m, out, DNS_MESSAGE_MAX);
        g_assert(dns_message_read(again, (Span){ out, n }) == DNS_READ);
        dns_message_text(again, text);
    }
    g_string_free(text, TRUE);
    g_free(out);
    dns_message_free(m);
    dns_message_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = { "x.", "a.x.", "b.a.x.", "*.x.", "www.x." };
    GPtrArray *zones = g_ptr_array_new_with_free_func(dns_zone_free);
    GError *error = NULL;
    DnsName name;

    g_assert(dns_name_parse("x.", &name));
    DnsZone *zone = dns_zone_new(&name);
    bool good = dns_zone_read(zone, (const char *)data, size, "z", true, &error);
    g_assert(good == (error == NULL));
    g_clear_error(&error);
    g_ptr_array_add(zones, zone);
    for (size_t i = 0; good && i < G_N_ELEMENTS(names); i++) {
        g_assert(dns_name_parse(names[i], &name));
        ask(zones, &name, DNS_A);
        ask(zones, &name, DNS_ANY);
    }
    g_ptr_array_free(zones, TRUE);
    return 0;
}
