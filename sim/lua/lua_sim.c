/*
 * lua_sim.c - sim.number, params, note, lesson, label, table, record: what a scenario says about
 * itself.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_packet.h"
#include "sim/lua/lua_priv.h"
#include "sim/lua/lua_report.h"

#include <string.h>

const TracePoint SIM_NOTED = { "sim:noted", TRACE_SIM, { { "text", TV_STR } } };

/* Pushes the number that the text at arg says, in its base unit; sizes and rates as integers. */
static void push_number(lua_State *L, int arg)
{
    const char *text = luaL_checkstring(L, arg);
    SimTime t;
    uint64_t n;
    Prob p;

    if (lua_stringtonumber(L, text) != 0)
        return;
    if (parse_time(text, &t, NULL))
        lua_pushnumber(L, (lua_Number)t / (lua_Number)SEC);
    else if (parse_size(text, &n, NULL) || parse_rate(text, &n, NULL))
        lua_pushinteger(L, (lua_Integer)n);
    else if (parse_prob(text, &p, NULL)) /* checked; a Prob itself is coarser than 1 in 100 */
        lua_pushnumber(L, g_ascii_strtod(text, NULL) / 100);
    else
        lua_fail(L, "'%s' is no number with a unit (such as 10ms, 64KiB, 10Mbit, 5%%)", text);
}

lua_Number sim_number(lua_State *L, int arg)
{
    push_number(L, arg);
    lua_Number value = lua_tonumber(L, -1);
    lua_pop(L, 1);
    return value;
}

/* sim.number(text) -> the number in the base unit: seconds, bytes, bit/s, 0..1 */
static int l_number(lua_State *L)
{
    if (lua_type(L, 1) == LUA_TNUMBER)
        lua_settop(L, 1);
    else
        push_number(L, 1);
    return 1;
}

/* --- parameters ------------------------------------------------------------------------------- */

/* The text after "name=" of the last --set that names it, or NULL. For the outermost world only. */
static const char *set_on_command_line(const World *world, const char *name)
{
    const GPtrArray *sets = world->opt->sets;
    size_t len = strlen(name);

    if (world->outer != NULL || sets == NULL)
        return NULL;
    for (guint i = sets->len; i-- > 0;) {
        const char *set = g_ptr_array_index(sets, i);
        if (strncmp(set, name, len) == 0 && set[len] == '=')
            return set + len + 1;
    }
    return NULL;
}

/* Pushes the text as a value of the type that the default, on top of the stack, has. */
static void push_as_default(lua_State *L, const char *name, const char *text)
{
    switch (lua_type(L, -1)) {
    case LUA_TSTRING:
        lua_pushstring(L, text);
        return;
    case LUA_TBOOLEAN:
        if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
            lua_fail(L, "--set %s=%s: its default is %s, so say true or false", name, text,
                     lua_toboolean(L, -1) ? "true" : "false");
        lua_pushboolean(L, strcmp(text, "true") == 0);
        return;
    case LUA_TNUMBER:
        if (lua_stringtonumber(L, text) == 0)
            lua_fail(L, "--set %s=%s: its default is a number, so say a number in the base unit",
                     name, text);
        return;
    default:
        lua_fail(L, "--set %s: its default is a %s, which cannot be said on the command line", name,
                 luaL_typename(L, -1));
    }
}

/* The default is on top; pushes what holds in this world. */
static void push_param(lua_State *L, const World *world, const char *name)
{
    const char *text = set_on_command_line(world, name);

    if (text != NULL) {
        push_as_default(L, name, text);
        return;
    }
    lua_pushvalue(L, -1);
    if (world->parts->given_ref == LUA_NOREF)
        return;
    lua_rawgeti(L, LUA_REGISTRYINDEX, world->parts->given_ref);
    bool given = lua_getfield(L, -1, name) != LUA_TNIL;
    lua_remove(L, -2);
    if (!given) {
        lua_pop(L, 1);
        return;
    }
    int type = lua_type(L, -1), wanted = lua_type(L, -2);
    bool texts = (type == LUA_TSTRING || type == LUA_TNUMBER) &&
                 (wanted == LUA_TSTRING || wanted == LUA_TNUMBER);
    if (type != wanted && !texts)
        lua_fail(L, "sim.play: parameter '%s' is a %s there, not a %s", name,
                 lua_typename(L, wanted), lua_typename(L, type));
    lua_remove(L, -2);
}

