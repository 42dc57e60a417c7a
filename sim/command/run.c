/*
 * run.c - one scenario played with its views, files and verdict.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/command/run.h"

#include "sim/command/run_signals.h"
#include "sim/command/run_views.h"
#include "sim/lua/lua_report.h"

#include <stdlib.h>

const RunRequest run_request_default = {
    .view = VIEW_LADDER,
    .time = DISSECT_TIME_SECONDS,
};

/* Of several the gravest: 3 ends the process at once, so 2, then 130 and 4, then 1. */
static int judge(const LuaOutcome *outcome)
{
    if (outcome->error != NULL)
        return STATUS_ERROR;
    if (outcome->bound == BOUND_INTERRUPT)
        return STATUS_INTERRUPTED;
    if (outcome->bound != BOUND_NONE)
        return STATUS_LIMIT;
    return outcome->failed > 0 ? STATUS_FAIL : STATUS_PASS;
}

/* What the outcome says becomes the result's. */
static void take_outcome(RunResult *out, LuaOutcome *outcome)
{
    out->status = judge(outcome);
    out->error = g_steal_pointer(&outcome->error);
    out->bound = g_steal_pointer(&outcome->bound_text);
    out->failures = outcome->failures;
    out->waiting = outcome->waiting;
    out->params = outcome->params;
    g_ptr_array_free(outcome->flip, TRUE);
    out->checks = outcome->checks;
    out->failed = outcome->failed;
    out->events = outcome->events;
}

/* Plays it; false if it had to be left behind while it span. */
static bool play(LuaEnv *env, const char *file, const RunRequest *req, LuaOutcome *outcome)
{
    sigjmp_buf out;

    if (!req->signals) {
        lua_env_play(env, file, outcome);
        return true;
    }
    char *replay = report_replay(file, &req->options);
    bool ended = sigsetjmp(out, 1) == 0;
    if (ended) {
        signals_catch(env, req->wall_limit, replay, &out);
        lua_env_play(env, file, outcome);
    } else {
        lua_env_abandon(env, outcome);
    }
    signals_release();
    g_free(replay);
    return ended;
}

int run_scenario(const char *file, const RunRequest *req, RunResult *out)
{
    GError *error = NULL;
    LuaOutcome outcome = { 0 };

    *out = (RunResult){ 0 };
    Views *views = views_new(file, req, &error);
    if (views == NULL) {
        out->status = STATUS_ERROR;
        out->error = g_strdup(error->message);
        out->failures = g_ptr_array_new_with_free_func(failure_free);
        out->waiting = g_ptr_array_new_with_free_func(g_free);
        out->params = g_ptr_array_new_with_free_func(g_free);
        g_error_free(error);
        return out->status;
    }
    LuaHooks hooks = views_hooks(views);
    LuaEnv *env = lua_env_new(&req->options, &hooks, lua_open_all);
    bool ended = play(env, file, req, &outcome);
    bool keep = outcome.loaded || outcome.error == NULL;
    take_outcome(out, &outcome);
    if (!views_finish(views, keep, out, &error)) {
        if (out->error == NULL)
            out->error = g_strdup(error->message);
        out->status = STATUS_ERROR;
        g_error_free(error);
    }
    /* What span may have been in the middle of anything; the process gives its memory back. */
    out->abandoned = !ended;
    if (ended)
        lua_env_free(env);
    return out->status;
}

void run_result_clear(RunResult *out)
{
    g_free(out->error);
    g_free(out->bound);
    g_ptr_array_free(out->failures, TRUE);
    g_ptr_array_free(out->waiting, TRUE);
    g_ptr_array_free(out->params, TRUE);
    free(out->text);
    *out = (RunResult){ 0 };
}
