/*
 * link_life.c - making and unmaking a cable: what it was told, its names, its random streams, its
 * being plugged in.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/link_priv.h"

#include "sim/engine/sim.h"

#include <string.h>

const TracePoint LINK_WENT_DOWN = { "link:went_down", TRACE_SIM, { { "link", TV_STR } } };
const TracePoint LINK_WENT_UP = { "link:went_up", TRACE_SIM, { { "link", TV_STR } } };

/* --- names ------------------------------------------------------------------------------------ */

const char *link_dir_name(LinkDir *dir)
{
    const char *from = dir->from->node->name, *to = dir->to->node->name;
    unsigned nth = link_of(dir)->nth;

    if (dir->more->written == NULL)
        link_more(dir)->written = nth == 0 ? g_strconcat(from, ">", to, NULL)
                                           : g_strdup_printf("%s>%s#%u", from, to, nth + 1);
    return dir->more->written;
}

void link_init_stream(LinkDir *dir, Rng *rng, const char *what)
{
    char *name = g_strconcat("link:", link_dir_name(dir), ":", what, NULL);

    sim_rng(dir->sim, name, rng);
    g_free(name);
}

/* --- what a link was told --------------------------------------------------------------------- */

static const LinkConfig *take_config(const LinkConfig *like, const LinkConfig *wanted)
{
    LinkShared *shared = link_shared(like);

    if (like == NULL || memcmp(like, wanted, sizeof *wanted) != 0) {
        shared = g_new0(LinkShared, 1);
        memcpy(&shared->cfg, wanted, sizeof *wanted); /* and what lies between its members */
    }
    shared->users++;
    return &shared->cfg;
}

static void leave_config(const LinkConfig *cfg)
{
    LinkShared *shared = link_shared(cfg);

    if (--shared->users == 0)
        g_free(shared);
}

static const LinkConfig *last_config(const Sim *sim, int direction)
{
    const Link *last = sim->links->len > 0 ? sim->links->pdata[sim->links->len - 1] : NULL;

    return last != NULL ? last->dir[direction].cfg : NULL;
}

static void use_qdisc(LinkDir *dir)
{
    Qdisc *q = qdisc_new(dir);

    if (q != dir->more->qdisc)
        link_more(dir)->qdisc = q;
    if (q != NULL)
        timer_init(&q->transmitter, &dir->sim->sched, link_transmit_next, dir);
}

/* --- making and unmaking ---------------------------------------------------------------------- */

static bool is_calm(const LinkConfig *cfg)
{
    return cfg->loss_model == LOSS_RANDOM && cfg->loss == 0 && cfg->corrupt == 0 &&
           cfg->reorder == 0 && cfg->jitter == 0;
}

void link_judge(LinkDir *dir)
{
    const LinkConfig *cfg = dir->cfg;
    uint64_t max = cfg->mtu > 0 ? link_frame_max(cfg) : UINT32_MAX;

    dir->frame_max = (uint32_t)MIN(max, UINT32_MAX);
    dir->calm = is_calm(cfg);
    dir->plain = dir->calm && cfg->duplicate == 0 && dir->more->qdisc == NULL &&
                 link_of(dir)->up && link_of(dir)->rules == NULL;
}

/* Links between them so far; asked at the end that has fewer. */
static unsigned count_between(const Node *a, const Node *b)
{
    const Node *at = a->ports->len <= b->ports->len ? a : b, *other = at == a ? b : a;
    unsigned n = 0;

    for (guint i = 0; i < at->ports->len; i++) {
        const Port *port = g_ptr_array_index(at->ports, i);
        n += port->out != NULL && port->out->to->node == other;
    }
    return n;
}

static void init_dir(LinkDir *dir, bool reverse, Port *from, Port *to, const LinkConfig *cfg)
{
    g_assert(from->out == NULL);
    *dir = (LinkDir){ .sim = from->node->sim, .from = from, .to = to, .cfg = cfg,
                      .reverse = reverse, .more = &link_no_more };
    dir->ends = to->node->kind == NODE_HOST;
    use_qdisc(dir);
    link_judge(dir);
    from->out = dir;
}

