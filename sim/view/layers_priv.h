/*
 * layers_priv.h - a frame being opened: what its layers share (layers.c, layers_ip.c, layers_tcp.c)
 * and how they are drawn, boxes in boxes (layers_box.c).
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/wire/addr.h"
#include "sim/view/canvas.h"
#include "sim/view/layers.h"

typedef struct Layers {
    Sim *sim;
    LayersOptions opt;
    Canvas c;
    Span frame;
    unsigned depth; /* boxes that are open */
    GString *sum;   /* "Ethernet 14 + IPv4 20" */
} Layers;

/* What follows the first `off` bytes. */
static inline Span layers_behind(Span s, size_t off)
{
    g_assert(off <= s.n);
    return (Span){ s.p + off, s.n - off };
}

/* The text in the reader's language. */
#define T(l, en, zh) ((l)->opt.chinese ? (zh) : (en))

/* --- layers_box.c ------------------------------------------------------------------------------
 */

/* Bytes of one thing: "IPv4 header", short "IPv4"; which layer that is in both models. */
typedef struct Box {
    const char *title, *brief;
    const char *tcpip, *osi;
    Span bytes;
} Box;

void box_open(Layers *l, const Box *box);
void box_close(Layers *l);
/* A line of text inside: who wrote it. */
void box_say(Layers *l, const char *format, ...) G_GNUC_PRINTF(2, 3);

typedef enum Half { WHOLE, HIGH, LOW } Half; /* of a byte */

/* n bytes at `at`, which is inside the frame: what they are called, their value, what that means.
 */
void box_field(Layers *l, const uint8_t *at, size_t n, Half half, const char *name,
               const char *meaning, const char *format, ...) G_GNUC_PRINTF(7, 8);
/* Bytes with what they are as text. */
void box_dump(Layers *l, Span bytes);

/* --- layers_ip.c, layers_tcp.c -----------------------------------------------------------------
 */

void layers_ipv4(Layers *l, Span bytes);
void layers_udp(Layers *l, Span bytes, Span ip);
void layers_tcp(Layers *l, Span bytes, Span ip);
/* What a program wrote; the ports say what it may be. writer, reader: hosts' names. */
void layers_payload(Layers *l, Span bytes, const char *name, const char *writer,
                    const char *reader);

/* The node with this address, or the address itself; out is used for that. */
const char *layers_host(const Layers *l, IpAddr addr, char out[static IP_TEXT]);
