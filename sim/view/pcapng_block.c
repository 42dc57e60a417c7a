/*
 * pcapng_block.c - bytes of pcapng and pcap.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/pcapng_block.h"

#include <string.h>

enum { SNAP_LEN = 262144, LINKTYPE_ETHERNET = 1, OPTION_MAX = 65535 };
enum {
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_INTERFACE = 1,
    BLOCK_NAMES = 4,
    BLOCK_PACKET = 6,
    BYTE_ORDER_MAGIC = 0x1a2b3c4d
};
enum { OPT_END = 0, OPT_COMMENT = 1, SHB_USERAPPL = 4 };
enum { IF_NAME = 2, IF_DESCRIPTION = 3, IF_MAC = 6, IF_SPEED = 8, IF_TSRESOL = 9 };
enum { EPB_FLAGS = 2, EPB_DROPCOUNT = 4, EPB_PACKETID = 5 };
enum { NRB_END = 0, NRB_IPV4 = 1 };

static const uint32_t PCAP_NANO_MAGIC = 0xa1b23c4d;

static void little(GByteArray *out, uint64_t v, unsigned bytes)
{
    uint8_t b[8];

    for (unsigned i = 0; i < bytes; i++)
        b[i] = (uint8_t)(v >> 8 * i);
    g_byte_array_append(out, b, bytes);
}

static void padded(GByteArray *out, const void *bytes, size_t n)
{
    static const uint8_t zeros[4];

    g_byte_array_append(out, bytes, (unsigned)n);
    g_byte_array_append(out, zeros, (unsigned)(-n & 3));
}

static void option(GByteArray *out, unsigned code, const void *bytes, size_t n)
{
    little(out, code, 2);
    little(out, n, 2);
    padded(out, bytes, n);
}

static void text_option(GByteArray *out, unsigned code, const char *text)
{
    if (text == NULL)
        return;
    size_t n = strlen(text);
    if (n > OPTION_MAX)
        for (n = OPTION_MAX; n > 0 && (text[n] & 0xc0) == 0x80; n--)
            ;
    option(out, code, text, n);
}

static void number_option(GByteArray *out, unsigned code, uint64_t v, unsigned bytes)
{
    little(out, code, 2);
    little(out, bytes, 2);
    little(out, v, bytes);
    little(out, 0, -bytes & 3);
}

/* The block's type and room for its length; returns where it starts. */
static unsigned begin(GByteArray *out, uint32_t type)
{
    unsigned start = out->len;

    little(out, type, 4);
    little(out, 0, 4);
    return start;
}

static void end(GByteArray *out, unsigned start)
{
    uint32_t length = out->len - start + 4;

    little(out, length, 4);
    for (unsigned i = 0; i < 4; i++)
        out->data[start + 4 + i] = (uint8_t)(length >> 8 * i);
}

void pcapng_section(GByteArray *out, const char *application, const char *comment)
{
    unsigned start = begin(out, BLOCK_SECTION);

    little(out, BYTE_ORDER_MAGIC, 4);
    little(out, 1, 2);
    little(out, 0, 2);
    little(out, UINT64_MAX, 8); /* the section's length: not said */
    text_option(out, OPT_COMMENT, comment);
    text_option(out, SHB_USERAPPL, application);
    little(out, OPT_END, 4);
    end(out, start);
}

void pcapng_interface(GByteArray *out, const PcapngInterface *i)
{
    unsigned start = begin(out, BLOCK_INTERFACE);

    little(out, LINKTYPE_ETHERNET, 2);
    little(out, 0, 2);
    little(out, SNAP_LEN, 4);
    text_option(out, IF_NAME, i->name);
    text_option(out, IF_DESCRIPTION, i->description);
    if (i->mac != NULL)
        option(out, IF_MAC, i->mac->b, sizeof i->mac->b);
    if (i->speed != 0)
        number_option(out, IF_SPEED, i->speed, 8);
    number_option(out, IF_TSRESOL, 9, 1); /* 10^-9 s */
    little(out, OPT_END, 4);
    end(out, start);
}

void bytes_insert(GByteArray *out, size_t at, Span bytes)
{
    size_t behind = out->len - at;

    g_byte_array_set_size(out, out->len + (unsigned)bytes.n);
    memmove(out->data + at + bytes.n, out->data + at, behind);
    memcpy(out->data + at, bytes.p, bytes.n);
}

/* --- packets: what a capture mostly consists of, written in place ----------------------------- */

