/*
 * sim.c - the world's beginning, run and end.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/sim.h"

static void free_node(void *node)
{
    node_free(node);
}

static void free_link(void *link)
{
    link_free(link);
}

Sim *sim_new(uint64_t seed)
{
    Sim *sim = g_new0(Sim, 1);

    sched_init(&sim->sched);
    trace_init(&sim->trace);
    sim->seed = seed;
    sim->nodes = g_ptr_array_new_with_free_func(free_node);
    sim->links = g_ptr_array_new_with_free_func(free_link);
    sim->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    return sim;
}

void sim_free(Sim *sim)
{
    if (sim->free_autoconf != NULL)
        sim->free_autoconf(sim->autoconf);
    g_ptr_array_free(sim->links, TRUE);
    g_hash_table_destroy(sim->by_name);
    g_ptr_array_free(sim->nodes, TRUE);
    if (sim->remarks != NULL)
        g_string_chunk_free(sim->remarks);
    trace_clear(&sim->trace);
    sched_clear(&sim->sched);
    heap_clear(&sim->heap);
    g_free(sim);
}

Node *sim_node(const Sim *sim, const char *name)
{
    return g_hash_table_lookup(sim->by_name, name);
}

void sim_rng(const Sim *sim, const char *name, Rng *out)
{
    rng_init(out, sim->seed, name);
}

void sim_remark(Sim *sim, Packet *pkt, const char *format, ...)
{
    GString *text = g_string_new(pkt->remark);
    va_list args;

    if (text->len > 0)
        g_string_append(text, ", ");
    va_start(args, format);
    g_string_append_vprintf(text, format, args);
    va_end(args);
    if (sim->remarks == NULL)
        sim->remarks = g_string_chunk_new(1024);
    packet_remark(pkt, g_string_chunk_insert_const(sim->remarks, text->str));
    g_string_free(text, TRUE);
}

static SimEnd at_horizon(Sim *sim, SimTime until)
{
    sim->sched.now = MAX(sim->sched.now, until);
    return SIM_HORIZON;
}

SimEnd sim_run(Sim *sim, SimTime until, uint64_t max_events)
{
    uint64_t last = max_events ? sim->sched.events + max_events : UINT64_MAX;

    sim->stop = false;
    while (!sim->stop) {
        if (sim->sched.foreground == 0)
            return SIM_DRAINED;
        if (sim->sched.events >= last)
            return sched_next(&sim->sched) > until ? at_horizon(sim, until) : SIM_MAX_EVENTS;
        if (!sched_run_until(&sim->sched, until))
            return at_horizon(sim, until);
        if (sim->after_event != NULL)
            sim->after_event(sim->after_self);
    }
    return SIM_STOPPED;
}

uint64_t sim_packets_alive(const Sim *sim)
{
    return sim->packets.made - sim->packets.freed;
}
