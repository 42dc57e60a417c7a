/*
 * lua_object.c - handles: what a scenario holds of the world's nodes, links, connections.
 *
 * A handle is a userdata with a LuaObject; there is one for each thing. A list of the world keeps
 * them: nodes and links know their place in it, and tasks, sockets and connections are pushed but
 * once. What has no room for a place is found again through a table: [thing] is its handle. Table
 * and list are strong: when memory is collected must not show, and a connection forgotten by its
 * author lives on. Only a task that is over is let go.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_priv.h"

#include <string.h>

/* A class, kept in a userdata in its metatable at [1]; its methods are at [2]. */
typedef struct LuaClass {
    const char *type;
    int metatable; /* the registry's reference to it */
    bool of_nodes;
    int (*index)(lua_State *L, void *p, const char *name);
    void (*text)(lua_State *L, void *p, GString *out);
    void (*gc)(void *p);
} LuaClass;

enum { CLASS_INFO = 1, CLASS_METHODS = 2 };

/* The object at `arg`, whatever its class; NULL if it is none. */
static inline const LuaObject *test_any(lua_State *L, int arg)
{
    const LuaObject *object = lua_touserdata(L, arg);

    return object != NULL && object->self == object ? object : NULL;
}

/* Is what it stood for gone, or all of its world? */
static bool is_gone(lua_State *L, const LuaObject *object)
{
    const World *world = g_ptr_array_index(lua_env(L)->worlds, object->world);

    return object->p == NULL || world->sim == NULL;
}

static const char *nearest_method(lua_State *L, int methods, const char *name)
{
    GPtrArray *names = g_ptr_array_new();

    order_push_keys(L, methods);
    lua_Integer n = luaL_len(L, -1);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, -1, i);
        g_ptr_array_add(names, (char *)(uintptr_t)lua_tostring(L, -1));
        lua_pop(L, 1);
    }
    g_ptr_array_add(names, NULL);
    const char *near = knob_nearest((const char *const *)names->pdata, name);
    g_ptr_array_free(names, TRUE);
    lua_pop(L, 1);
    return near;
}

/* Upvalues: the class's info, its methods. */
static int object_index(lua_State *L)
{
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(2)) != LUA_TNIL)
        return 1;
    const LuaClass *class = lua_touserdata(L, lua_upvalueindex(1));
    const LuaObject *object = lua_touserdata(L, 1);
    lua_pop(L, 1);
    if (lua_type(L, 2) != LUA_TSTRING)
        return lua_fail(L, "a %s has fields with names only", class->type);
    const char *name = lua_tostring(L, 2);
    if (is_gone(L, object))
        return lua_fail(L, "this %s is no more", class->type);
    if (class->index != NULL && class->index(L, object->p, name) == 1)
        return 1;
    const char *near = nearest_method(L, lua_upvalueindex(2), name);
    if (near != NULL)
        return lua_fail(L, "%s: no field '%s', did you mean '%s'?", class->type, name, near);
    return lua_fail(L, "%s: no field '%s'", class->type, name);
}

static int object_newindex(lua_State *L)
{
    const LuaClass *class = lua_touserdata(L, lua_upvalueindex(1));

    return lua_fail(L, "the fields of a %s cannot be set", class->type);
}

static int object_tostring(lua_State *L)
{
    const LuaClass *class = lua_touserdata(L, lua_upvalueindex(1));
    const LuaObject *object = lua_touserdata(L, 1);

    if (is_gone(L, object) || class->text == NULL) {
        lua_pushfstring(L, "%s<%d>", class->type, (int)object->serial);
        return 1;
    }
    GString *out = g_string_new(NULL);
    class->text(L, object->p, out);
    lua_pushlstring(L, out->str, out->len);
    g_string_free(out, TRUE);
    return 1;
}

/* The end of a `local x <close>`: what its close method does, but not when a task is ended from
 * outside, for the dead send nothing. */
static int object_close(lua_State *L)
{
    const LuaObject *object = lua_touserdata(L, 1);

    if (lua_env(L)->ending || is_gone(L, object))
        return 0;
    lua_pushliteral(L, "close");
    if (lua_rawget(L, lua_upvalueindex(2)) == LUA_TFUNCTION) {
        lua_pushvalue(L, 1);
        lua_call(L, 1, 0);
    }
    return 0;
}

static void set_closure(lua_State *L, const char *name, lua_CFunction f)
{
    lua_rawgeti(L, -1, CLASS_INFO);
    lua_rawgeti(L, -2, CLASS_METHODS);
    lua_pushcclosure(L, f, 2);
    lua_setfield(L, -2, name);
}

