/*
 * packet.c - buffers from the world's heap, and the moves of their front and back ends.
 *
 * Buffers of the usual size (a frame of MTU 1500 with headroom) go round in a list there; larger
 * ones are allocated each time.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/packet.h"

#include "sim/engine/sim.h"

#include <glib.h>
#include <string.h>

/* A cell is of whole lines, an odd number of them: those that follow one another in memory do not
 * meet in the same places of the cache. */
enum { USUAL_CAP = PACKET_HEADROOM + 1600, USUAL_CELL = 29 * PACKET_LINE };
G_STATIC_ASSERT(sizeof(Packet) + USUAL_CAP <= USUAL_CELL);

/* Of a frame with 14 and 20 bytes in front, as most have, the first line is one of memory. */
G_STATIC_ASSERT(sizeof(Packet) + PACKET_HEADROOM - 34 == PACKET_FRAME);

static Packet *take_buffer(Sim *sim, size_t cap)
{
    PacketPool *pool = &sim->packets;
    Packet *pkt;

    if (cap <= USUAL_CAP) {
        pkt = heap_take(&sim->heap, USUAL_CELL);
        pkt->cap = USUAL_CAP;
    } else {
        pkt = g_malloc(sizeof *pkt + cap);
        pkt->cap = (uint32_t)cap;
    }
    pool->made++;
    pool->bytes += sizeof *pkt + pkt->cap;
    return pkt;
}

Packet *packet_new(Sim *sim, size_t len, SentReason why)
{
    g_assert(len <= PACKET_MAX);
    Packet *pkt = take_buffer(sim, PACKET_HEADROOM + len);
    uint32_t cap = pkt->cap;

    *pkt = (Packet){
        .len = len,
        .id = ++sim->next_packet_id,
        .why = why,
        .born = sim_now(sim),
        .sim = sim,
        .cap = cap,
    };
    pkt->data = pkt->buf + PACKET_HEADROOM;
    return pkt;
}

Packet *packet_copy(const Packet *pkt)
{
    Packet *copy = take_buffer(pkt->sim, pkt->cap);
    uint32_t cap = copy->cap;

    *copy = *pkt;
    copy->cap = cap;
    copy->next = copy->prev = NULL;
    copy->seen = 0;
    copy->data = copy->buf + (pkt->data - pkt->buf);
    /* What was cut off behind (padding) is still part of the frame that observers see. */
    size_t end = (size_t)(pkt->data - pkt->buf) + pkt->len;
    size_t frame_end = (size_t)pkt->frame + pkt->frame_len;
    memcpy(copy->buf, pkt->buf,
           packet_is_written(pkt) ? MAX(end, frame_end) : pkt->unwritten.at);
    return copy;
}

void packet_write_now(const Packet *pkt_)
{
    Packet *pkt = (Packet *)(uintptr_t)pkt_;
    void (*write)(Packet *pkt) = pkt->unwritten.write;

    pkt->unwritten.write = NULL;
    write(pkt);
}

void packet_free(Packet *pkt)
{
    if (pkt == NULL)
        return;
    PacketPool *pool = &pkt->sim->packets;
    pool->freed++;
    pool->bytes -= sizeof *pkt + pkt->cap;
    if (pkt->cap == USUAL_CAP)
        heap_give(&pkt->sim->heap, pkt, USUAL_CELL);
    else
        g_free(pkt);
}
