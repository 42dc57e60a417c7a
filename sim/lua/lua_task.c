/*
 * lua_task.c - tasks: coroutines that yield to the scheduler when they wait.
 *
 * A task has one Timer. It is the deadline while the task waits; woken, or past its deadline, the
 * task arms it once more for now, so that it runs behind all that was due already. A wait in a
 * queue without a deadline arms nothing and does not keep the simulation alive.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_priv.h"

typedef enum TaskState { TASK_READY, TASK_RUNNING, TASK_WAITING, TASK_OVER } TaskState;

struct Task {
    World *world;
    lua_State *co; /* NULL once over */
    int ref;       /* the registry's to co; once over, what keeps a list of what it returned */
    int n_values;
    int kept;      /* what keeps its handle while it is not over, and with it this */
    unsigned number;     /* in the world, from 0 */
    Task *older, *newer; /* among those of the world that are not over */
    Timer timer;
    TaskState state;
    bool timed_out;
    bool doomed; /* killed while it runs: ends when it next waits */
    bool killed;
    const char *refusal; /* what the network answered when it last failed a call; NULL: never yet */
    WaitQueue *queue; /* while waiting; NULL: in none */
    TaskStep step; /* task_wait_stepping; NULL: none */
    void *step_self;
    WaitQueue *step_queue;
    Task *prev, *next;
    TaskCondition ready; /* task_wait_until; NULL: none */
    void *ready_self;
    Node *node; /* dies with it; NULL */
    WaitQueue finished;
};

/* --- queues ----------------------------------------------------------------------------------- */

static void enqueue(WaitQueue *queue, Task *task)
{
    task->queue = queue;
    task->prev = queue->tail;
    task->next = NULL;
    if (queue->tail != NULL)
        queue->tail->next = task;
    else
        queue->head = task;
    queue->tail = task;
}

/* Out of whatever it waits for. */
static void leave(Task *task)
{
    WaitQueue *queue = task->queue;

    if (queue != NULL) {
        *(task->prev != NULL ? &task->prev->next : &queue->head) = task->next;
        *(task->next != NULL ? &task->next->prev : &queue->tail) = task->prev;
        task->queue = NULL;
        task->prev = task->next = NULL;
    }
    if (task->ready != NULL) {
        task->ready = NULL;
        g_ptr_array_remove(task->world->parts->conditions, task);
        world_watch(task->world);
    }
}

static void wake(Task *task)
{
    leave(task);
    __builtin_prefetch(task->step_self);
    task->state = TASK_READY;
    timer_set(&task->timer, 0);
}

void waitq_wake(WaitQueue *queue)
{
    while (queue->head != NULL)
        wake(queue->head);
}

void waitq_wake_user(void *queue)
{
    waitq_wake(queue);
}

/* --- a task's life ---------------------------------------------------------------------------- */

static void join_living(Task *task)
{
    WorldParts *parts = task->world->parts;

    task->number = parts->tasks_made++;
    task->older = parts->newest_task;
    *(parts->newest_task != NULL ? &parts->newest_task->newer : &parts->oldest_task) = task;
    parts->newest_task = task;
}

static void leave_living(Task *task)
{
    WorldParts *parts = task->world->parts;

    *(task->older != NULL ? &task->older->newer : &parts->oldest_task) = task->newer;
    *(task->newer != NULL ? &task->newer->older : &parts->newest_task) = task->older;
}

/* Nothing of it will run any more, and only who holds its handle still knows it. The world asks of
 * its file's task to the end. */
static void finish(Task *task)
{
    leave(task);
    leave_living(task);
    timer_stop(&task->timer);
    task->co = NULL;
    task->state = TASK_OVER;
    waitq_wake(&task->finished);
    if (task != task->world->parts->file_task)
        object_let_go(task->world, task->kept);
}

