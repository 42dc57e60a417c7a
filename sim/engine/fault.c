/*
 * fault.c - rules on a link, each kind one function.
 *
 * A kind's function is called for a frame on which its rule acts, and says whether it has taken it.
 * What comes later (a delayed frame, a late copy) waits in the rule's own queue of that direction:
 * the delay is the same for all, so it is first in, first out.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/fault.h"

#include "sim/engine/sim.h"

#define RULE_FIELDS { "id", TV_INT }, { "rule", TV_STR }
const TracePoint LINK_HELD = { "link:held", TRACE_LINK_FATE, { RULE_FIELDS } };
const TracePoint LINK_RELEASED = { "link:released", TRACE_LINK_FATE, { RULE_FIELDS } };
const TracePoint LINK_MODIFIED = { "link:modified", TRACE_LINK_FATE, { RULE_FIELDS } };
const TracePoint LINK_DELAYED = {
    "link:delayed", TRACE_LINK_FATE, { RULE_FIELDS, { "by", TV_TIME } }
};

const FaultOptions fault_options_default = {
    .probability = PROB_ONE, .before = NEVER, .copies = 1, .bit = -1
};

/* Tells the sinks of LINK_HELD, _RELEASED, _MODIFIED: all alike. */
static void tell(const FaultRule *rule, const TracePoint *point, LinkDir *dir, const Packet *pkt)
{
    trace(dir->sim, *point, dir->from->node, dir->from, pkt, (int64_t)pkt->id,
          trace_str(rule->name));
}

/* --- later ------------------------------------------------------------------------------------ */

static void queue_put(FaultQueue *q, Packet *pkt, SimTime delay)
{
    Sched *sched = &q->dir->sim->sched;

    pkt->arrive = time_add(sched->now, delay);
    pkt->order = sched_order(sched);
    pkt->next = NULL;
    if (q->head == NULL) {
        q->head = pkt;
        timer_set_as(&q->timer, pkt->arrive, pkt->order);
    } else {
        q->tail->next = pkt;
    }
    q->tail = pkt;
}

static Packet *queue_take(FaultQueue *q)
{
    Packet *pkt = q->head;

    q->head = pkt->next;
    pkt->next = NULL;
    return pkt;
}

static void queue_due(void *owner)
{
    FaultQueue *q = owner;
    Packet *pkt = queue_take(q);

    if (q->head != NULL)
        timer_set_as(&q->timer, q->head->arrive, q->head->order);
    if (q->rule->kind == FAULT_DUPLICATE)
        trace(q->dir->sim, LINK_DUPLICATED, q->dir->from->node, q->dir->from, pkt,
              (int64_t)pkt->id);
    else
        tell(q->rule, &LINK_RELEASED, q->dir, pkt);
    link_enter(q->dir, pkt);
}

/* --- what each kind does: true if the frame is taken ------------------------------------------ */

static bool act_drop(FaultRule *rule, LinkDir *dir, Packet *pkt)
{
    sim_remark(pkt->sim, pkt, "dropped by rule %s", rule->name);
    link_lose(dir, pkt, DROP_LINK_FAULT);
    return true;
}

static bool act_delay(FaultRule *rule, LinkDir *dir, Packet *pkt)
{
    char *by = time_to_text(rule->opt.delay);

    sim_remark(pkt->sim, pkt, "delayed by %s by rule %s", by, rule->name);
    g_free(by);
    trace(pkt->sim, LINK_DELAYED, dir->from->node, dir->from, pkt, (int64_t)pkt->id,
          trace_str(rule->name), rule->opt.delay);
    queue_put(&rule->later[dir->reverse], pkt, rule->opt.delay);
    return true;
}

/* The copies come right behind the frame, or later by the rule's delay. */
static bool act_duplicate(FaultRule *rule, LinkDir *dir, Packet *pkt)
{
    if (rule->opt.copies == 0)
        return false;
    Packet *first = packet_copy(pkt);
    link_enter(dir, pkt);
    sim_remark(first->sim, first, "duplicated by rule %s", rule->name);
    for (uint64_t i = rule->opt.copies; i > 0; i--) {
        Packet *copy = i > 1 ? packet_copy(first) : first;
        link_fates(dir)->duplicated++;
        if (rule->opt.delay > 0) {
            queue_put(&rule->later[dir->reverse], copy, rule->opt.delay);
            continue;
        }
        trace(copy->sim, LINK_DUPLICATED, dir->from->node, dir->from, copy, (int64_t)copy->id);
        link_enter(dir, copy);
    }
    return true;
}

static bool act_corrupt(FaultRule *rule, LinkDir *dir, Packet *pkt)
{
    uint64_t bits = (uint64_t)pkt->len * 8;
    uint64_t bit = rule->opt.bit >= 0 ? (uint64_t)rule->opt.bit : rng_below(&rule->rng, bits);

    sim_remark(pkt->sim, pkt, "one bit damaged by rule %s (bit %" G_GUINT64_FORMAT ")", rule->name,
               bit);
    link_flip_bit(dir, pkt, (size_t)bit);
    return false;
}

static bool act_modify(FaultRule *rule, LinkDir *dir, Packet *pkt)
{
    rule->calls.modify(rule->calls.self, dir, pkt);
    packet_set_frame(pkt);
    pkt->altered = true;
    sim_remark(pkt->sim, pkt, "modified by rule %s", rule->name);
    tell(rule, &LINK_MODIFIED, dir, pkt);
    return false;
}