static int no_such_param(lua_State *L)
{
    return lua_fail(L, "no parameter '%s' was declared with sim.params",
                    lua_isstring(L, 2) ? lua_tostring(L, 2) : luaL_typename(L, 2));
}

/* sim.params { name = default, ... } -> the same with what --set and sim.play say */
static int l_params(lua_State *L)
{
    const World *world = lua_world(L);
    WorldParts *parts = world->parts;

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_newtable(L);
    order_push_keys(L, 1);
    lua_Integer n = luaL_len(L, 3);
    for (lua_Integer i = 1; i <= n; i++) {
        if (lua_rawgeti(L, 3, i) != LUA_TSTRING)
            return lua_fail(L, "sim.params: parameters have names, as in { name = default }");
        const char *name = lua_tostring(L, -1);
        lua_getfield(L, 1, name);
        push_param(L, world, name);
        lua_pushvalue(L, -1);
        lua_setfield(L, 2, name);
        order_push_text(L, -1);
        g_ptr_array_add(parts->params, g_strdup(name));
        g_ptr_array_add(parts->param_text, g_strconcat(name, "=", lua_tostring(L, -1), NULL));
        lua_settop(L, 3);
    }
    lua_newtable(L);
    lua_pushcfunction(L, no_such_param);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, 2);
    lua_settop(L, 2);
    return 1;
}

/* Refuses the parameter if nobody has declared it. */
static void check_declared(World *world, const char *how, const char *name)
{
    GPtrArray *params = world->parts->params;
    lua_State *L = world_lua(world);

    for (guint i = 0; i < params->len; i++)
        if (strcmp(g_ptr_array_index(params, i), name) == 0)
            return;
    GString *text = g_string_new(NULL);
    g_string_printf(text, "%s%s: %s has no such parameter", how, name, world->file);
    g_ptr_array_add(params, NULL);
    const char *near = knob_nearest((const char *const *)params->pdata, name);
    g_ptr_array_remove_index(params, params->len - 1);
    if (near != NULL)
        g_string_append_printf(text, ", did you mean '%s'?", near);
    for (guint i = 0; i < params->len; i++)
        g_string_append_printf(text, "%s%s", i == 0 ? " (it has: " : ", ",
                               (char *)g_ptr_array_index(params, i));
    if (params->len > 0)
        g_string_append_c(text, ')');
    lua_pushlstring(L, text->str, text->len);
    g_string_free(text, TRUE);
    world_fail(world, L);
}

void sim_params_finish(World *world)
{
    const GPtrArray *sets = world->opt->sets;
    lua_State *L = world_lua(world);

    for (guint i = 0; world->outer == NULL && sets != NULL && i < sets->len; i++) {
        const char *set = g_ptr_array_index(sets, i);
        char *name = g_strndup(set, strcspn(set, "="));
        check_declared(world, "--set ", name);
        g_free(name);
    }
    for (guint i = 0; i < world->parts->flip->len; i++) {
        const char *set = g_ptr_array_index(world->parts->flip, i);
        g_autofree char *name = g_strndup(set, strcspn(set, "="));
        check_declared(world, "sim.lesson: flip: ", name);
    }
    if (world->parts->given_ref == LUA_NOREF)
        return;
    lua_rawgeti(L, LUA_REGISTRYINDEX, world->parts->given_ref);
    order_push_keys(L, -1);
    lua_Integer n = luaL_len(L, -1);
    for (lua_Integer k = 1; k <= n; k++) {
        lua_rawgeti(L, -1, k);
        check_declared(world, "sim.play: ", order_text(L, -1));
        lua_pop(L, 2);
    }
    lua_pop(L, 2);
}

/* --- narration -------------------------------------------------------------------------------- */

/* The English of a text at arg, borrowed; raises if it is none. */
static const char *english(lua_State *L, int arg)
{
    if (!lua_istable(L, arg))
        return luaL_checkstring(L, arg);
    int type = lua_rawgeti(L, arg, 1);
    if (type != LUA_TSTRING)
        lua_fail(L, "a text is a string, or { \"English\", zh = \"...\" }");
    const char *text = lua_tostring(L, -1);
    lua_pop(L, 1);
    return text;
}

/* sim.note(text): a line beside the ladder */
static int l_note(lua_State *L)
{
    World *world = lua_world(L);
    const LuaHooks *hooks = &world->env->hooks;

    /* Events are the same in every language. */
    const char *text = english(L, 1);
    trace(world->sim, SIM_NOTED, NULL, NULL, NULL, trace_str(text));
    text = lua_check_text(L, 1);
    if (hooks->note != NULL)
        hooks->note(hooks->self, world, text);
    return 0;
}