Link *link_new(Sim *sim, Port *a, Port *b, const LinkConfig *forward, const LinkConfig *reverse)
{
    g_assert(a != b);
    Link *link = heap_new0(&sim->heap, Link);

    link->nth = count_between(a->node, b->node);
    link->index = sim->links->len;
    link->up = true;
    forward = take_config(last_config(sim, 0), forward);
    init_dir(&link->dir[0], false, a, b, forward);
    init_dir(&link->dir[1], true, b, a, take_config(forward, reverse));
    g_ptr_array_add(sim->links, link);
    sim->topology++;
    return link;
}

static void free_more(LinkDir *dir)
{
    if (dir->more == &link_no_more)
        return;
    qdisc_free(dir->more->qdisc);
    g_free(dir->more->chances);
    g_free(dir->more->written);
    heap_give(&dir->sim->heap, link_more(dir), sizeof *dir->more);
}

void link_free(Link *link)
{
    Heap *heap = &link->dir[0].sim->heap;

    if (link->rules != NULL)
        g_ptr_array_free(link->rules, TRUE);
    for (int i = 0; i < 2; i++) {
        LinkDir *dir = &link->dir[i];
        while (dir->transit != NULL && dir->transit->flight.n > 0)
            packet_free(flight_take(&dir->transit->flight));
        link_end_transit(dir);
        dir->from->out = NULL;
        g_free(dir->backlog);
        free_more(dir);
        leave_config(dir->cfg);
    }
    heap_give(heap, link, sizeof *link);
}

LinkDir *link_dir_from(Link *link, const Node *from)
{
    for (int i = 0; i < 2; i++)
        if (link->dir[i].from->node == from)
            return &link->dir[i];
    return NULL;
}

LinkDir *link_dir_reverse(LinkDir *dir)
{
    return &link_of(dir)->dir[!dir->reverse];
}

/* What a discipline looks up while it works may change under it; not what it is made of. */
static bool suits(const LinkConfig *was, const LinkConfig *cfg)
{
    return was->qdisc.type == cfg->qdisc.type && was->qdisc.flows == cfg->qdisc.flows &&
           was->queue_in_bytes == cfg->queue_in_bytes;
}

/* Those that wait in the old queue enter the new one, or the transmitter's time. */
void link_set(LinkDir *dir, const LinkConfig *cfg)
{
    Qdisc *old = dir->more->qdisc;
    Packet *pkt;

    const LinkConfig *was = dir->cfg;
    bool keep = suits(was, cfg);
    dir->cfg = take_config(was, cfg);
    leave_config(was);
    if (!keep)
        use_qdisc(dir);
    link_judge(dir);
    if (keep)
        return;
    while (old != NULL && (pkt = qdisc_evict(old)) != NULL)
        link_carry(dir, pkt);
    qdisc_free(old);
}

/* All that is on the cable, in the queue before it too, is lost, and the transmitter is idle. */
static void flush(LinkDir *dir)
{
    Qdisc *q = dir->more->qdisc;
    Packet *pkt;

    if (q != NULL)
        timer_stop(&q->transmitter);
    while (dir->transit != NULL && dir->transit->flight.n > 0)
        link_lose(dir, flight_take(&dir->transit->flight), DROP_LINK_DOWN);
    link_end_transit(dir);
    while (q != NULL && (pkt = qdisc_evict(q)) != NULL)
        link_lose(dir, pkt, DROP_LINK_DOWN);
    dir->next_free = 0;
    link_judge(dir);
    g_free(dir->backlog);
    dir->backlog = NULL;
}

void link_down(Link *link)
{
    if (!link->up)
        return;
    link->up = false;
    trace(link->dir[0].sim, LINK_WENT_DOWN, NULL, NULL, NULL,
          trace_str(link_dir_name(&link->dir[0])));
    flush(&link->dir[0]);
    flush(&link->dir[1]);
}

void link_up(Link *link)
{
    if (link->up)
        return;
    link->up = true;
    link_judge(&link->dir[0]);
    link_judge(&link->dir[1]);
    trace(link->dir[0].sim, LINK_WENT_UP, NULL, NULL, NULL,
          trace_str(link_dir_name(&link->dir[0])));
}
