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

    if (dir->written == NULL)
        dir->written = dir->nth == 0 ? g_strconcat(from, ">", to, NULL)
                                  : g_strdup_printf("%s>%s#%u", from, to, dir->nth + 1);
    return dir->written;
}

void link_init_stream(LinkDir *dir, Rng *rng, const char *what)
{
    char *name = g_strconcat("link:", link_dir_name(dir), ":", what, NULL);

    sim_rng(dir->link->sim, name, rng);
    g_free(name);
}

/* --- what a link was told --------------------------------------------------------------------- */

/* Links are often made alike, one after the other. */
typedef struct SharedConfig {
    LinkConfig cfg; /* first: a direction points to it */
    unsigned   users;
} SharedConfig;

static const LinkConfig *take_config(const LinkConfig *like, const LinkConfig *wanted)
{
    SharedConfig *shared = (SharedConfig *)(uintptr_t)like;

    if (like == NULL || memcmp(like, wanted, sizeof *wanted) != 0) {
        shared = g_new0(SharedConfig, 1);
        memcpy(&shared->cfg, wanted, sizeof *wanted); /* and what lies between its members */
    }
    shared->users++;
    return &shared->cfg;
}

static void leave_config(const LinkConfig *cfg)
{
    SharedConfig *shared = (SharedConfig *)(uintptr_t)cfg;

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
    dir->qdisc = qdisc_new(dir);
    if (dir->qdisc != NULL)
        timer_init(&dir->qdisc->transmitter, &dir->link->sim->sched, link_transmit_next, dir);
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
    dir->plain = dir->calm && cfg->duplicate == 0 && dir->qdisc == NULL && dir->link->up &&
                 dir->link->rules == NULL;
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

static void init_dir(Link *link, LinkDir *dir, Port *from, Port *to, const LinkConfig *cfg,
                     unsigned nth)
{
    g_assert(from->out == NULL);
    *dir = (LinkDir){ .link = link, .from = from, .to = to, .nth = nth, .cfg = cfg,
                      .fates = &link_no_fates };
    timer_init(&dir->timer, &link->sim->sched, link_arrived, dir);
    dir->ends = to->node->kind == NODE_HOST;
    use_qdisc(dir);
    link_judge(dir);
    from->out = dir;
}

Link *link_new(Sim *sim, Port *a, Port *b, const LinkConfig *forward, const LinkConfig *reverse)
{
    g_assert(a != b);
    Link *link = heap_new0(&sim->heap, Link);
    unsigned nth = count_between(a->node, b->node);

    link->sim = sim;
    link->index = sim->links->len;
    link->up = true;
    forward = take_config(last_config(sim, 0), forward);
    init_dir(link, &link->dir[0], a, b, forward, nth);
    init_dir(link, &link->dir[1], b, a, take_config(forward, reverse), nth);
    g_ptr_array_add(sim->links, link);
    sim->topology++;
    return link;
}

void link_free(Link *link)
{
    if (link->rules != NULL)
        g_ptr_array_free(link->rules, TRUE);
    for (int i = 0; i < 2; i++) {
        LinkDir *dir = &link->dir[i];
        timer_stop(&dir->timer);
        qdisc_free(dir->qdisc);
        while (dir->flight.n > 0)
            packet_free(flight_take(&dir->flight));
        dir->from->out = NULL;
        g_free(dir->backlog);
        g_free(dir->chances);
        if (dir->fates != &link_no_fates)
            heap_give(&link->sim->heap, link_fates(dir), sizeof *dir->fates);
        g_free(dir->written);
        leave_config(dir->cfg);
    }
    heap_give(&link->sim->heap, link, sizeof *link);
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
    return &dir->link->dir[dir == &dir->link->dir[0]];
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
    Qdisc *old = dir->qdisc;
    Packet *pkt;

    const LinkConfig *was = dir->cfg;
    bool keep = suits(was, cfg);
    dir->cfg = take_config(was, cfg);
    leave_config(was);
    dir->last_size = 0;
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
    Packet *pkt;

    timer_stop(&dir->timer);
    if (dir->qdisc != NULL)
        timer_stop(&dir->qdisc->transmitter);
    while (dir->flight.n > 0)
        link_lose(dir, flight_take(&dir->flight), DROP_LINK_DOWN);
    while (dir->qdisc != NULL && (pkt = qdisc_evict(dir->qdisc)) != NULL)
        link_lose(dir, pkt, DROP_LINK_DOWN);
    dir->next_free = 0;
    dir->last_arrival = 0;
    link_judge(dir);
    dir->backlog_n = 0;
    dir->backlog_bytes = 0;
}

void link_down(Link *link)
{
    if (!link->up)
        return;
    link->up = false;
    trace(link->sim, LINK_WENT_DOWN, NULL, NULL, NULL, trace_str(link_dir_name(&link->dir[0])));
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
    trace(link->sim, LINK_WENT_UP, NULL, NULL, NULL, trace_str(link_dir_name(&link->dir[0])));
}
