/*
 * pkt_run.c - plays a script: its events in their order, each at its time.
 *
 * At an instant the host's own timers come first, then what the script does. A call that blocks is
 * tried again after every event of the world, until it is done or the script has ended.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/pkt_priv.h"

#include <inttypes.h>
#include <string.h>

/* How long a call may wait that the script does not say to block. */
#define PATIENCE MINUTE

static SimTime tolerance(const PktRun *run, SimTime t)
{
    SimTime since = run->last_event >= 0 && t > run->last_event ? t - run->last_event : 0;
    SimTime part = since / 1000 * (SimTime)run->settings.tolerance_percent;

    return MAX(run->settings.tolerance, part);
}

/* --- calls ------------------------------------------------------------------------------------ */

static char *outcome_text(int64_t value, const char *error)
{
    if (error != NULL)
        return g_strdup_printf("%" PRId64 " %s", value, error);
    return g_strdup_printf("%" PRId64, value);
}

static bool check_outcome(PktRun *run, const PktEvent *ev, PktOutcome *out)
{
    const PktCall *call = ev->call;
    g_autofree char *wrong = out->wrong;

    if (wrong != NULL && out->lacks)
        return pkt_run_lacks(run, ev, wrong);
    bool same = call->result->kind == PKT_ELLIPSIS || out->value == call->result->num;
    if (same && call->error != NULL)
        same = out->error != NULL && pkt_errno(out->error) == pkt_errno(call->error);
    if (same && wrong == NULL)
        return true;
    if (wrong != NULL && same)
        return pkt_run_fail(run, ev, NULL, "%s: %s", call->name, wrong);
    g_autofree char *got = outcome_text(out->value, out->error);
    g_autofree char *want = outcome_text(call->result->num, call->error);
    return pkt_run_fail(run, ev, NULL, "%s returned %s, expected %s", call->name, got, want);
}

/* After every event: does the call that blocks go on? */
static void retry(void *self)
{
    PktRun *run = self;

    pkt_errqueue_note(run);
    pkt_epoll_note(run);
    if (run->blocked == NULL || run->blocked_done)
        return;
    run->blocked_outcome = (PktOutcome){ 0 };
    run->blocked_done = pkt_call_try(run, run->blocked->call, false, &run->blocked_outcome);
    if (!run->blocked_done && sim_now(run->sim) >= run->blocked_timeout) {
        run->blocked_done = true;
        run->blocked_outcome = (PktOutcome){ 0 };
    }
    if (run->blocked_done)
        run->blocked_done_at = sim_now(run->sim);
}

/* The call that blocked is done: was it in time, and with what? */
static bool finish_blocked(PktRun *run)
{
    const PktEvent *ev = run->blocked;
    SimTime end = run->blocked_end, at = run->blocked_done_at;
    SimTime slack = end != NEVER ? tolerance(run, end) : 0;

    run->blocked = NULL;
    timer_stop(&run->timeout);
    if (!check_outcome(run, ev, &run->blocked_outcome))
        return false;
    if (end == NEVER || (at >= end - slack && at <= end + slack))
        return true;
    g_autofree char *was = time_to_text(at), *want = time_to_text(end);
    return pkt_run_fail(run, ev, NULL, "%s returned at %s, expected at %s", ev->call->name, was,
                        want);
}

/* Goes on until the call is done, at most until then. */
static void wait_blocked(PktRun *run, SimTime until)
{
    while (run->blocked != NULL && !run->blocked_done && pkt_step(run, until))
        ;
}

static bool still_blocks(PktRun *run)
{
    return pkt_run_fail(run, run->blocked, NULL, "%s still blocks", run->blocked->call->name);
}

static bool start_call(PktRun *run, const PktEvent *ev, SimTime base)
{
    const PktCall *call = ev->call;
    SimTime now = sim_now(run->sim), limit = pkt_call_timeout(call);

    run->blocked_outcome = (PktOutcome){ 0 };
    run->blocked_end = call->ends ? base + call->end : NEVER;
    run->blocked_done = pkt_call_try(run, call, true, &run->blocked_outcome);
    run->blocked_done_at = now;
    run->blocked = ev;
    if (!run->blocked_done && limit == 0) {
        run->blocked_done = true;
        run->blocked_outcome = (PktOutcome){ 0 };
    }
    if (run->blocked_done)
        return finish_blocked(run);
    run->blocked_timeout = limit == NEVER ? NEVER : now + limit;
    if (limit != NEVER)
        timer_set(&run->timeout, limit);
    if (call->ends)
        return true;
    wait_blocked(run, now + PATIENCE);
    return run->blocked_done ? finish_blocked(run) : still_blocks(run);
}

/* --- events ----------------------------------------------------------------------------------- */

