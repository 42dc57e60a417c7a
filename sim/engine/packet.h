/*
 * packet.h - one frame on its way: a buffer with room in front, one owner, a reason to exist.
 *
 * A packet is born in a stack (or forged by a scenario), gets its headers pushed in front, crosses
 * links and nodes as the same object with the same id, and ends in packet_free (worked off) or
 * packet_drop (refused, see node.h). Functions that take a Packet * and return a DropReason have
 * taken it exactly if they return DROP_NONE. Observers get const Packet * and copy what they keep.
 *
 * The text at the end of a packet may be described instead of written: most is looked at by
 * nobody. Who looks gets it through packet_span, packet_frame or packet_net, which write it first;
 * who reads headers alone asks packet_headers. Who is to change bytes calls packet_write before.
 * Until then there may be no room for it: writing it may move all bytes (packet_reserve).
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/bytes.h"
#include "sim/engine/heap.h"
#include "sim/engine/reason.h"
#include "sim/engine/time.h"

#include <glib.h>
#include <stdbool.h>

typedef struct Sim Sim;
typedef struct Packet Packet;

enum {
    PACKET_LINE = HEAP_LINE,
    PACKET_CELL = 5 * PACKET_LINE, /* a packet with the headers of most, or a short text */
    PACKET_HEADROOM = 74,  /* what packet_new leaves for headers: IPv4's 60 bytes, Ethernet's 14 */
    PACKET_USUAL = PACKET_HEADROOM + 1600, /* has room for a frame of MTU 1500 */
    PACKET_MAX = 65535 + 256
};

/* Text that nobody has looked at yet; and how it can be made again when it is written, as long as
 * nothing but routers has touched the packet. */
typedef struct Unwritten {
    void   (*write)(Packet *pkt); /* writes it, and what is computed from it; NULL: it is no such
                                     text */
    uint64_t from;                /* its place in the stream from which it can be made, */
    uint32_t at, n;               /* its offset in buf, and its length, */
    uint32_t pseudo;              /* what goes into the sum besides, */
    uint16_t header;              /* and the offset of the header that has it */
    bool     left;                /* is yet to be written */
} Unwritten;

/* Its bytes are behind it, or in a block of their own where they are more than a few: those of
 * headers alone, with a text that is described, are few. */
struct Packet {
    /* What every node on the way looks at comes first: one line of the cache. */
    uint8_t   *data;      /* what the layer now working on it sees first */
    uint8_t   *buf;       /* its bytes: `room`, or the block; the text that is described apart */
    Packet    *next;      /* for its holder's list */
    SimTime    arrive;    /* while on a link: the instant of its arrival, */
    uint64_t   order;     /* and its place in line */
    uint64_t   seen;      /* an observer's notes: how it looked; 0: never, or it has changed, */
    uint32_t   crossing;  /* and its last passage over a cable (trail.h) */
    uint32_t   len;       /* from data to its end */
    /* From here to `why`: what an observer copies in one piece. */
    uint32_t   frame_len; /* its length as it was on the wire */
    uint16_t   net;       /* offset of the network header in buf, set by the link layer */
    uint8_t    frame;     /* offset of the Ethernet header in buf, set when put on a wire */
    bool       forged : 1;  /* written by the scenario, not by a stack */
    bool       altered : 1; /* a fault or a link changed bytes: its checksums may be wrong */
    bool       fcs_bad : 1; /* damaged on the wire: the frame check will see it */
    bool       retransmission : 1; /* the transport sends these bytes again */
    /* And here what those at its ends need. */
    uint64_t   id;        /* counted per world; a copy made by a link or a switch keeps it */
    SimTime    born;
    Unwritten  unwritten;
    uint32_t   cap : 24;  /* size of buf */
    uint32_t   why : 8;   /* a SentReason, stamped at birth */
    uint32_t   switched;  /* how many switches it has passed */
    Sim       *sim;
    Packet    *prev;      /* for its holder's list, too */
    const char *remark;   /* what was done to it, for people; see packet_remark; NULL: nothing */
    uint8_t    room[];
};

enum { PACKET_ROOM = PACKET_CELL - sizeof(Packet) }; /* bytes */
enum { PACKET_CAP = (1 << 24) - 1 };                 /* what Packet.cap can say */

/* A new packet with `len` bytes of payload (not initialised) and PACKET_HEADROOM in front.
 * The caller owns it. Comes from the world's heap. */
Packet *packet_new(Sim *sim, size_t len, SentReason why);

/* The same of which only the first bytes are to be written, and `described` more, which follow
 * them, are for pkt->unwritten to say. PacketPool.bytes counts these, too, from now on. */
