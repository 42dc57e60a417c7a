/*
 * wires.c - see wires.h.
 */
/* SPDX-License-Identifier: MIT */
#include "support/wires.h"

#include <check.h>
#include <string.h>

static DropReason arrive(void *owner, Packet *pkt)
{
    GArray *list = owner;
    Arrival a = { sim_now(pkt->sim), pkt->id, pkt->frame_len, pkt->len > 14 ? pkt->data[14] : 0,
                  pkt->altered, pkt->fcs_bad };

    g_assert(pkt->len == pkt->frame_len); /* Check's own asserts write to a pipe: slow, per frame */
    g_assert(packet_frame(pkt).p == pkt->data);
    g_array_append_val(list, a);
    packet_free(pkt);
    return DROP_NONE;
}

void wires_init(Wires *w, uint64_t seed, const LinkConfig *cfg)
{
    cfg = cfg != NULL ? cfg : &link_defaults;
    *w = (Wires){ .sim = sim_new(seed) };
    w->a = node_new(w->sim, "a", NODE_HOST);
    w->b = node_new(w->sim, "b", NODE_HOST);
    w->pa = node_add_port(w->a, NULL);
    w->pb = node_add_port(w->b, NULL);
    w->at_a = g_array_new(FALSE, FALSE, sizeof(Arrival));
    w->at_b = g_array_new(FALSE, FALSE, sizeof(Arrival));
    w->pa->input = w->pb->input = arrive;
    w->pa->owner = w->at_a;
    w->pb->owner = w->at_b;
    w->link = link_new(w->sim, w->pa, w->pb, cfg, cfg);
    w->ab = &w->link->dir[0];
    w->ba = &w->link->dir[1];
}

void wires_free(Wires *w)
{
    const PacketPool *pool = &w->sim->packets;

    ck_assert_uint_eq(pool->made - pool->freed, sim_packets_alive(w->sim));
    sim_free(w->sim);
    g_array_free(w->at_a, TRUE);
    g_array_free(w->at_b, TRUE);
    if (w->log != NULL)
        g_string_free(w->log, TRUE);
}

static void log_event(void *self, const TraceEvent *ev)
{
    Wires *w = self;

    g_string_append_printf(w->log, "%" G_GINT64_FORMAT " %s", ev->t, ev->point->name);
    if (ev->node != NULL)
        g_string_append_printf(w->log, " %s", ev->node->name);
    for (int i = 0; i < TRACE_MAX_FIELDS && ev->point->fields[i].name != NULL; i++)
        if (ev->point->fields[i].type == TV_STR)
            g_string_append_printf(w->log, " %s", trace_arg_str(ev, i));
        else
            g_string_append_printf(w->log, " %" G_GINT64_FORMAT, ev->args[i]);
    g_string_append_c(w->log, '\n');
}

void wires_log(Wires *w)
{
    w->log = g_string_new(NULL);
    trace_add_sink(&w->sim->trace, TRACE_ALL, log_event, w);
}

void wires_run(Wires *w)
{
    ck_assert_int_eq(sim_run(w->sim, NEVER - 1, 0), SIM_DRAINED);
}

Packet *frame_new(Wires *w, size_t len)
{
    Packet *pkt = packet_new(w->sim, len, SENT_RAW);

    memset(pkt->data, 0, len);
    if (len > 14)
        pkt->data[14] = (uint8_t)w->next++;
    return pkt;
}

uint64_t frame_send_from(Wires *w, Port *port, size_t len)
{
    Packet *pkt = frame_new(w, len);
    uint64_t id = pkt->id;

    port_send(port, pkt);
    return id;
}

uint64_t frame_send(Wires *w, size_t len)
{
    return frame_send_from(w, w->pa, len);
}

const Arrival *arrival(const Wires *w, size_t i)
{
    g_assert(i < w->at_b->len);
    return &g_array_index(w->at_b, Arrival, i);
}

size_t arrivals(const Wires *w)
{
    return w->at_b->len;
}