static bool run_code(PktRun *run, const PktEvent *ev)
{
    bool unsupported = false;
    char *why = NULL;

    if (pkt_code(ev->text, true, run->vars, pkt_tcp_info, run, &unsupported, &why))
        return true;
    if (unsupported)
        pkt_run_lacks(run, ev, why);
    else
        pkt_run_fail(run, ev, NULL, "%s", why);
    g_free(why);
    return false;
}

static bool run_command(PktRun *run, const PktEvent *ev)
{
    char *why = pkt_bsd_command(run, ev->text);

    if (why != NULL) {
        bool ok = *why == '\0' || pkt_run_fail(run, ev, NULL, "%s", why);
        g_free(why);
        return ok;
    }
    if (!pkt_command(&run->settings, ev->text, &why)) {
        pkt_run_lacks(run, ev, why);
        g_free(why);
        return false;
    }
    if (run->sim != NULL) {
        tcp_set_config(stack_tcp(run->stack), &run->settings.stack.tcp);
        if (run->settings.flush)
            tcp_fastopen_forget(stack_tcp(run->stack));
    }
    run->settings.flush = false;
    return true;
}

static bool act(PktRun *run, const PktEvent *ev, SimTime base)
{
    switch (ev->kind) {
    case PKT_PACKET: return pkt_inject(run, ev);
    case PKT_CALL: return start_call(run, ev, base);
    case PKT_COMMAND: return run_command(run, ev);
    case PKT_CODE: return run_code(run, ev);
    }
    g_assert_not_reached();
}

/* One call at a time: the next waits for the one that blocks. */
static bool await_blocked(PktRun *run)
{
    if (run->blocked == NULL)
        return true;
    SimTime end = run->blocked_end;
    wait_blocked(run, end + tolerance(run, end));
    return run->blocked_done ? finish_blocked(run) : still_blocks(run);
}

static bool play(PktRun *run, const PktEvent *ev)
{
    SimTime now = sim_now(run->sim), base = ev->clock == PKT_AFTER ? now : 0;
    SimTime from = base + ev->from, to = base + ev->to;

    if (ev->clock == PKT_ANY_TIME)
        from = to = now;
    SimTime slack = tolerance(run, from);
    bool ok;
    if (ev->kind == PKT_PACKET && !ev->packet.inbound) {
        ok = pkt_expect(run, ev, from, to, slack);
    } else {
        if (from < now - slack)
            return pkt_run_fail(run, ev, NULL, "its time is over");
        if (ev->kind == PKT_CALL && !await_blocked(run))
            return false;
        pkt_advance(run, from);
        ok = pkt_nothing_unexpected(run, ev, sim_now(run->sim)) && act(run, ev, base);
    }
    run->last_event = from;
    if (ok && run->blocked != NULL && run->blocked_done)
        ok = finish_blocked(run);
    return ok;
}

/* Nothing is left over: no call, and in an exact script no packet. */
static void finish(PktRun *run, const PktEvent *last)
{
    if (run->blocked != NULL && !await_blocked(run))
        return;
    pkt_advance(run, sim_now(run->sim));
    pkt_nothing_unexpected(run, last, NEVER);
}

static void play_all(PktRun *run)
{
    const GPtrArray *events = run->script->events;
    guint i = 0;

    for (; i < events->len; i++) { /* the commands in front prepare the host */
        const PktEvent *ev = g_ptr_array_index(events, i);
        if (ev->kind != PKT_COMMAND)
            break;
        run_command(run, ev);
    }
    pkt_world_init(run);
    run->sim->after_event = retry;
    run->sim->after_self = run;
    for (; i < events->len; i++)
        if (!play(run, g_ptr_array_index(events, i)))
            return;
    finish(run, g_ptr_array_index(events, events->len - 1));
}

static PktVerdict say_unplayable(const PktScript *s, GString *report)
{
    g_string_append_printf(report, "%s:%u: %s%s\n", s->file, s->error_line,
                           s->unsupported ? "skip: not supported: " : "", s->error);
    return s->unsupported ? PKT_SKIPPED : PKT_MALFORMED;
}

PktVerdict pkt_play(const char *file, const char *text, const PktOptions *opt, GString *report)
{
    PktScript script = { .file = file };
    PktVerdict verdict;

    pkt_settings_init(&script.settings);
    if (pkt_parse(&script, text, opt)) {
        PktRun run = {
            .script = &script, .opt = opt, .settings = script.settings, .report = report
        };
        g_queue_init(&run.history);
        play_all(&run);
        verdict = run.verdict;
        pkt_world_clear(&run);
    } else {
        verdict = say_unplayable(&script, report);
    }
    pkt_script_clear(&script);
    return verdict;
}
