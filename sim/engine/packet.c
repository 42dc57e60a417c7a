/*
 * packet.c - buffers from the world's heap, and the moves of their front and back ends.
 *
 * Blocks of the usual size (a frame of MTU 1500 with headroom) go round in a list there; larger
 * ones are allocated each time.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/packet.h"

#include "sim/engine/sim.h"

#include <glib.h>
#include <string.h>

/* Headers of most frames, of Ethernet, IPv4, and TCP with timestamps, end in the cell's fourth
 * line; the largest that TCP has end in it, too. Cells and blocks are of whole lines, an odd number
 * of them: those that follow one another in memory do not meet in the same places of the cache. */
G_STATIC_ASSERT(offsetof(Packet, id) == PACKET_LINE);
G_STATIC_ASSERT(sizeof(Packet) + PACKET_HEADROOM + 32 <= 4 * (int)PACKET_LINE);
G_STATIC_ASSERT((int)PACKET_ROOM >= PACKET_HEADROOM + 60);

enum { USUAL_BLOCK = 27 * PACKET_LINE };
G_STATIC_ASSERT((int)PACKET_USUAL <= (int)USUAL_BLOCK);

/* What a packet with room for cap bytes takes. */
static size_t reckon(size_t cap)
{
    return PACKET_CELL + (cap <= PACKET_ROOM ? 0 : MAX(cap, PACKET_USUAL));
}

/* As if all of it were written: who looks is not to change what a limit of memory says. */
static size_t cap_when_written(const Packet *pkt)
{
    const Unwritten *u = &pkt->unwritten;

    return packet_is_written(pkt) ? pkt->cap : MAX(pkt->cap, (size_t)u->at + u->n);
}

static void give_block(Packet *pkt)
{
    if (pkt->buf == pkt->room)
        return;
    if (pkt->cap == PACKET_USUAL)
        heap_give(&pkt->sim->heap, pkt->buf, USUAL_BLOCK);
    else
        g_free(pkt->buf);
}

static void take_block(Packet *pkt, size_t cap)
{
    bool usual = cap <= PACKET_USUAL;

    g_assert(cap <= PACKET_CAP);
    pkt->buf = usual ? heap_take(&pkt->sim->heap, USUAL_BLOCK) : g_malloc(cap);
    pkt->cap = usual ? PACKET_USUAL : cap & PACKET_CAP;
}

void packet_reserve(Packet *pkt, size_t cap)
{
    if (cap <= pkt->cap)
        return;
    Packet was = *pkt;
    pkt->sim->packets.bytes -= reckon(cap_when_written(pkt));
    take_block(pkt, cap);
    memcpy(pkt->buf, was.buf, was.cap);
    pkt->data = pkt->buf + (was.data - was.buf);
    pkt->sim->packets.bytes += reckon(cap_when_written(pkt));
    if (was.buf != pkt->room)
        give_block(&was);
}

/* As `like`, with room for cap bytes, and for so many once all is written. */
static Packet *make(Sim *sim, const Packet *like, size_t cap, size_t when_written)
{
    PacketPool *pool = &sim->packets;
    Packet *pkt = heap_take(&sim->heap, PACKET_CELL);

    *pkt = *like;
    pkt->buf = pkt->room;
    pkt->cap = PACKET_ROOM;
    if (cap > PACKET_ROOM)
        take_block(pkt, cap);
    pool->made++;
    pool->bytes += reckon(when_written);
    return pkt;
}

Packet *packet_new_described(Sim *sim, size_t written, size_t described, SentReason why)
{
    g_assert(written + described <= PACKET_MAX);
    Packet like = {
        .len = (uint32_t)(written + described),
        .id = ++sim->next_packet_id,
        .why = why & 0xff,
        .born = sim_now(sim),
        .sim = sim,
    };
    size_t cap = PACKET_HEADROOM + written, when_written = cap + described;
    Packet *pkt = make(sim, &like, sim->eager ? when_written : cap, when_written);

    pkt->data = pkt->buf + PACKET_HEADROOM;
    return pkt;
}

Packet *packet_new(Sim *sim, size_t len, SentReason why)
{
    return packet_new_described(sim, len, 0, why);
}

Packet *packet_copy(const Packet *pkt)
{
    Packet *copy = make(pkt->sim, pkt, pkt->cap, cap_when_written(pkt));

    copy->next = copy->prev = NULL;
    copy->seen = copy->crossing = 0;
    copy->data = copy->buf + packet_offset(pkt);
    /* What was cut off behind (padding) is still part of the frame that observers see. */
    size_t end = packet_offset(pkt) + (size_t)pkt->len;
    size_t frame_end = (size_t)pkt->frame + pkt->frame_len;
    memcpy(copy->buf, pkt->buf,
           packet_is_written(pkt) ? MAX(end, frame_end) : pkt->unwritten.at);
    return copy;
}

void packet_write_now(const Packet *pkt_)
{
    Packet *pkt = (Packet *)(uintptr_t)pkt_;

    packet_reserve(pkt, (size_t)pkt->unwritten.at + pkt->unwritten.n);
    pkt->unwritten.left = false;
    pkt->unwritten.write(pkt);
}

void packet_free(Packet *pkt)
{
    if (pkt == NULL)
        return;
    PacketPool *pool = &pkt->sim->packets;
    pool->freed++;
    pool->bytes -= reckon(cap_when_written(pkt));
    give_block(pkt);
    heap_give(&pkt->sim->heap, pkt, PACKET_CELL);
}
