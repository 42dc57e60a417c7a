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

void pcapng_packet(GByteArray *out, const PcapngPacket *p)
{
    unsigned start = begin(out, BLOCK_PACKET);

    little(out, p->interface, 4);
    little(out, (uint64_t)p->t >> 32, 4);
    little(out, (uint64_t)p->t, 4);
    little(out, p->frame.n, 4);
    little(out, p->frame.n, 4);
    padded(out, p->frame.p, p->frame.n);
    for (size_t i = 0; i < PCAPNG_MAX_COMMENTS && p->comments[i] != NULL; i++)
        text_option(out, OPT_COMMENT, p->comments[i]);
    if (p->direction != PCAPNG_UNKNOWN)
        number_option(out, EPB_FLAGS, p->direction, 4);
    if (p->lost_before != 0)
        number_option(out, EPB_DROPCOUNT, p->lost_before, 8);
    number_option(out, EPB_PACKETID, p->id, 8);
    little(out, OPT_END, 4);
    end(out, start);
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
    little(out, (uint64_t)(t / SEC), 4);
    little(out, (uint64_t)(t % SEC), 4);
    little(out, frame.n, 4);
    little(out, frame.n, 4);
    g_byte_array_append(out, frame.p, (unsigned)frame.n);
}
