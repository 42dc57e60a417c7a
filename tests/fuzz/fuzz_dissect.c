/*
 * fuzz_dissect.c - any bytes print as a line, with every option, and match or do not match field
 * tables, without a look beyond their end. The input's first byte chooses, the second tells how
 * much longer the frame was.
 */
/* SPDX-License-Identifier: MIT */
#include "fuzz.h"
#include "sim/view/dissect.h"
#include "sim/view/filter.h"

static void print(const DissectOptions *opt, Span frame, size_t wire_len)
{
    Dissector *d = dissector_new(opt);
    GString   *out = g_string_new(NULL);

    for (int i = 0; i < 2; i++) /* the second with a conversation that is known */
        dissect(d, i * SEC, frame, wire_len, out);
    g_assert(out->len > 0 && out->str[out->len - 1] != '\n');
    g_string_free(out, TRUE);
    dissector_free(d);
}

static void match(FilterSpec spec, Span frame, size_t wire_len, SimTime made, const Flows *flows)
{
    Filter *f = filter_new_spec(&spec);

    filter_match(f, frame, wire_len, made, flows);
    filter_free(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    Span   frame = { g_memdup2(data, size), size - 2 };
    size_t wire_len = frame.n + data[1];
    Heap   heap = { 0 };
    Flows *flows = flows_new(&heap);
    FilterSpec spec = filter_spec_any;

    frame.p += 2;
    print(&(DissectOptions){
              .time = data[0] & 3,
              .absolute = data[0] & 4,
              .ethernet = data[0] & 8,
              .verbose = data[0] & 16,
          },
          frame, wire_len);
    spec.has_data = spec.data = spec.has_seq = spec.has_ack = spec.tcp = true;
    match(spec, frame, wire_len, NEVER, flows);
    spec = filter_spec_any;
    spec.icmp = spec.has_data = true;
    spec.icmp_type = 8;
    match(spec, frame, wire_len, NEVER, flows);
    flows_free(flows);
    heap_clear(&heap);
    g_free((void *)(frame.p - 2));
    return 0;
}