/* Raises about a key of the table at arg that is neither a number nor among `names`. */
static void check_fields(lua_State *L, int arg, const char *what, const char *const *names)
{
    order_push_keys(L, arg);
    lua_Integer n = luaL_len(L, -1);
    for (lua_Integer k = 1; k <= n; k++) {
        bool known = lua_rawgeti(L, -1, k) == LUA_TNUMBER;
        for (const char *const *name = names; !known && *name != NULL; name++)
            known = lua_isstring(L, -1) && strcmp(lua_tostring(L, -1), *name) == 0;
        if (!known) {
            const char *field = order_text(L, -1);
            const char *near = knob_nearest(names, field);
            lua_fail(L,
                     near != NULL ? "%s: no field '%s', did you mean '%s'?" : "%s: no field '%s'",
                     what, field, near);
        }
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

/* The text in the field, in the run's language; NULL if there is none. Stays on the stack. */
static const char *optional_text(lua_State *L, const char *field)
{
    return lua_getfield(L, 1, field) != LUA_TNIL ? lua_check_text(L, lua_gettop(L)) : NULL;
}

/* What the table on top of the stack sets, as --set takes it. */
static void read_flip(lua_State *L, World *world)
{
    WorldParts *parts = world->parts;

    order_push_keys(L, -1);
    lua_Integer n = luaL_len(L, -1);
    for (lua_Integer i = 1; i <= n; i++) {
        if (lua_rawgeti(L, -1, i) != LUA_TSTRING)
            lua_fail(L, "sim.lesson: flip sets parameters by name, as in { name = value }");
        const char *name = lua_tostring(L, -1);
        lua_getfield(L, -3, name);
        order_push_text(L, -1);
        g_ptr_array_add(parts->flip, g_strconcat(name, "=", lua_tostring(L, -1), NULL));
        lua_pop(L, 3);
    }
    lua_pop(L, 1);
}

/* sim.lesson { title, zh = title, question = text, shows = text, flip = { name = value } } */
static int l_lesson(lua_State *L)
{
    static const char *const fields[] = { "zh", "question", "shows", "flip", NULL };
    World *world = lua_world(L);
    const LuaHooks *hooks = &world->env->hooks;
    Lesson lesson = { .flip = world->parts->flip };

    lua_settop(L, 1);
    if (lua_type(L, 1) == LUA_TSTRING) { /* a title is enough */
        lua_createtable(L, 1, 0);
        lua_insert(L, 1);
        lua_rawseti(L, 1, 1);
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    check_fields(L, 1, "sim.lesson", fields);
    if (world->parts->taught)
        return lua_fail(L, "sim.lesson: a scenario is one lesson, and says so once");
    world->parts->taught = true;
    if (lua_getfield(L, 1, "flip") == LUA_TTABLE)
        read_flip(L, world);
    else if (!lua_isnil(L, -1))
        return lua_fail(L, "sim.lesson: flip is a table of parameters");
    lesson.question = optional_text(L, "question");
    lesson.shows = optional_text(L, "shows");
    lesson.title = lua_check_text(L, 1);
    if (hooks->lesson != NULL && !hooks->lesson(hooks->self, world, &lesson))
        return luaL_error(L, "no more than the lesson's name is wanted");
    return 0;
}

/* --- tables ----------------------------------------------------------------------------------- */

/* The list on top of the stack as cells. */
static char **row_cells(lua_State *L)
{
    lua_Integer n = luaL_len(L, -1);
    GPtrArray *cells = g_ptr_array_new();

    for (lua_Integer i = 1; i <= n; i++) {
        if (lua_geti(L, -1, i) == LUA_TTABLE) /* { "English", zh = ... } */
            lua_check_text(L, lua_gettop(L));
        order_text(L, -1);
        g_ptr_array_add(cells, g_strdup(lua_tostring(L, -1)));
        lua_pop(L, 2);
    }
    g_ptr_array_add(cells, NULL);
    return (char **)g_ptr_array_free(cells, FALSE);
}

static void free_row(void *cells)
{
    g_strfreev(cells);
}

/* Raises unless every row is a list. */
static void check_rows(lua_State *L, int rows)
{
    lua_Integer n = luaL_len(L, rows);

    for (lua_Integer i = 1; i <= n; i++) {
        if (lua_geti(L, rows, i) != LUA_TTABLE)
            lua_fail(L, "sim.table: row %d is a %s, not a list of cells", (int)i,
                     luaL_typename(L, -1));
        lua_pop(L, 1);
    }
}

/* sim.table { title, zh = title, columns = { text, ... }, rows = { { cell, ... }, ... } } */
static int l_table(lua_State *L)
{
    static const char *const fields[] = { "zh", "columns", "rows", NULL };
    const LuaHooks *hooks = &lua_env(L)->hooks;

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    check_fields(L, 1, "sim.table", fields);
    if (lua_getfield(L, 1, "columns") != LUA_TTABLE || lua_getfield(L, 1, "rows") != LUA_TTABLE)
        return lua_fail(L, "sim.table: columns and rows are lists");
    check_rows(L, 3);
    GPtrArray *rows = g_ptr_array_new_with_free_func(free_row);
    lua_pushvalue(L, 2);
    g_ptr_array_add(rows, row_cells(L));
    lua_Integer n = luaL_len(L, 3);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_geti(L, 3, i);
        g_ptr_array_add(rows, row_cells(L));
        lua_pop(L, 1);
    }
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "%s\n", lua_check_text(L, 1));
    report_append_table(out, rows);
    if (hooks->print != NULL)
        hooks->print(hooks->self, out->str);
    g_string_free(out, TRUE);
    g_ptr_array_free(rows, TRUE);
    return 0;
}

/* --- labels, records -------------------------------------------------------------------------- */

typedef struct Label {
    LuaMatch *match;
    int function;
} Label;

/* sim.label(FILTER, f): f(packet) names the packets that match */
static int l_label(lua_State *L)
{
    WorldParts *parts = lua_world(L)->parts;

    luaL_checktype(L, 2, LUA_TFUNCTION);
    Label *label = g_new0(Label, 1);
    if (parts->labels == NULL) {
        parts->labels = g_ptr_array_new_with_free_func(g_free);
        parts->label_texts = g_string_chunk_new(256);
    }
    label->function = LUA_NOREF;
    g_ptr_array_add(parts->labels, label);
    label->match = lua_check_filter(L, 1);
    label->function = lua_keep(L, 2);
    return 0;
}

const char *sim_label(World *world, const Record *rec)
{
    const GPtrArray *labels = world->parts->labels;
    lua_State *L = world_lua(world);

    for (guint i = 0; labels != NULL && i < labels->len; i++) {
        const Label *label = g_ptr_array_index(labels, i);
        if (label->match == NULL || !lua_match_record(label->match, rec))
            continue;
        luaL_checkstack(L, 10, NULL);
        lua_rawgeti(L, LUA_REGISTRYINDEX, label->function);
        lua_push_record(L, rec);
        if (!lua_callback(L, 1, 1, "label"))
            return NULL;
        const char *text = lua_tostring(L, -1);
        if (text != NULL)
            text = g_string_chunk_insert_const(world->parts->label_texts, text);
        lua_pop(L, 1);
        if (text != NULL)
            return text;
    }
    return NULL;
}

const char *lua_world_label(World *world, const Packet *pkt)
{
    Recorder *recorder = world->recorder;

    if (world->parts->labels == NULL || recorder_end(recorder) == 0)
        return NULL;
    const Record *newest = recorder_get(recorder, recorder_end(recorder) - 1);
    return newest->packet == pkt->id ? sim_label(world, newest) : NULL;
}

/* sim.record(on): keep what passes, for looking back, or not */
static int l_record(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TBOOLEAN);
    recorder_pause(lua_world(L)->recorder, !lua_toboolean(L, 1));
    return 0;
}

void sim_clear(World *world)
{
    GPtrArray *labels = world->parts->labels;

    for (guint i = 0; labels != NULL && i < labels->len; i++) {
        Label *label = g_ptr_array_index(labels, i);
        if (label->match != NULL)
            lua_match_free(label->match);
        luaL_unref(world_lua(world), LUA_REGISTRYINDEX, label->function);
    }
    if (labels != NULL) {
        g_ptr_array_free(labels, TRUE);
        g_string_chunk_free(world->parts->label_texts);
    }
    world->parts->labels = NULL;
    listen_clear(world);
    sample_clear(world);
}

void lua_open_sim(lua_State *L)
{
    static const luaL_Reg functions[] = { { "number", l_number }, { "params", l_params },
                                          { "note", l_note },     { "lesson", l_lesson },
                                          { "table", l_table },   { "label", l_label },
                                          { "record", l_record }, { NULL, NULL } };

    luaL_setfuncs(L, functions, 0);
    listen_open(L);
    sample_open(L);
    play_open(L);
}