static void catch_frame(FaultRule *rule, LinkDir *dir, Packet *pkt)
{
    FaultCaught *caught = g_new(FaultCaught, 1);

    *caught = (FaultCaught){ .pkt = pkt, .dir = dir, .since = sim_now(pkt->sim) };
    g_ptr_array_add(rule->caught, caught);
}

static bool act_hold(FaultRule *rule, LinkDir *dir, Packet *pkt)
{
    char *since = time_to_text(sim_now(pkt->sim));

    sim_remark(pkt->sim, pkt, "held by rule %s since %s", rule->name, since);
    g_free(since);
    link_fates(dir)->held++;
    tell(rule, &LINK_HELD, dir, pkt);
    catch_frame(rule, dir, pkt);
    return true;
}

static bool act_copy(FaultRule *rule, LinkDir *dir, Packet *pkt)
{
    Packet *copy = packet_copy(pkt);
    char *from = time_to_text(sim_now(pkt->sim));

    sim_remark(copy->sim, copy, "replayed by rule %s, caught at %s", rule->name, from);
    g_free(from);
    catch_frame(rule, dir, copy);
    return false;
}

static bool (*const acts[])(FaultRule *, LinkDir *, Packet *) = {
    [FAULT_DROP] = act_drop,       [FAULT_DELAY] = act_delay,   [FAULT_DUPLICATE] = act_duplicate,
    [FAULT_CORRUPT] = act_corrupt, [FAULT_MODIFY] = act_modify, [FAULT_HOLD] = act_hold,
    [FAULT_COPY] = act_copy,
};

/* --- which rule ------------------------------------------------------------------------------- */

static bool wants(FaultRule *rule, LinkDir *dir, const Packet *pkt)
{
    const FaultOptions *opt = &rule->opt;
    SimTime now = sim_now(pkt->sim);

    if (rule->removed || (opt->count > 0 && rule->hits >= opt->count))
        return false;
    if (now < opt->after || now >= opt->before)
        return false;
    if (opt->from != NULL && opt->from != dir->from->node)
        return false;
    if (rule->kind == FAULT_CORRUPT && (uint64_t)MAX(opt->bit, 0) >= (uint64_t)pkt->len * 8)
        return false;
    if (rule->calls.match != NULL && !rule->calls.match(rule->calls.self, dir, pkt))
        return false;
    rule->seen++;
    return rule->seen > opt->skip && rng_chance(&rule->rng, opt->probability);
}

bool fault_apply(LinkDir *dir, Packet *pkt)
{
    GPtrArray *rules = link_of(dir)->rules;

    for (guint i = 0; i < rules->len; i++) {
        FaultRule *rule = g_ptr_array_index(rules, i);
        if (!wants(rule, dir, pkt))
            continue;
        rule->hits++;
        if (rule->calls.on_hit != NULL)
            rule->calls.on_hit(rule->calls.self, pkt);
        return acts[rule->kind](rule, dir, pkt);
    }
    return false;
}

/* --- the life of a rule ----------------------------------------------------------------------- */

static void free_caught(void *caught_)
{
    FaultCaught *caught = caught_;

    packet_free(caught->pkt);
    g_free(caught);
}

static void free_rule(void *rule)
{
    fault_free(rule);
}

FaultRule *fault_add(Link *link, FaultKind kind, const FaultOptions *opt, const FaultCalls *calls,
                     const char *name)
{
    g_assert(kind != FAULT_MODIFY || calls->modify != NULL);
    FaultRule *rule = g_new0(FaultRule, 1);
    if (link->rules == NULL)
        link->rules = g_ptr_array_new_with_free_func(free_rule);
    char *stream = g_strdup_printf("link:%s:rule:%u", link_dir_name(&link->dir[0]),
                                   link->rules->len + 1);

    rule->link = link;
    rule->kind = kind;
    rule->opt = *opt;
    rule->calls = *calls;
    rule->name = g_strdup(name);
    sim_rng(link->dir[0].sim, stream, &rule->rng);
    g_free(stream);
    rule->caught = g_ptr_array_new_with_free_func(free_caught);
    for (int i = 0; i < 2; i++) {
        rule->later[i] = (FaultQueue){ .rule = rule, .dir = &link->dir[i] };
        timer_init(&rule->later[i].timer, &link->dir[0].sim->sched, queue_due, &rule->later[i]);
    }
    g_ptr_array_add(link->rules, rule);
    link_judge(&link->dir[0]);
    link_judge(&link->dir[1]);
    return rule;
}

void fault_remove(FaultRule *rule)
{
    rule->removed = true;
}

void fault_free(FaultRule *rule)
{
    for (int i = 0; i < 2; i++) {
        timer_stop(&rule->later[i].timer);
        while (rule->later[i].head != NULL)
            packet_free(queue_take(&rule->later[i]));
    }
    g_ptr_array_free(rule->caught, TRUE);
    if (rule->calls.free_self != NULL)
        rule->calls.free_self(rule->calls.self);
    g_free(rule->name);
    g_free(rule);
}

size_t fault_release(FaultRule *rule)
{
    size_t n = rule->caught->len;

    for (size_t i = 0; i < n; i++) {
        FaultCaught *caught = g_ptr_array_index(rule->caught, i);
        Packet *pkt = rule->kind == FAULT_COPY ? packet_copy(caught->pkt) : caught->pkt;
        if (rule->kind == FAULT_COPY)
            link_fates(caught->dir)->duplicated++;
        else
            caught->pkt = NULL;
        tell(rule, &LINK_RELEASED, caught->dir, pkt);
        link_enter(caught->dir, pkt);
    }
    if (rule->kind != FAULT_COPY)
        g_ptr_array_set_size(rule->caught, 0);
    return n;
}