static uint8_t *put_little(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
    p[2] = (uint8_t)(v >> 16);
    p[3] = (uint8_t)(v >> 24);
    return p + 4;
}

static uint8_t *put_little64(uint8_t *p, uint64_t v)
{
    return put_little(put_little(p, (uint32_t)v), (uint32_t)(v >> 32));
}

static uint8_t *put_option(uint8_t *p, unsigned code, unsigned len)
{
    return put_little(p, code | len << 16);
}

/* Room for n bytes more. */
static uint8_t *extend(GByteArray *out, size_t n)
{
    g_byte_array_set_size(out, out->len + (unsigned)n);
    return out->data + out->len - n;
}

size_t pcapng_packet(GByteArray *out, const PcapngPacket *p)
{
    enum { HEADER = 28, DIRECTION = 8, LOST = 12, ID = 12, END = 8 };
    size_t padding = -p->frame.n & 3, start = out->len;
    size_t length = HEADER + p->frame.n + padding + p->comments.n +
                    (p->direction != PCAPNG_UNKNOWN ? DIRECTION : 0) +
                    (p->lost_before != 0 ? LOST : 0) + ID + END;
    uint8_t *at = extend(out, length);

    at = put_little(at, BLOCK_PACKET);
    at = put_little(at, (uint32_t)length);
    at = put_little(at, p->interface);
    at = put_little(at, (uint32_t)((uint64_t)p->t >> 32));
    at = put_little(at, (uint32_t)p->t);
    at = put_little(at, (uint32_t)p->frame.n);
    at = put_little(at, (uint32_t)p->frame.n);
    memcpy(at, p->frame.p, p->frame.n);
    memset(at + p->frame.n, 0, padding);
    at += p->frame.n + padding;
    memcpy(at, p->comments.p, p->comments.n);
    at += p->comments.n;
    if (p->direction != PCAPNG_UNKNOWN)
        at = put_little(put_option(at, EPB_FLAGS, 4), p->direction);
    if (p->lost_before != 0)
        at = put_little64(put_option(at, EPB_DROPCOUNT, 8), p->lost_before);
    at = put_little64(put_option(at, EPB_PACKETID, 8), p->id);
    at = put_option(at, OPT_END, 0);
    put_little(at, (uint32_t)length);
    return start + HEADER + p->frame.n + padding + p->comments.n;
}

void pcapng_comment(GByteArray *out, const char *text)
{
    text_option(out, OPT_COMMENT, text);
}

void pcapng_put_in(GByteArray *out, size_t start, size_t at, const char *comment)
{
    GByteArray *option = g_byte_array_new();
    uint32_t length = 0;

    for (unsigned i = 0; i < 4; i++)
        length |= (uint32_t)out->data[start + 4 + i] << 8 * i;
    pcapng_comment(option, comment);
    bytes_insert(out, at, (Span){ option->data, option->len });
    length += option->len;
    put_little(out->data + start + 4, length);
    put_little(out->data + start + length - 4, length);
    g_byte_array_unref(option);
}

void pcapng_names(GByteArray *out, const PcapngName *names, size_t n)
{
    unsigned start = begin(out, BLOCK_NAMES);

    for (size_t i = 0; i < n; i++) {
        uint8_t addr[4];
        size_t  len = strlen(names[i].name) + 1;
        GByteArray *record = g_byte_array_new();

        put32(addr, names[i].v4);
        g_byte_array_append(record, addr, sizeof addr);
        g_byte_array_append(record, (const uint8_t *)names[i].name, (unsigned)len);
        option(out, NRB_IPV4, record->data, record->len);
        g_byte_array_unref(record);
    }
    little(out, NRB_END, 4);
    end(out, start);
}

void pcap_header(GByteArray *out)
{
    little(out, PCAP_NANO_MAGIC, 4);
    little(out, 2, 2);
    little(out, 4, 2);
    little(out, 0, 8);
    little(out, SNAP_LEN, 4);
    little(out, LINKTYPE_ETHERNET, 4);
}

void pcap_packet(GByteArray *out, SimTime t, Span frame)
{
    uint8_t *at = extend(out, 16 + frame.n);

    at = put_little(at, (uint32_t)(t / SEC));
    at = put_little(at, (uint32_t)(t % SEC));
    at = put_little(at, (uint32_t)frame.n);
    at = put_little(at, (uint32_t)frame.n);
    memcpy(at, frame.p, frame.n);
}
