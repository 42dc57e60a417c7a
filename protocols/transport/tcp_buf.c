/*
 * tcp_buf.c - a ring of bytes, its capacity a power of two.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_buf.h"

#include "protocols/transport/pattern.h"

#include <glib.h>
#include <string.h>

enum { RING_MIN = 256 };

void ring_free(Ring *r)
{
    heap_give(r->heap, r->bytes, r->cap);
    *r = (Ring){ .heap = r->heap };
}

void ring_spare(Ring *r)
{
    if (r->len == 0)
        ring_free(r);
}

/* Room for `need` bytes from the oldest on. What lies beyond the end is kept, too. */
static void reserve(Ring *r, size_t need)
{
    if (need <= r->cap)
        return;
    size_t cap = MAX(r->cap, RING_MIN);
    while (cap < need)
        cap *= 2;
    uint8_t *bytes = heap_take(r->heap, cap);
    if (r->cap > 0)
        ring_read(r, 0, bytes, r->cap);
    heap_give(r->heap, r->bytes, r->cap);
    r->bytes = bytes;
    r->cap = cap;
    r->head = 0;
}

/* The longest piece that begins at the place `at` and does not wrap. */
static uint8_t *piece(const Ring *r, size_t at, size_t *n)
{
    size_t start = (r->head + at) & (r->cap - 1);

    *n = MIN(*n, r->cap - start);
    return r->bytes + start;
}

static void write_pattern(Ring *r, size_t at, uint64_t offset, size_t n)
{
    while (n > 0) {
        size_t   now = n;
        uint8_t *to = piece(r, at, &now);
        pattern_fill(to, offset, now);
        at += now;
        offset += now;
        n -= now;
    }
}

void ring_write_out(Ring *r)
{
    if (!r->described)
        return;
    r->described = false;
    reserve(r, r->reach);
    write_pattern(r, 0, r->origin, r->reach);
}

/* Is that how the pattern goes on? An empty ring expects it behind what it was given last. */
static bool goes_on(Ring *r, size_t at, Span bytes)
{
    if (r->reach == 0)
        r->described = true;
    return r->described && pattern_is(bytes, r->origin + at);
}

void ring_write(Ring *r, size_t at, const uint8_t *src, size_t n)
{
    bool described = goes_on(r, at, (Span){ src, n });

    if (!described)
        ring_write_out(r);
    r->reach = MAX(r->reach, at + n);
    if (described)
        return;
    reserve(r, at + n);
    while (n > 0) {
        size_t   now = n;
        uint8_t *to = piece(r, at, &now);
        memcpy(to, src, now);
        at += now;
        src += now;
        n -= now;
    }
}

void ring_write_pattern(Ring *r, size_t at, uint64_t offset, size_t n)
{
    if (r->reach == 0) {
        r->described = true;
        r->origin = offset - at;
    }
    if (!r->described || r->origin + at != offset) {
        ring_write_out(r);
        reserve(r, at + n);
        write_pattern(r, at, offset, n);
    }
    r->reach = MAX(r->reach, at + n);
}

void ring_extend(Ring *r, size_t n)
{
    r->len += n;
    g_assert(r->len <= r->reach);
}

bool ring_is_pattern(const Ring *r, size_t at, uint64_t *offset)
{
    *offset = r->origin + at;
    return r->described;
}

void ring_read(const Ring *r, size_t at, uint8_t *out, size_t n)
{
    if (r->described) {
        pattern_fill(out, r->origin + at, n);
        return;
    }
    while (n > 0) {
        size_t         now = n;
        const uint8_t *from = piece(r, at, &now);
        memcpy(out, from, now);
        at += now;
        out += now;
        n -= now;
    }
}

void ring_drop(Ring *r, size_t n)
{
    g_assert(n <= r->len);
    r->len -= n;
    r->reach -= n;
    r->origin += n;
    if (!r->described && n > 0)
        r->head = (r->head + n) & (r->cap - 1);
}

void ring_cut(Ring *r, size_t n)
{
    g_assert(n <= r->len);
    r->len -= n;
    r->reach = r->len;
}
