/*
 * lessons.c - the lessons below a folder, asked for their names: each file is played until it has
 * said what it teaches, and no further.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/command/lessons.h"

#include "sim/command/files.h"
#include "sim/engine/knob.h"
#include "sim/lua/lua_run.h"

#include <string.h>

char *lessons_folder(const char *given, GError **error)
{
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *at = program != NULL ? g_path_get_dirname(program) : g_strdup(".");
    const char *places[] = { "scenarios", "../../scenarios", "../share/stacklab/scenarios" };

    for (size_t i = 0; given == NULL && i < G_N_ELEMENTS(places); i++) {
        char *folder =
            i == 0 ? g_strdup(places[0]) : g_canonicalize_filename(places[i], at);
        if (g_file_test(folder, G_FILE_TEST_IS_DIR))
            return folder;
        g_free(folder);
    }
    if (given != NULL && g_file_test(given, G_FILE_TEST_IS_DIR))
        return g_strdup(given);
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s: no such folder",
                given != NULL ? given : "scenarios");
    return NULL;
}

static bool take(void *out_, World *world, const Lesson *lesson)
{
    LessonFile *out = out_;

    (void)world;
    out->title = g_strdup(lesson->title);
    out->question = g_strdup(lesson->question);
    out->shows = g_strdup(lesson->shows);
    for (guint i = 0; i < lesson->flip->len; i++)
        g_ptr_array_add(out->flip, g_strdup(g_ptr_array_index(lesson->flip, i)));
    return false;
}

static void lesson_free(void *lesson_)
{
    LessonFile *lesson = lesson_;

    g_free(lesson->id);
    g_free(lesson->group);
    g_free(lesson->path);
    g_free(lesson->title);
    g_free(lesson->question);
    g_free(lesson->shows);
    g_ptr_array_free(lesson->flip, TRUE);
    g_free(lesson);
}

static LessonFile *lesson_read(const char *path, bool chinese)
{
    LessonFile *lesson = g_new0(LessonFile, 1);
    g_autofree char *folder = g_path_get_dirname(path);
    g_autofree char *name = g_path_get_basename(path);
    RunOptions opt = run_defaults;
    LuaHooks hooks = { .lesson = take, .self = lesson };
    LuaOutcome outcome = { 0 };

    lesson->path = g_strdup(path);
    lesson->group = g_path_get_basename(folder);
    lesson->id = g_strndup(name, strlen(name) - strlen(".lua"));
    lesson->flip = g_ptr_array_new_with_free_func(g_free);
    opt.chinese = chinese;
    opt.max_events = 1; /* it speaks before anything happens, or it does not */
    LuaEnv *env = lua_env_new(&opt, &hooks, lua_open_all);
    lua_env_play(env, path, &outcome);
    lua_outcome_clear(&outcome);
    lua_env_free(env);
    return lesson;
}

GPtrArray *lessons_flip(const char *path)
{
    LessonFile *lesson = lesson_read(path, false);
    GPtrArray *flip = g_steal_pointer(&lesson->flip);

    lesson->flip = g_ptr_array_new();
    lesson_free(lesson);
    return flip;
}

/* The lines of the group's group.txt; NULL if it has none. */
static char **group_lines(const LessonFile *lesson)
{
    g_autofree char *folder = g_path_get_dirname(lesson->path);
    g_autofree char *file = g_build_filename(folder, "group.txt", NULL);
    g_autofree char *text = NULL;

    return g_file_get_contents(file, &text, NULL, NULL) ? g_strsplit(text, "\n", -1) : NULL;
}

/* Sets the places; the last that were read serve while the group is the same. Those that group.txt
 * does not name come behind the others, by name. */
static void set_places(GPtrArray *lessons)
{
    char **lines = NULL;
    const char *group = "";

    for (guint i = 0; i < lessons->len; i++) {
        LessonFile *lesson = g_ptr_array_index(lessons, i);
        if (strcmp(group, lesson->group) != 0) {
            g_strfreev(lines);
            lines = group_lines(lesson);
            group = lesson->group;
        }
        lesson->place = 0;
        while (lines != NULL && lines[lesson->place] != NULL &&
               strcmp(lines[lesson->place], lesson->id) != 0)
            lesson->place++;
    }
    g_strfreev(lines);
}

static int by_place(const void *a_, const void *b_)
{
    const LessonFile *a = *(LessonFile *const *)a_, *b = *(LessonFile *const *)b_;
    int groups = strcmp(a->group, b->group);

    if (groups != 0)
        return groups;
    return a->place != b->place ? (a->place > b->place) - (a->place < b->place)
                                : strcmp(a->id, b->id);
}

GPtrArray *lessons_find(const char *folder, bool chinese)
{
    static const char *const suffixes[] = { ".lua", NULL };
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    GPtrArray *lessons = g_ptr_array_new_with_free_func(lesson_free);

    files_below(files, folder, suffixes);
    for (guint i = 0; i < files->len; i++) {
        LessonFile *lesson = lesson_read(g_ptr_array_index(files, i), chinese);
        if (lesson->title != NULL)
            g_ptr_array_add(lessons, lesson);
        else
            lesson_free(lesson);
    }
    set_places(lessons);
    g_ptr_array_sort(lessons, by_place);
    return lessons;
}

const LessonFile *lessons_get(const GPtrArray *lessons, const char *id, GError **error)
{
    g_autoptr(GPtrArray) ids = g_ptr_array_new();

    for (guint i = 0; i < lessons->len; i++) {
        const LessonFile *lesson = g_ptr_array_index(lessons, i);
        if (strcmp(lesson->id, id) == 0)
            return lesson;
        g_ptr_array_add(ids, lesson->id);
    }
    g_ptr_array_add(ids, NULL);
    const char *near = knob_nearest((const char *const *)ids->pdata, id);
    g_autofree char *hint = near != NULL ? g_strdup_printf(", did you mean '%s'?", near)
                                         : g_strdup(" (stacklab demo list names them)");
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "there is no lesson '%s'%s", id,
                hint);
    return NULL;
}

char *lessons_group_title(const LessonFile *lesson, bool chinese)
{
    g_auto(GStrv) lines = group_lines(lesson);

    if (lines == NULL || g_strv_length(lines) < 2)
        return g_strdup(lesson->group);
    return g_strdup(lines[chinese ? 1 : 0]);
}
