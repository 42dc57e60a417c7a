/*
 * pattern.c - see pattern.h. Eight places at a time are the bytes of a word; words are made by
 * loops that a compiler can take several steps of at once, and summed up while they are at hand.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/pattern.h"

#include "protocols/wire/checksum.h"

#include <string.h>

enum { WORD = 8 };

static const uint64_t STEP = UINT64_C(0x9e3779b97f4a7c15), MIX = UINT64_C(0xd6e8feb86659fd93);
static const uint64_t LOWER = UINT32_MAX;

/* The word whose index and one, by STEP, is x; its first byte in memory is the first place. */
static inline uint64_t mixed(uint64_t x)
{
    x = (x ^ x >> 32) * MIX;
    return GUINT64_TO_LE(x ^ x >> 32);
}

uint8_t pattern_byte(uint64_t offset)
{
    uint64_t word = mixed((offset / WORD + 1) * STEP);

    return ((const uint8_t *)&word)[offset % WORD];
}

/* n words from `index` on; the sum of their halves. */
WIDEST static uint64_t put_words(uint8_t *out, uint64_t index, size_t n)
{
    uint64_t sum = 0, x = (index + 1) * STEP;

    for (size_t i = 0; i < n; i++, x += STEP) {
        uint64_t word = mixed(x);
        memcpy(out + i * WORD, &word, WORD);
        sum += (word & LOWER) + (word >> 32);
    }
    return sum;
}

/* In which bits one of n words from `index` on is another. */
WIDEST static uint64_t differ(const uint8_t *p, uint64_t index, size_t n)
{
    uint64_t bits = 0, x = (index + 1) * STEP;

    for (size_t i = 0; i < n; i++, x += STEP) {
        uint64_t is;
        memcpy(&is, p + i * WORD, WORD);
        bits |= is ^ mixed(x);
    }
    return bits;
}

/* The first word tells what is something else. */
static bool are_words(const uint8_t *p, uint64_t index, size_t n)
{
    uint64_t first, want = mixed((index + 1) * STEP);

    if (n == 0)
        return true;
    memcpy(&first, p, WORD);
    return first == want && differ(p, index, n) == 0;
}

/* How many bytes at `offset`, n at the most, are not of a whole word. */
static size_t to_word(uint64_t offset, size_t n)
{
    return MIN(-offset % WORD, n);
}

uint32_t pattern_fill(uint8_t *out, uint64_t offset, size_t n)
{
    size_t first = to_word(offset, n), words = (n - first) / WORD, i;

    for (i = 0; i < first; i++)
        out[i] = pattern_byte(offset + i);
    uint64_t sum = put_words(out + first, (offset + first) / WORD, words);
    for (i = first + words * WORD; i < n; i++)
        out[i] = pattern_byte(offset + i);
    if (first + words * WORD == n && first == 0)
        return sum_of_words(sum);
    return sum_add(0, (Span){ out, n });
}

static bool are_bytes(const uint8_t *p, uint64_t offset, size_t n)
{
    size_t i = 0;

    while (i < n && p[i] == pattern_byte(offset + i))
        i++;
    return i == n;
}

bool pattern_is(Span bytes, uint64_t offset)
{
    size_t first = to_word(offset, bytes.n), words = (bytes.n - first) / WORD;
    size_t rest = first + words * WORD;

    return are_bytes(bytes.p, offset, first) &&
           are_words(bytes.p + first, (offset + first) / WORD, words) &&
           are_bytes(bytes.p + rest, offset + rest, bytes.n - rest);
}

size_t pattern_match(Span bytes, uint64_t offset)
{
    size_t i = 0;

    if (pattern_is(bytes, offset))
        return bytes.n;
    while (bytes.p[i] == pattern_byte(offset + i))
        i++;
    return i;
}

/* The text is summed up as it is written, and what is in front of it (all, if there is nothing to
 * write) behind. */
uint16_t pattern_write(Packet *pkt)
{
    const Unwritten *u = &pkt->unwritten;
    Span front = { pkt->buf + u->header, u->at - u->header };
    uint32_t sum = u->pseudo + (uint32_t)front.n + u->n;

    if (u->n > 0)
        sum += pattern_fill(pkt->buf + u->at, u->from, u->n);
    return sum_fold(sum_add(sum, front));
}