static void end_by_force(Task *task)
{
    LuaEnv *env = task->world->env;
    bool ending = env->ending;

    env->ending = true;
    lua_resetthread(task->co);
    env->ending = ending;
    task->killed = true;
    luaL_unref(world_lua(task->world), LUA_REGISTRYINDEX, task->ref);
    finish(task);
}

/* The file has waited or ended: its parameters are all declared, and from now on it counts as
 * loaded. */
static void file_has_begun(Task *task)
{
    WorldParts *parts = task->world->parts;

    if (task != parts->file_task || parts->loaded)
        return;
    sim_params_finish(task->world);
    parts->loaded = parts->error == NULL;
    const LuaHooks *hooks = &task->world->env->hooks;
    if (hooks->loaded != NULL)
        hooks->loaded(hooks->self, task->world);
}

/* Keeps the n values that its function returned, as a list. */
static int keep_values(Task *task, int n)
{
    lua_State *L = world_lua(task->world);

    luaL_checkstack(task->co, 3, NULL);
    lua_createtable(task->co, n, 0);
    lua_insert(task->co, -n - 1);
    for (int i = n; i >= 1; i--)
        lua_rawseti(task->co, -i - 1, i);
    lua_xmove(task->co, L, 1);
    int kept = object_keep(L, task->world);
    lua_pop(L, 1);
    return kept;
}

/* Its function has returned n values. The coroutine, as good as new, serves a task to come: no
 * author gets hold of one (coroutine.running gives none). */
static void end_well(Task *task, int n)
{
    int ref = task->ref;

    task->n_values = n;
    if (n > 0)
        task->ref = keep_values(task, n);
    g_array_append_val(task->world->parts->coroutines, ref);
    finish(task);
}

void task_note_refusal(lua_State *L, const char *name)
{
    Task *task = lua_env(L)->running;

    if (task != NULL)
        task->refusal = name;
}

/* What failed returned nil, and who did not ask stumbles over it: the error on top says so too. */
static void explain_nil(const Task *task)
{
    const char *text = lua_type(task->co, -1) == LUA_TSTRING ? lua_tostring(task->co, -1) : "";

    if (task->refusal == NULL || strstr(text, " a nil value") == NULL)
        return;
    lua_pushfstring(task->co, "%s; the last call that failed here returned nil, \"%s\"", text,
                    task->refusal);
    lua_remove(task->co, -2);
}

static void resume(Task *task)
{
    World *world = task->world;
    LuaEnv *env = world->env;
    Task *outer = env->running;
    lua_State *from = outer != NULL ? outer->co : env->L;
    int n_results = 0;

    bounds_collect_if_due(task->co, env);
    env->running = task;
    task->state = TASK_RUNNING;
    int status = lua_resume(task->co, from, 0, &n_results);
    env->running = outer;
    if (task->doomed) {
        end_by_force(task);
    } else if (status == LUA_YIELD) {
        g_assert(task->state != TASK_RUNNING);
        file_has_begun(task);
    } else if (status == LUA_OK) {
        file_has_begun(task);
        end_well(task, n_results);
    } else {
        explain_nil(task);
        world_fail(world, task->co);
        end_by_force(task);
    }
}

/* Its turn has come, and a step may be all that is to be done. */
static bool waits_on(Task *task)
{
    if (task->step == NULL || !task->step(task->co, task->step_self))
        return false;
    task->state = TASK_WAITING;
    enqueue(task->step_queue, task);
    return true;
}

static void timer_fired(void *owner)
{
    Task *task = owner;

    if (task->state == TASK_WAITING) {
        task->timed_out = true;
        wake(task);
    } else if (!waits_on(task)) {
        task->step = NULL;
        resume(task);
    }
}

