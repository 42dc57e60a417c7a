/*
 * tcp_buf.c - a ring of bytes, its capacity a power of two.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_buf.h"

#include "protocols/transport/tcp.h"

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
        tcp_pattern_fill(to, offset, now);
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

void ring_write(Ring *r, size_t at, const uint8_t *src, size_t n)
{
    ring_write_out(r);
    reserve(r, at + n);
    r->reach = MAX(r->reach, at + n);
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
        tcp_pattern_fill(out, r->origin + at, n);
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
    if (r->described)
        r->origin += n;
    else if (n > 0)
        r->head = (r->head + n) & (r->cap - 1);
}

void ring_cut(Ring *r, size_t n)
{
    g_assert(n <= r->len);
    r->len -= n;
    r->reach = r->len;
}

/* Eight places at a time: the bytes of a well-mixed word, so that no shift of the stream, by any
 * distance, looks like the stream. */
#define PATTERN_STEP UINT64_C(0x9e3779b97f4a7c15)
#define PATTERN_MIX  UINT64_C(0xd6e8feb86659fd93)

static uint64_t pattern_word(uint64_t index)
{
    uint64_t x = (index + 1) * PATTERN_STEP;
    x = (x ^ x >> 32) * PATTERN_MIX;
    return x ^ x >> 32;
}

uint8_t conn_pattern(uint64_t offset)
{
    return (uint8_t)(pattern_word(offset / 8) >> (offset % 8 * 8));
}

enum { LANES = 4 };
typedef uint64_t Wide __attribute__((vector_size(8 * LANES)));

/* The words from `index` on, n of them; several at a time, each as pattern_word has it. */
WIDEST static void pattern_words(uint8_t *out, uint64_t index, size_t n)
{
    Wide at = { index + 1, index + 2, index + 3, index + 4 };

    for (at *= PATTERN_STEP; n >= LANES; n -= LANES, index += LANES, out += sizeof(Wide)) {
        Wide x = at;
        x = (x ^ x >> 32) * PATTERN_MIX;
        x ^= x >> 32;
        at += LANES * PATTERN_STEP;
        for (int i = 0; G_BYTE_ORDER == G_BIG_ENDIAN && i < LANES; i++)
            x[i] = GUINT64_TO_LE(x[i]);
        memcpy(out, &x, sizeof x);
    }
    for (size_t i = 0; i < n; i++) {
        uint64_t word = GUINT64_TO_LE(pattern_word(index + i));
        memcpy(out + 8 * i, &word, 8);
    }
}

size_t conn_pattern_match(Span bytes, uint64_t offset)
{
    uint8_t want[2048];
    size_t i = 0;

    while (i < bytes.n) {
        size_t n = MIN(bytes.n - i, sizeof want);
        tcp_pattern_fill(want, offset + i, n);
        if (memcmp(bytes.p + i, want, n) != 0)
            break;
        i += n;
    }
    while (i < bytes.n && bytes.p[i] == conn_pattern(offset + i))
        i++;
    return i;
}

void tcp_pattern_fill(uint8_t *out, uint64_t offset, size_t n)
{
    for (; n > 0 && offset % 8 != 0; n--)
        *out++ = conn_pattern(offset++);
    pattern_words(out, offset / 8, n / 8);
    for (size_t i = n - n % 8; i < n; i++)
        out[i] = conn_pattern(offset + i);
}