Packet *packet_new_described(Sim *sim, size_t written, size_t described, SentReason why);

/* Has room for `cap` bytes in buf from now on, and so for what is described. Bytes move: what
 * points to them points to what they were. */
void packet_reserve(Packet *pkt, size_t cap);

/* A copy with the same id, reason and bytes. The caller owns it. */
Packet *packet_copy(const Packet *pkt);

/* The end of a packet that was worked off: back to the pool. NULL is fine. */
void packet_free(Packet *pkt);

/* The offset in buf of what the layer now working on it sees first. */
static inline uint16_t packet_offset(const Packet *pkt)
{
    return (uint16_t)(pkt->data - pkt->buf);
}

/* A frame begins at data, and ends where that does. */
static inline void packet_set_frame(Packet *pkt)
{
    g_assert(packet_offset(pkt) <= UINT8_MAX);
    pkt->frame = (uint8_t)packet_offset(pkt);
    pkt->frame_len = pkt->len;
}

/* It will be wanted: has what a node first looks at brought into the cache. Always inlined, as the
 * next two: gcc takes a function that only fetches for one without effect, and leaves out calls. */
static G_ALWAYS_INLINE inline void packet_fetch(const Packet *pkt)
{
    __builtin_prefetch(pkt);
}

/* It will be wanted soon, and the former is done: has its headers brought, too. */
static G_ALWAYS_INLINE inline void packet_fetch_headers(const Packet *pkt)
{
    __builtin_prefetch(pkt->data);
    __builtin_prefetch(pkt->data + PACKET_LINE);
}

/* And the rest of the packet, for who ends it. */
static G_ALWAYS_INLINE inline void packet_fetch_all(const Packet *pkt)
{
    packet_fetch_headers(pkt);
    __builtin_prefetch(&pkt->id);
}

/* Something was done to it, and it no longer looks as it did: `remark`, which lives as long as the
 * world, says what. See sim_remark. */
static inline void packet_remark(Packet *pkt, const char *remark)
{
    pkt->remark = remark;
    pkt->seen = pkt->crossing = 0;
}

/* Makes room for n bytes in front; returns data. */
static inline uint8_t *packet_push(Packet *pkt, size_t n)
{
    g_assert(n <= (size_t)(pkt->data - pkt->buf));
    pkt->data -= n;
    pkt->len += (uint32_t)n;
    return pkt->data;
}

/* n more bytes behind; returns their start. */
static inline uint8_t *packet_put(Packet *pkt, size_t n)
{
    size_t end = packet_offset(pkt) + pkt->len;

    if (end + n > pkt->cap)
        packet_reserve(pkt, end + n);
    pkt->len += (uint32_t)n;
    return pkt->buf + end;
}

/* Takes n bytes off the front; n <= len. */
static inline void packet_pull(Packet *pkt, size_t n)
{
    g_assert(n <= pkt->len);
    pkt->data += n;
    pkt->len -= (uint32_t)n;
}

/* Cuts it to len bytes; len <= pkt->len. */
static inline void packet_trim(Packet *pkt, size_t len)
{
    g_assert(len <= pkt->len);
    pkt->len = (uint32_t)len;
}

static inline bool packet_is_written(const Packet *pkt)
{
    return !pkt->unwritten.left;
}

void packet_write_now(const Packet *pkt);

/* Writes what is only described. For an observer, too: a packet says the same before and after. */
static inline void packet_write(const Packet *pkt)
{
    if (!packet_is_written(pkt))
        packet_write_now(pkt);
}

/* All that the layer now working on it sees. */
static inline Span packet_span(const Packet *pkt)
{
    packet_write(pkt);
    return (Span){ pkt->data, pkt->len };
}

/* The same, for one who reads headers: the text behind them may not be there. */
static inline Span packet_headers(const Packet *pkt)
{
    return (Span){ pkt->data, pkt->len };
}

/* The frame as it is or was on the wire: from the Ethernet header on, padding included. */
static inline Span packet_frame(const Packet *pkt)
{
    packet_write(pkt);
    return (Span){ pkt->buf + pkt->frame, pkt->frame_len };
}

/* The same, for one who reads headers. */
static inline Span packet_frame_headers(const Packet *pkt)
{
    return (Span){ pkt->buf + pkt->frame, pkt->frame_len };
}

/* From the network header to the end of what the layers above have left; for errors that quote
 * it. */
static inline Span packet_net(const Packet *pkt)
{
    packet_write(pkt);
    return (Span){ pkt->buf + pkt->net, (size_t)packet_offset(pkt) + pkt->len - pkt->net };
}