/* A coroutine for the function at `arg`, and the registry's reference to it. */
static lua_State *take_coroutine(lua_State *L, int arg, int *ref)
{
    GArray *spare = lua_world(L)->parts->coroutines;
    lua_State *co;

    if (spare->len > 0) {
        *ref = g_array_index(spare, int, --spare->len);
        lua_rawgeti(L, LUA_REGISTRYINDEX, *ref);
        co = lua_tothread(L, -1);
        lua_pop(L, 1);
    } else {
        co = lua_newthread(L);
        *ref = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    bounds_watch(co);
    lua_pushvalue(L, arg);
    lua_xmove(L, co, 1);
    return co;
}

Task *task_new(lua_State *L, int arg, Node *node)
{
    World *world = lua_world(L);

    arg = lua_absindex(L, arg);
    int kept;
    Task *task = object_push_own(L, "task", sizeof *task, &kept);
    /* What may run out of memory comes first: no task without a coroutine may be left behind. */
    task->co = take_coroutine(L, arg, &task->ref);
    task->world = world;
    task->node = node;
    task->kept = kept;
    timer_init(&task->timer, &world->sim->sched, timer_fired, task);
    join_living(task);
    timer_set(&task->timer, 0);
    return task;
}

void task_end_all(World *world)
{
    const GArray *spare = world->parts->coroutines;

    while (world->parts->newest_task != NULL)
        end_by_force(world->parts->newest_task);
    for (guint i = 0; i < spare->len; i++)
        luaL_unref(world_lua(world), LUA_REGISTRYINDEX, g_array_index(spare, int, i));
}

void task_kill_node(World *world, Node *node)
{
    Task *task = world->parts->oldest_task;

    while (task != NULL) {
        Task *next = task->newer;
        if (task->node == node && task->state == TASK_RUNNING) {
            task->doomed = true;
        } else if (task->node == node) {
            end_by_force(task);
            next = world->parts->oldest_task; /* what its end called may have ended others */
        }
        task = next;
    }
}

const Task *task_next(const World *world, const Task *after)
{
    return after != NULL ? after->newer : world->parts->oldest_task;
}

unsigned task_number(const Task *task)
{
    return task->number;
}

lua_State *task_state(const Task *task)
{
    return task->co;
}

bool task_over(const Task *task)
{
    return task->state == TASK_OVER;
}

void task_push_value(lua_State *L, const Task *task)
{
    if (task->n_values > 0) {
        object_push_kept(L, task->world, task->ref);
        lua_rawgeti(L, -1, 1);
        lua_remove(L, -2);
    } else {
        lua_pushnil(L);
    }
}

char *task_place(const Task *task)
{
    return task->co != NULL ? lua_place(task->co) : g_strdup(task->world->file);
}

/* --- waiting ---------------------------------------------------------------------------------- */

/* Raises, with the name of the call that waits. */
static void may_not_wait(lua_State *L, const LuaEnv *env)
{
    lua_Debug ar = { 0 };

    if (lua_getstack(L, 0, &ar))
        lua_getinfo(L, "n", &ar);
    const char *name = ar.name != NULL ? ar.name : "this call";
    if (env->callback_depth > 0)
        lua_fail(L, "'%s' waits, and a callback (%s) cannot: start a task with sim.spawn", name,
                 env->callback_what);
    if (env->running == NULL || env->running->co != L)
        lua_fail(L, "'%s' waits, and a coroutine of your own cannot: start a task with sim.spawn",
                 name);
    lua_fail(L,
             "'%s' waits, and a callback of a library function cannot: start a task with sim.spawn",
             name);
}

/* The task that asks to wait; raises if it may not. */
static Task *check_may_wait(lua_State *L)
{
    LuaEnv *env = lua_env(L);

    if (env->tripped != BOUND_NONE)
        bounds_raise(L);
    if (env->callback_depth > 0 || env->running == NULL || env->running->co != L ||
        !lua_isyieldable(L))
        may_not_wait(L, env);
    return env->running;
}

int task_wait(lua_State *L, WaitQueue *queue, SimTime deadline, lua_KFunction k, lua_KContext ctx)
{
    Task *task = check_may_wait(L);

    task->timed_out = false;
    task->state = TASK_WAITING;
    if (queue != NULL)
        enqueue(queue, task);
    if (deadline != NEVER)
        timer_set(&task->timer, MAX(0, deadline - sim_now(task->world->sim)));
    return lua_yieldk(L, 0, ctx, k);
}

int task_wait_stepping(lua_State *L, WaitQueue *queue, TaskStep step, void *self, lua_KFunction k,
                       lua_KContext ctx)
{
    Task *task = check_may_wait(L);

    task->step = step;
    task->step_self = self;
    task->step_queue = queue;
    return task_wait(L, queue, NEVER, k, ctx);
}

int task_wait_until(lua_State *L, TaskCondition ready, void *self, SimTime deadline,
                    lua_KFunction k, lua_KContext ctx)
{
    Task *task = check_may_wait(L);

    task->ready = ready;
    task->ready_self = self;
    g_ptr_array_add(task->world->parts->conditions, task);
    world_watch(task->world);
    return task_wait(L, NULL, deadline, k, ctx);
}

void tasks_check_conditions(World *world)
{
    GPtrArray *conditions = world->parts->conditions;

    for (guint i = 0; i < conditions->len;) {
        Task *task = g_ptr_array_index(conditions, i);
        if (task->ready(task->ready_self))
            wake(task);
        else
            i++;
    }
}

bool task_timed_out(lua_State *L)
{
    return lua_env(L)->running->timed_out;
}

int lua_keep(lua_State *L, int arg)
{
    luaL_checktype(L, arg, LUA_TFUNCTION);
    lua_pushvalue(L, arg);
    return luaL_ref(L, LUA_REGISTRYINDEX);
}

bool lua_callback(lua_State *L, int n, int results, const char *what)
{
    LuaEnv *env = lua_env(L);
    const char *outer = env->callback_what;

    /* Each state counts its own nesting; this counts that of all. */
    if (env->callback_depth >= 20) {
        lua_pop(L, n + 1);
        lua_pushfstring(L, "%s: a %s calls itself through a %s", env->world->file, what, outer);
        world_fail(env->world, L);
        return false;
    }
    bounds_collect_if_due(L, env);
    env->callback_depth++;
    env->callback_what = what;
    int status = lua_pcall(L, n, results, 0);
    env->callback_depth--;
    env->callback_what = outer;
    if (status != LUA_OK)
        world_fail(env->world, L);
    return status == LUA_OK;
}

/* --- what the author sees --------------------------------------------------------------------- */

Task *task_spawn(lua_State *L, int arg, Node *node)
{
    luaL_checktype(L, arg, LUA_TFUNCTION);
    return task_new(L, arg, node);
}

/* sim.spawn(f) -> task */
static int l_spawn(lua_State *L)
{
    task_spawn(L, 1, NULL);
    return 1;
}

/* host:spawn(f) -> task, which dies with its host */
static int l_node_spawn(lua_State *L)
{
    Node *node = lua_check_node(L, 1);

    if (node->down)
        return lua_fail(L, "%s is down: nothing runs on it until it boots", node->name);
    task_spawn(L, 2, node);
    return 1;
}

static int k_return(lua_State *L, int status, lua_KContext ctx)
{
    (void)L;
    (void)status;
    (void)ctx;
    return 0;
}

/* sim.sleep(time) */
static int l_sleep(lua_State *L)
{
    SimTime t = lua_check_time(L, 1);

    return task_wait(L, NULL, time_add(sim_now(lua_sim(L)), t), k_return, 0);
}

/* sim.settle(): until nothing can happen any more */
static int l_settle(lua_State *L)
{
    return task_wait(L, &lua_world(L)->parts->settling, NEVER, k_return, 0);
}

static int k_task_wait(lua_State *L, int status, lua_KContext ctx)
{
    Task *task = (Task *)ctx;

    (void)status;
    if (task->state != TASK_OVER)
        return lua_timed_out(L);
    if (task->killed) {
        lua_pushnil(L);
        lua_pushliteral(L, "KILLED");
        return 2;
    }
    if (task->n_values == 0) {
        lua_pushnil(L);
        return 1;
    }
    luaL_checkstack(L, task->n_values + 2, "too many values");
    object_push_kept(L, task->world, task->ref);
    int values = lua_gettop(L);
    for (int i = 1; i <= task->n_values; i++)
        lua_rawgeti(L, values, i);
    return task->n_values;
}

/* task:wait([{ timeout = T }]) -> what its function returned, or nil, "TIMEOUT" or "KILLED" */
static int l_task_wait(lua_State *L)
{
    Task *task = lua_check_object(L, 1, "task");
    SimTime deadline = lua_check_deadline(L, 2);

    if (task->state == TASK_OVER)
        return k_task_wait(L, LUA_OK, (lua_KContext)task);
    if (task == lua_env(L)->running)
        return lua_fail(L, "a task cannot wait for itself");
    return task_wait(L, &task->finished, deadline, k_task_wait, (lua_KContext)task);
}

/* One sim.wait: its function, and how it went. */
typedef struct Question {
    World *world;
    int function;
} Question;

static bool ask(void *self)
{
    const Question *question = self;
    lua_State *L = world_lua(question->world);

    luaL_checkstack(L, 4, NULL);
    lua_rawgeti(L, LUA_REGISTRYINDEX, question->function);
    if (!lua_callback(L, 0, 1, "sim.wait"))
        return false;
    bool yes = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return yes;
}

static int k_wait(lua_State *L, int status, lua_KContext ctx)
{
    Question *question = (Question *)ctx;

    (void)status;
    luaL_unref(L, LUA_REGISTRYINDEX, question->function);
    if (task_timed_out(L))
        return lua_timed_out(L);
    lua_pushboolean(L, true);
    return 1;
}

/* sim.wait(f [, { timeout = T }]) -> true, or nil, "TIMEOUT": until f() is true, asked after every
 * event */
static int l_wait(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    SimTime deadline = lua_check_deadline(L, 2);
    Task *task = check_may_wait(L);

    /* On this task's stack, so that it lives as long as the wait. */
    Question *question = lua_newuserdatauv(L, sizeof *question, 0);
    *question = (Question){ task->world, lua_keep(L, 1) };
    bool yes = ask(question);
    if (task->world->parts->error != NULL)
        return task_wait(L, NULL, NEVER, k_return, 0);
    if (yes) {
        luaL_unref(L, LUA_REGISTRYINDEX, question->function);
        lua_pushboolean(L, true);
        return 1;
    }
    return task_wait_until(L, ask, question, deadline, k_wait, (lua_KContext)question);
}

/* sim.now() -> seconds */
static int l_now(lua_State *L)
{
    lua_pushnumber(L, (lua_Number)sim_now(lua_sim(L)) / (lua_Number)SEC);
    return 1;
}

static void task_text(lua_State *L, void *p, GString *out)
{
    static const char *const states[] = { "ready", "running", "waiting", "over" };
    const Task *task = p;

    (void)L;
    g_string_append_printf(out, "task<%u %s>", task->number, states[task->state]);
}

void lua_open_task(lua_State *L)
{
    static const luaL_Reg functions[] = { { "spawn", l_spawn },   { "sleep", l_sleep },
                                          { "settle", l_settle }, { "wait", l_wait },
                                          { "now", l_now },       { NULL, NULL } };
    static const luaL_Reg methods[] = { { "wait", l_task_wait }, { NULL, NULL } };
    static const luaL_Reg on_node[] = { { "spawn", l_node_spawn }, { NULL, NULL } };

    luaL_setfuncs(L, functions, 0);
    lua_class(L, "task", methods, NULL, task_text, NULL);
    if (luaL_getmetatable(L, "host") == LUA_TTABLE)
        lua_class_add(L, "host", on_node);
    if (luaL_getmetatable(L, "router") == LUA_TTABLE)
        lua_class_add(L, "router", on_node);
    lua_pop(L, 2);
}
