/*
 * load.c - a load of connections, as a program on a host.
 *
 * One timer begins them all; what a connection needs beside its Conn is a cell of the world's heap,
 * given back with its end. The Conn is let go as soon as it is closed: TCP sees to the rest.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/application/load.h"

#include "protocols/stack.h"

/* How long one waits that was to take the place of another, and that no port was found for, or no
 * way: if others are open, at most until one of them ends. */
#define PAUSE (100 * MSEC)

typedef struct Client Client;
struct Client { /* one connection */
    Load    *load;
    Client  *newer, *older; /* among those that are open, in the order of their beginning */
    SimTime  began;
    uint64_t exchange;      /* from 1 */
    Talk     talk;
};

struct Load {
    Stack      *stack;
    LoadConfig  cfg;
    LoadFigures figures;
    uint64_t    planned, open; /* connections */
    Client     *oldest, *newest;
    Timer       next;      /* connection; or the end */
    Timer       too_long;  /* of the oldest */
    Load       *other;     /* of the same host */
};

/* --- the end ---------------------------------------------------------------------------------- */

static void end_if_over(Load *load)
{
    LoadFigures *f = &load->figures;

    if (f->over || f->started < load->planned || load->oldest != NULL)
        return;
    f->over = true;
    timer_stop(&load->next);
    load->cfg.on_done(load->cfg.user);
}

/* One has ended, and another may begin. */
static void one_less(Load *load)
{
    load->open--;
    if (load->cfg.at_once > 0 && load->figures.started < load->planned)
        timer_set(&load->next, 0);
    else
        end_if_over(load);
}

static void watch_oldest(Load *load)
{
    if (load->oldest != NULL)
        timer_set(&load->too_long, time_add(load->oldest->began, load->cfg.timeout) -
                                       sim_now(load->stack->node->sim));
    else
        timer_stop(&load->too_long);
}

static void client_free(Client *x)
{
    Load *load = x->load;
    bool was_oldest = x == load->oldest;

    *(x->older != NULL ? &x->older->newer : &load->oldest) = x->newer;
    *(x->newer != NULL ? &x->newer->older : &load->newest) = x->older;
    conn_free(x->talk.conn);
    heap_give(&load->stack->node->sim->heap, x, sizeof *x);
    if (was_oldest && load->cfg.timeout != NEVER)
        watch_oldest(load);
}

static void count_failure(Load *load, NetError err)
{
    load->figures.failed++;
    load->figures.failures[err]++;
}

static void fail(Client *x, NetError err)
{
    Load *load = x->load;

    count_failure(load, err);
    client_free(x);
    one_less(load);
}

static void succeed(Client *x)
{
    Load *load = x->load;
    LoadFigures *f = &load->figures;
    SimTime took = sim_now(load->stack->node->sim) - x->began;

    f->shortest = f->done == 0 ? took : MIN(f->shortest, took);
    f->longest = MAX(f->longest, took);
    f->total = time_add(f->total, took);
    f->done++;
    client_free(x);
    one_less(load);
}

static void too_long_fired(void *owner)
{
    Load *load = owner;
    Client *x = load->oldest;

    load->figures.failed++;
    load->figures.timeouts++;
    conn_abort(x->talk.conn);
    client_free(x);
    one_less(load);
}

/* --- a connection ----------------------------------------------------------------------------- */

static bool has_failed(NetError err)
{
    return err != NET_OK && err != NET_EAGAIN;
}

/* The last answer has come. OK: that is all. */
static NetError wait_for_end(Client *x)
{
    LoadConfig *cfg = &x->load->cfg;
    NetError err = NET_EOF;

    if (cfg->passive)
        while ((err = talk_receive(&x->talk, x->talk.got + 1, &cfg->wrong)) == NET_OK)
            continue;
    return err == NET_EOF ? NET_OK : err;
}