static bool is_of_nodes(const char *type)
{
    for (NodeKind kind = NODE_HOST; kind <= NODE_SWITCH; kind++)
        if (strcmp(type, node_kind_name(kind)) == 0)
            return true;
    return false;
}

void lua_class(lua_State *L, const char *type, const luaL_Reg *methods,
               int (*index)(lua_State *L, void *p, const char *name),
               void (*text)(lua_State *L, void *p, GString *out), void (*gc)(void *p))
{
    int made = luaL_newmetatable(L, type);
    g_assert(made);
    LuaClass *class = lua_newuserdatauv(L, sizeof *class, 0);
    *class = (LuaClass){ type, LUA_NOREF, is_of_nodes(type), index, text, gc };
    lua_rawseti(L, -2, CLASS_INFO);
    lua_pushvalue(L, -1);
    class->metatable = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_newtable(L);
    luaL_setfuncs(L, methods, 0);
    lua_rawseti(L, -2, CLASS_METHODS);
    set_closure(L, "__index", object_index);
    set_closure(L, "__newindex", object_newindex);
    set_closure(L, "__tostring", object_tostring);
    set_closure(L, "__close", object_close);
    lua_pushstring(L, type);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}

void lua_class_add(lua_State *L, const char *type, const luaL_Reg *methods)
{
    int found = luaL_getmetatable(L, type);
    g_assert(found == LUA_TTABLE);
    lua_rawgeti(L, -1, CLASS_METHODS);
    luaL_setfuncs(L, methods, 0);
    lua_pop(L, 2);
}

bool object_push_methods(lua_State *L, const char *type)
{
    int top = lua_gettop(L);

    if (lua_getfield(L, LUA_REGISTRYINDEX, type) != LUA_TTABLE ||
        lua_rawgeti(L, -1, CLASS_INFO) != LUA_TUSERDATA) {
        lua_settop(L, top);
        return false;
    }
    lua_pop(L, 1);
    lua_rawgeti(L, -1, CLASS_METHODS);
    lua_remove(L, -2);
    return true;
}

/* The class of that name, which stands in memory for good. */
static const LuaClass *find_class(lua_State *L, LuaEnv *env, const char *type)
{
    unsigned at = (uintptr_t)type & 0xfff; /* within its page: the same in every run */
    LuaFound *found = &env->found[(at ^ at / LUA_FOUND) % LUA_FOUND];

    if (found->type != type) {
        luaL_getmetatable(L, type);
        lua_rawgeti(L, -1, CLASS_INFO);
        *found = (LuaFound){ type, lua_touserdata(L, -1) };
        lua_pop(L, 2);
    }
    return found->class;
}

/* Pushes a handle that nothing keeps yet, with room for `size` bytes. */
static LuaObject *push_fresh(lua_State *L, LuaEnv *env, const char *type, size_t size)
{
    WorldParts *parts = env->world->parts;

    luaL_checkstack(L, 5, NULL);
    LuaObject *object = lua_newuserdatauv(L, sizeof *object + size, 0);
    const LuaClass *class = find_class(L, env, type);
    lua_rawgeti(L, LUA_REGISTRYINDEX, class->metatable);
    lua_setmetatable(L, -2);
    *object = (LuaObject){ object, class, object + 1, ++env->serial, parts->number };
    if (class->gc != NULL)
        g_ptr_array_add(parts->objects, object);
    return object;
}

void lua_push_object(lua_State *L, const char *type, void *p)
{
    LuaEnv *env = lua_env(L);

    if (p == NULL) {
        lua_pushnil(L);
        return;
    }
    luaL_checkstack(L, 5, NULL);
    lua_rawgeti(L, LUA_REGISTRYINDEX, env->world->parts->objects_ref);
    if (lua_rawgetp(L, -1, p) == LUA_TNIL) {
        lua_pop(L, 1);
        push_fresh(L, env, type, 0)->p = p;
        lua_pushvalue(L, -1);
        lua_rawsetp(L, -3, p);
    }
    lua_remove(L, -2);
}

int object_keep(lua_State *L, World *world)
{
    WorldParts *parts = world->parts;
    GArray *free = parts->let_go;
    int place = free->len > 0 ? g_array_index(free, int, --free->len) : ++parts->kept;

    luaL_checkstack(L, 2, NULL);
    lua_rawgeti(L, LUA_REGISTRYINDEX, parts->kept_ref);
    lua_pushvalue(L, -2);
    lua_rawseti(L, -2, place);
    lua_pop(L, 1);
    return place;
}

