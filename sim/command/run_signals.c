/*
 * run_signals.c - the world outside, by handlers that do no more than they may.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/command/run_signals.h"

#include "sim/command/run.h"
#include "sim/command/run_files.h"

#include <string.h>
#include <sys/time.h>
#include <unistd.h>

enum {
    TICKS_PER_SECOND = 10,
    QUIET_TICKS = 10 * TICKS_PER_SECOND, /* without an event */
    GRACE_TICKS = TICKS_PER_SECOND,      /* from the request to stop until it is left behind, */
    LAST_TICKS = 5 * TICKS_PER_SECOND    /* and until the process ends */
};

/* Handlers have no argument to carry it. */
static struct {
    LuaEnv *env;
    const char *replay;
    sigjmp_buf *out;
    unsigned limit;        /* ticks; 0: none */
    unsigned ticks, quiet; /* since the beginning, since the last event */
    unsigned stopping;     /* since the request to stop; 0: none yet */
    int beat;
    bool interrupted;
} watch;

static void say(const char *text)
{
    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        return;
}

static void on_tick(int sig)
{
    (void)sig;
    watch.ticks++;
    if (watch.stopping > 0) {
        if (lua_env_telling(watch.env))
            return;
        if (++watch.stopping == GRACE_TICKS && watch.out != NULL)
            siglongjmp(*watch.out, 1);
        if (watch.stopping > LAST_TICKS) {
            out_files_remove();
            _exit(watch.interrupted ? STATUS_INTERRUPTED : STATUS_LIMIT);
        }
        return;
    }
    int beat = lua_env_beat(watch.env);
    watch.quiet = beat == watch.beat ? watch.quiet + 1 : 0;
    watch.beat = beat;
    if (watch.limit > 0 ? watch.ticks >= watch.limit : watch.quiet >= QUIET_TICKS) {
        watch.stopping = 1;
        lua_env_stop(watch.env, BOUND_WALL);
    }
}

static void on_interrupt(int sig)
{
    (void)sig;
    if (watch.interrupted) {
        out_files_remove();
        _exit(STATUS_INTERRUPTED);
    }
    watch.interrupted = true;
    watch.stopping = 1;
    lua_env_stop(watch.env, BOUND_INTERRUPT);
}

/* Told to go, or nobody reads any more: without a word. */
static void on_end(int sig)
{
    out_files_remove();
    _exit(128 + sig);
}

static void on_abort(int sig)
{
    (void)sig;
    say("stacklab: an invariant of stacklab itself broke; this is a bug\n  replay: ");
    say(watch.replay);
    say("\n");
    out_files_remove();
    _exit(STATUS_BUG);
}

static void set_handler(int sig, void (*handler)(int))
{
    struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };

    sigemptyset(&action.sa_mask);
    sigaction(sig, &action, NULL);
}

static void set_ticking(suseconds_t interval)
{
    struct itimerval timer = { { 0, interval }, { 0, interval } };

    setitimer(ITIMER_REAL, &timer, NULL);
}

void signals_catch(LuaEnv *env, SimTime wall_limit, const char *replay, sigjmp_buf *out)
{
    SimTime tick = SEC / TICKS_PER_SECOND;

    memset(&watch, 0, sizeof watch);
    watch.env = env;
    watch.replay = replay;
    watch.out = out;
    watch.limit = (unsigned)MIN((wall_limit + tick - 1) / tick, (SimTime)UINT_MAX);
    set_handler(SIGPIPE, on_end);
    set_handler(SIGTERM, on_end);
    set_handler(SIGHUP, on_end);
    set_handler(SIGABRT, on_abort);
    set_handler(SIGINT, on_interrupt);
    set_handler(SIGALRM, on_tick);
    set_ticking(1000000 / TICKS_PER_SECOND);
}

void signals_release(void)
{
    set_ticking(0);
    set_handler(SIGALRM, SIG_IGN);
    set_handler(SIGINT, SIG_DFL);
    set_handler(SIGABRT, SIG_DFL);
}
