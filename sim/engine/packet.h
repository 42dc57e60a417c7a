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
    PACKET_FRAME = 3 * PACKET_LINE, /* from the packet's beginning to that of most frames */
    PACKET_HEADROOM = 74,  /* what packet_new leaves for headers: IPv4's 60 bytes, Ethernet's 14 */
    PACKET_MAX = 65535 + 256
};

/* Text that nobody has looked at yet. */
typedef struct Unwritten {
    void   (*write)(Packet *pkt); /* writes it, and what is computed from it; NULL: it is there */
    uint64_t from;                /* its place in the stream from which it can be made, */
    uint32_t at, n;               /* its offset in buf, and its length, */
    uint32_t header;              /* the offset of the header that sums it up, */
    uint32_t pseudo;              /* and what else goes into that sum */
} Unwritten;

struct Packet {
    /* What every node on the way looks at comes first: one line of the cache. */
    uint8_t   *data;      /* what the layer now working on it sees first */
    size_t     len;       /* from data to its end */
    uint16_t   frame;     /* offset of the Ethernet header in buf, set when put on a wire */
    uint16_t   net;       /* offset of the network header in buf, set by the link layer */
    uint32_t   frame_len; /* its length as it was on the wire */
    uint32_t   crossing;  /* an observer's notes (trail.h): its last passage over a cable, */
    bool       forged;    /* written by the scenario, not by a stack */
    bool       altered;   /* a fault or a link changed bytes: its checksums may be wrong */
    bool       fcs_bad;   /* damaged on the wire: the frame check will see it */
    bool       retransmission; /* the transport sends these bytes again */
    Packet    *next;      /* for its holder's list */
    SimTime    arrive;    /* while on a link: the instant of its arrival, */
    uint64_t   order;     /* and its place in line */
    uint64_t   seen;      /* and how it looked then; 0: never, or something was done to it since */
    /* And here what those at its ends need. */
    uint64_t   id;        /* counted per world; a copy made by a link or a switch keeps it */
    Sim       *sim;
    Packet    *prev;      /* for its holder's list, too */
    SimTime    born;
    SentReason why;       /* stamped at birth */
    uint32_t   cap;       /* size of buf */
    uint32_t   switched;  /* how many switches it has passed */
    Unwritten  unwritten;
    const char *remark;   /* what was done to it, for people; see packet_remark; NULL: nothing */
    uint8_t    buf[];
};

/* A new packet with `len` bytes of payload (not initialised) and PACKET_HEADROOM in front.
 * The caller owns it. Comes from the world's heap. */
Packet *packet_new(Sim *sim, size_t len, SentReason why);

/* A copy with the same id, reason and bytes. The caller owns it. */
Packet *packet_copy(const Packet *pkt);

/* The end of a packet that was worked off: back to the pool. NULL is fine. */
void packet_free(Packet *pkt);

/* It will be wanted soon: has what a node first looks at brought into the cache, its header and
 * the line of the buffer in which the headers of most frames lie. */
static inline void packet_fetch(const Packet *pkt)
{
    __builtin_prefetch(pkt);
    __builtin_prefetch((const uint8_t *)pkt + PACKET_FRAME);
}

/* Something was done to it, and it no longer looks as it did: `remark`, which lives as long as the
 * world, says what. See sim_remark. */
static inline void packet_remark(Packet *pkt, const char *remark)
{
    pkt->remark = remark;
    pkt->seen = 0;
}

/* Makes room for n bytes in front; returns data. */
static inline uint8_t *packet_push(Packet *pkt, size_t n)
{
    g_assert(n <= (size_t)(pkt->data - pkt->buf));
    pkt->data -= n;
    pkt->len += n;
    return pkt->data;
}

/* n more bytes behind; returns their start. */
static inline uint8_t *packet_put(Packet *pkt, size_t n)
{
    uint8_t *end = pkt->data + pkt->len;

    g_assert(n <= (size_t)(pkt->buf + pkt->cap - end));
    pkt->len += n;
    return end;
}

/* Takes n bytes off the front; n <= len. */
static inline void packet_pull(Packet *pkt, size_t n)
{
    g_assert(n <= pkt->len);
    pkt->data += n;
    pkt->len -= n;
}

/* Cuts it to len bytes; len <= pkt->len. */
static inline void packet_trim(Packet *pkt, size_t len)
{
    g_assert(len <= pkt->len);
    pkt->len = len;
}

static inline bool packet_is_written(const Packet *pkt)
{
    return pkt->unwritten.write == NULL;
}

/* The same of all its bytes, for who will sum them up; of those that are described there are
 * none. */
static inline void packet_fetch_text(const Packet *pkt)
{
    const uint8_t *end = pkt->data + pkt->len;

    if (packet_is_written(pkt))
        for (const uint8_t *line = pkt->data; line < end; line += PACKET_LINE)
            __builtin_prefetch(line);
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
    return (Span){ pkt->buf + pkt->net, (size_t)(pkt->data + pkt->len - (pkt->buf + pkt->net)) };
}