void object_push_kept(lua_State *L, World *world, int kept)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, world->parts->kept_ref);
    lua_rawgeti(L, -1, kept);
    lua_replace(L, -2);
}

void lua_push_placed(lua_State *L, const char *type, void *p, int *handle)
{
    LuaEnv *env = lua_env(L);

    if (*handle != 0) {
        object_push_kept(L, env->world, *handle);
        return;
    }
    push_fresh(L, env, type, 0)->p = p;
    *handle = object_keep(L, env->world);
}

void object_let_go(World *world, int kept)
{
    lua_State *L = world_lua(world);

    luaL_checkstack(L, 2, NULL);
    lua_rawgeti(L, LUA_REGISTRYINDEX, world->parts->kept_ref);
    lua_pushnil(L);
    lua_rawseti(L, -2, kept);
    lua_pop(L, 1);
    g_array_append_val(world->parts->let_go, kept);
}

void *object_push_own(lua_State *L, const char *type, size_t size, int *kept)
{
    LuaEnv *env = lua_env(L);
    LuaObject *object = push_fresh(L, env, type, size);

    *kept = object_keep(L, env->world);
    return memset(object->p, 0, size);
}

void *lua_push_own_object(lua_State *L, const char *type, size_t size)
{
    int kept;

    return object_push_own(L, type, size, &kept);
}

static bool is_a(const LuaObject *object, const char *type)
{
    return object->class->type == type || strcmp(object->class->type, type) == 0;
}

static void *raise_unusable(lua_State *L, const LuaObject *object)
{
    if (is_gone(L, object))
        lua_fail(L, "this %s is no more", object->class->type);
    lua_fail(L, "this %s belongs to another world: a sim.play has its own", object->class->type);
    return NULL;
}

/* What it stands for; raises if that cannot be used here and now. */
static inline void *thing_of(lua_State *L, const LuaObject *object)
{
    if (G_LIKELY(object->p != NULL && object->world == lua_env(L)->world->parts->number))
        return object->p;
    return raise_unusable(L, object);
}

void *lua_test_object(lua_State *L, int arg, const char *type)
{
    const LuaObject *object = test_any(L, arg);

    return object != NULL && is_a(object, type) ? thing_of(L, object) : NULL;
}

void *lua_check_object(lua_State *L, int arg, const char *type)
{
    const LuaObject *object = test_any(L, arg);

    if (G_UNLIKELY(object == NULL || !is_a(object, type)))
        luaL_typeerror(L, arg, type);
    return thing_of(L, object);
}

void lua_forget_object(lua_State *L, void *p)
{
    WorldParts *parts = lua_world(L)->parts;

    for (guint i = parts->objects->len; i-- > 0;) {
        LuaObject *object = g_ptr_array_index(parts->objects, i);
        if (object->p != p)
            continue;
        object->p = NULL;
        g_ptr_array_remove_index(parts->objects, i);
        break;
    }
    lua_rawgeti(L, LUA_REGISTRYINDEX, parts->objects_ref);
    lua_pushnil(L);
    lua_rawsetp(L, -2, p);
    lua_pop(L, 1);
}

Node *lua_test_node(lua_State *L, int arg)
{
    const LuaObject *object = test_any(L, arg);

    return object != NULL && object->class->of_nodes ? thing_of(L, object) : NULL;
}

Node *lua_check_node(lua_State *L, int arg)
{
    Node *node = lua_test_node(L, arg);

    if (node == NULL)
        luaL_typeerror(L, arg, "node");
    return node;
}

uint64_t object_serial(lua_State *L, int arg)
{
    const LuaObject *object = test_any(L, arg);

    return object != NULL ? object->serial : 0;
}

void objects_end(World *world)
{
    lua_State *L = world_lua(world);
    GPtrArray *objects = world->parts->objects;

    for (guint i = objects->len; i-- > 0;) {
        LuaObject *object = g_ptr_array_index(objects, i);
        void *p = object->p;
        if (p == NULL)
            continue;
        object->p = NULL;
        object->class->gc(p);
    }
    luaL_unref(L, LUA_REGISTRYINDEX, world->parts->objects_ref);
    luaL_unref(L, LUA_REGISTRYINDEX, world->parts->kept_ref);
    g_ptr_array_free(objects, TRUE);
}