static void client_ready(void *client)
{
    Client *x = client;
    Load *load = x->load;
    LoadConfig *cfg = &load->cfg;
    NetError err = conn_connected(x->talk.conn);

    while (err == NET_OK) {
        NetError sent = talk_send(&x->talk);
        err = has_failed(sent) ? sent
                               : talk_receive(&x->talk, x->exchange * cfg->response, &cfg->wrong);
        if (err != NET_OK || sent != NET_OK)
            break;
        if (x->exchange == cfg->exchanges) {
            err = wait_for_end(x);
            if (err != NET_OK)
                break;
            succeed(x);
            return;
        }
        x->exchange++;
        x->talk.due += cfg->request;
    }
    if (has_failed(err))
        fail(x, err);
}

static void client_new(Load *load, Conn *conn)
{
    Sim *sim = load->stack->node->sim;
    Client *x = heap_take(&sim->heap, sizeof *x);

    *x = (Client){
        .load = load, .older = load->newest, .began = sim_now(sim), .exchange = 1,
        .talk = { .conn = conn, .due = load->cfg.request },
    };
    *(x->older != NULL ? &x->older->newer : &load->oldest) = x;
    load->newest = x;
    load->open++;
    if (load->cfg.nodelay)
        conn_set_nodelay(conn, true);
    conn_on_ready(conn, client_ready, x);
    if (load->cfg.timeout != NEVER && x->older == NULL)
        watch_oldest(load);
    if (conn_connected(conn) != NET_EAGAIN) /* without a handshake it is at once */
        client_ready(x);
}

/* False: not even its SYN could be sent. */
static bool begin_one(Load *load)
{
    const LoadConfig *cfg = &load->cfg;
    NetError err;

    load->figures.started++;
    Conn *conn = tcp_connect(stack_tcp(load->stack), IP_NONE, 0, cfg->addr, cfg->port, &err);
    if (conn != NULL)
        client_new(load, conn);
    else
        count_failure(load, err);
    return conn != NULL;
}

static void next_fired(void *owner)
{
    Load *load = owner;
    const LoadConfig *cfg = &load->cfg;
    const LoadFigures *f = &load->figures;

    bool begun = f->started < load->planned && begin_one(load);
    if (f->started == load->planned)
        end_if_over(load);
    else if (cfg->at_once == 0)
        timer_set(&load->next, cfg->every);
    else if (load->open < cfg->at_once)
        timer_set(&load->next, begun ? 0 : PAUSE);
}

/* --- the program of a host -------------------------------------------------------------------- */

typedef struct Loads {
    Load *first;
} Loads;

static const char loads_key[] = "loads";

/* Connections that are open end by themselves. */
static void loads_crash(void *loads_)
{
    for (Load *load = ((Loads *)loads_)->first; load != NULL; load = load->other) {
        if (!load->figures.over)
            load->figures.err = NET_ENETDOWN;
        load_stop(load);
    }
}

/* All of it is of the world's heap. */
static void loads_end(void *loads)
{
    (void)loads;
}

static void join(Load *load)
{
    Stack *stack = load->stack;
    Loads *loads = stack_program(stack, loads_key);

    if (loads == NULL) {
        loads = heap_new0(&stack->node->sim->heap, Loads);
        stack_add_program(stack, &(StackProgram){ loads_key, loads, loads_crash, loads_end });
    }
    load->other = loads->first;
    loads->first = load;
}

Load *load_start(Stack *stack, const LoadConfig *cfg)
{
    Sim *sim = stack->node->sim;
    Load *load = heap_new0(&sim->heap, Load);

    load->stack = stack;
    load->cfg = *cfg;
    load->planned = cfg->connections;
    timer_init(&load->next, &sim->sched, next_fired, load);
    timer_init(&load->too_long, &sim->sched, too_long_fired, load);
    join(load);
    timer_set(&load->next, 0);
    return load;
}

void load_stop(Load *load)
{
    if (load->figures.over)
        return;
    load->planned = load->figures.started;
    timer_set(&load->next, 0);
}

const LoadFigures *load_figures(const Load *load)
{
    return &load->figures;
}
