/*
 * cmd_demo.c - `stacklab demo [list [WORD]|ID]`: the lessons by name, played with narration.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/command/demo_show.h"
#include "sim/command/lessons.h"
#include "sim/command/run.h"
#include "sim/command/terminal.h"
#include "sim/view/canvas.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    BESIDE = 130, /* columns from which two ladders stand beside each other */
    GUTTER = 3
};

typedef struct Options {
    TerminalOptions terminal;
    char *folder, **sets, **words;
    int flip, no_wait, markdown; /* GOption's booleans are ints */
} Options;

typedef struct Demo {
    const Options *o;
    Terminal terminal;
    GPtrArray *lessons; /* of LessonFile */
} Demo;

/* --- the list --------------------------------------------------------------------------------- */

/* A group's name, or part of it, means the group alone. */
static bool is_group(const GPtrArray *lessons, const char *word)
{
    for (guint i = 0; word != NULL && i < lessons->len; i++) {
        const LessonFile *lesson = g_ptr_array_index(lessons, i);
        if (strstr(lesson->group, word) != NULL)
            return true;
    }
    return false;
}

static bool mentions(const LessonFile *lesson, const char *word, bool group)
{
    const char *texts[] = { lesson->group, group ? NULL : lesson->id, group ? NULL : lesson->title,
                            group ? NULL : lesson->question };
    g_autofree char *wanted = word != NULL ? g_utf8_casefold(word, -1) : NULL;

    for (size_t i = 0; wanted != NULL && i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *text = g_utf8_casefold(texts[i] != NULL ? texts[i] : "", -1);
        if (strstr(text, wanted) != NULL)
            return true;
    }
    return wanted == NULL;
}

/* "Had it been otherwise" as a command. */
static char *flip_text(const LessonFile *lesson, const char *separator)
{
    g_ptr_array_add(lesson->flip, NULL);
    char *text = g_strjoinv(separator, (char **)lesson->flip->pdata);
    g_ptr_array_remove_index(lesson->flip, lesson->flip->len - 1);
    return text;
}

static void list_lesson(const Demo *demo, const LessonFile *lesson)
{
    printf("  %-32s %s\n", lesson->id, lesson->title);
    if (lesson->question != NULL)
        printf("  %-32s %s%s%s\n", "", demo->terminal.colour ? "\033[2m" : "", lesson->question,
               demo->terminal.colour ? "\033[0m" : "");
}

/* A section of docs/course.md. */
static void document_lesson(const Demo *demo, const LessonFile *lesson)
{
    bool zh = demo->terminal.chinese;

    printf("### %s: `%s`\n\n", lesson->title, lesson->id);
    if (lesson->question != NULL)
        printf("*%s*\n\n", lesson->question);
    if (lesson->shows != NULL)
        printf("%s\n\n", lesson->shows);
    printf("`stacklab demo %s%s`", zh ? "--lang zh " : "", lesson->id);
    if (lesson->flip->len > 0) {
        g_autofree char *flip = flip_text(lesson, "`, `");
        printf(zh ? "；假如不这样：加上 `--flip`，即 `%s`"
                  : "; otherwise, with `--flip`: `%s`",
               flip);
    }
    fputs("\n\n", stdout);
}

static void document_head(const Demo *demo)
{
    fputs(demo->terminal.chinese
              ? "# 课程\n\n由 `stacklab demo list --markdown --lang zh` "
                "根据各场景文件生成，请勿手改。\n"
                "每一课都是一个 Lua 场景：演示、讲解，同时也是测试。\n\n"
              : "# The course\n\nWritten by `stacklab demo list --markdown` from the scenarios "
                "themselves; do not edit. Each lesson is a\nscenario that plays, explains, and "
                "checks what it says.\n\n",
          stdout);
}

static int list(const Demo *demo, const char *word)
{
    const char *group = NULL;
    const LessonFile *first = NULL;
    bool by_group = is_group(demo->lessons, word);
    unsigned n = 0;

    if (demo->o->markdown)
        document_head(demo);
    for (guint i = 0; i < demo->lessons->len; i++) {
        const LessonFile *lesson = g_ptr_array_index(demo->lessons, i);
        if (!mentions(lesson, word, by_group))
            continue;
        if (group == NULL || strcmp(group, lesson->group) != 0) {
            g_autofree char *title = lessons_group_title(lesson, demo->terminal.chinese);
            if (demo->o->markdown)
                printf("## %s\n\n", title);
            else
                printf("%s%-16s %s\n", group != NULL ? "\n" : "", lesson->group, title);
        }
        group = lesson->group;
        if (demo->o->markdown)
            document_lesson(demo, lesson);
        else
            list_lesson(demo, lesson);
        first = n++ == 0 ? lesson : first;
    }
    if (n > 0 && !demo->o->markdown)
        printf(demo->terminal.chinese
                   ? "\n用 stacklab demo 加上课名来演示，例如：stacklab demo %s\n"
                   : "\nstacklab demo and a name plays a lesson: try stacklab demo %s\n",
               first->id);
    if (n > 0)
        return STATUS_PASS;
    fprintf(stderr, "stacklab demo: no lesson has to do with '%s'\n", word != NULL ? word : "");
    return STATUS_ERROR;
}

/* --- one lesson ------------------------------------------------------------------------------- */

/* Plays it; its page. Returns the status; what went wrong is told on stderr. */
static int play(const Demo *demo, const LessonFile *lesson, const GPtrArray *more, unsigned width,
                RunResult *out)
{
    RunRequest req = run_request_default;

    req.options = run_defaults;
    req.options.chinese = demo->terminal.chinese;
    req.options.sets = g_ptr_array_new();
    for (char **set = demo->o->sets; set != NULL && *set != NULL; set++)
        g_ptr_array_add(req.options.sets, *set);
    for (guint i = 0; more != NULL && i < more->len; i++)
        g_ptr_array_add(req.options.sets, g_ptr_array_index(more, i));
    req.width = width;
    req.colour = demo->terminal.colour;
    req.untitled = true;
    int status = run_scenario(lesson->path, &req, out);
    for (guint i = 0; i < out->failures->len; i++)
        fputs(((const Failure *)g_ptr_array_index(out->failures, i))->block, stderr);
    if (out->error != NULL)
        fprintf(stderr, "%s\n", out->error);
    if (out->bound != NULL)
        fprintf(stderr, "%s\n", out->bound);
    g_ptr_array_free(req.options.sets, TRUE);
    return status;
}

static void say_title(const Demo *demo, const LessonFile *lesson)
{
    bool colour = demo->terminal.colour;

    printf("%s%s%s\n", colour ? "\033[1m" : "", lesson->title, colour ? "\033[0m" : "");
    if (lesson->question != NULL)
        printf("%s\n", lesson->question);
    fputc('\n', stdout);
}

static char *flip_heading(const Demo *demo, const LessonFile *lesson)
{
    g_autofree char *flip = flip_text(lesson, ", ");

    return g_strdup_printf(demo->terminal.chinese ? "假如不这样：%s" : "And otherwise: %s",
                           flip);
}

/* Both beside each other where there is room, else one below the other: a table may be too wide. */
static int show_both(const Demo *demo, const LessonFile *lesson, bool paced, RunResult *out)
{
    bool wide = demo->terminal.width >= BESIDE;
    unsigned width = wide ? (demo->terminal.width - GUTTER) / 2 : demo->terminal.width;
    g_autofree char *heading = flip_heading(demo, lesson);
    RunResult other;

    int status = play(demo, lesson, NULL, width, out);
    int flipped = play(demo, lesson, lesson->flip, width, &other);
    if (wide && demo_fits(other.text, width)) {
        g_autofree char *left =
            g_strdup_printf("%s\n\n%s", demo->terminal.chinese ? "原样" : "As it is", out->text);
        g_autofree char *right = g_strdup_printf("%s\n\n%s", heading, other.text);
        g_autofree char *page = demo_beside(left, right, width);
        demo_show(page, paced);
    } else {
        demo_show(out->text, paced);
        printf("\n--- %s ---\n\n", heading);
        demo_show(other.text, paced);
    }
    run_result_clear(&other);
    return MAX(status, flipped);
}

/* The path as it is named from here. */
static const char *short_path(const char *path)
{
    g_autofree char *here = g_get_current_dir();
    size_t n = strlen(here);

    return g_str_has_prefix(path, here) && path[n] == '/' ? path + n + 1 : path;
}

/* As a word for a shell; NULL: no hand would type it. Newly allocated. */
static char *shell_word(const char *text)
{
    if (strchr(text, '\n') != NULL)
        return NULL;
    return text[strcspn(text, " \t\"'\\$`&|;<>()*?[]#~!{}")] == '\0' ? g_strdup(text)
                                                                   : g_shell_quote(text);
}

/* What the lesson shows, in the terminal's columns. */
static void say_point(const Demo *demo, const LessonFile *lesson)
{
    g_autofree char *text = g_strconcat(demo->terminal.chinese ? "看点：" : "What it shows: ",
                                        lesson->shows, NULL);
    Canvas canvas;

    canvas_init(&canvas, stdout, demo->terminal.width, demo->terminal.colour);
    fputc('\n', stdout);
    canvas_wrap(&canvas, 0, canvas.width, text, S_PLAIN);
    canvas_clear(&canvas);
}

static void say_next(const Demo *demo, const LessonFile *lesson, const RunResult *out)
{
    bool zh = demo->terminal.chinese;
    const char *path = short_path(lesson->path);
    /* Whoever asked for a language wants it in the next lesson, too. */
    const char *lang = demo->o->terminal.lang == NULL ? "" : zh ? "--lang zh " : "--lang en ";
    guint at;

    if (lesson->shows != NULL)
        say_point(demo, lesson);
    printf("\n%s\n", zh ? "接下来可以：" : "Go on:");
    if (lesson->flip->len > 0 && !demo->o->flip) {
        g_autofree char *flip = flip_text(lesson, ", ");
        printf("  stacklab demo %s--flip %s    # %s%s\n", lang, lesson->id,
               zh ? "假如不这样：" : "otherwise: ", flip);
    }
    for (guint i = 0; i < out->params->len; i++) {
        g_autofree char *param = shell_word(g_ptr_array_index(out->params, i));
        if (param == NULL)
            continue;
        printf("  stacklab demo %s--set %s %s    # %s\n", lang, param, lesson->id,
               zh ? "这是现在的值，可以改" : "as it is; try another value");
    }
    printf("  stacklab explain %s%s    # %s\n", lang, path,
           zh ? "逐个解释每个分组" : "every packet explained");
    printf("  stacklab run -w x.pcapng %s    # %s\n", path,
           zh ? "用 Wireshark 看" : "for Wireshark");
    if (g_ptr_array_find(demo->lessons, lesson, &at) && at + 1 < demo->lessons->len) {
        const LessonFile *next = g_ptr_array_index(demo->lessons, at + 1);
        printf("  stacklab demo %s%s    # %s%s\n", lang, next->id, zh ? "下一课：" : "next: ",
               next->title);
    }
}

static int demonstrate(const Demo *demo, const LessonFile *lesson)
{
    bool paced = !demo->o->no_wait && isatty(STDOUT_FILENO);
    RunResult out;
    int status;

    if (demo->o->flip && lesson->flip->len == 0) {
        fprintf(stderr, "stacklab demo: --flip: '%s' does not say what to change\n", lesson->id);
        return STATUS_ERROR;
    }
    say_title(demo, lesson);
    if (paced && isatty(STDIN_FILENO))
        puts(demo->terminal.chinese ? "（回车：立即继续；q 回车：一次显示完）\n"
                                    : "(Enter: go on at once; q Enter: all the rest)\n");
    if (demo->o->flip) {
        status = show_both(demo, lesson, paced, &out);
    } else {
        status = play(demo, lesson, NULL, demo->terminal.width, &out);
        demo_show(out.text, paced);
    }
    if (status == STATUS_PASS)
        say_next(demo, lesson, &out);
    run_result_clear(&out);
    return status;
}

/* --- the command ------------------------------------------------------------------------------ */

static GOptionContext *make_context(Options *o)
{
    const GOptionEntry entries[] = {
        { "flip", 0, 0, G_OPTION_ARG_NONE, &o->flip,
          "Play it again with what the lesson says to change; beside it from 130 columns on",
          NULL },
        { "no-wait", 0, 0, G_OPTION_ARG_NONE, &o->no_wait, "All at once, at no pace", NULL },
        { "set", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->sets,
          "Override a parameter of the scenario", "NAME=VALUE" },
        { "folder", 0, 0, G_OPTION_ARG_FILENAME, &o->folder, "Where the lessons are", "FOLDER" },
        { "markdown", 0, 0, G_OPTION_ARG_NONE, &o->markdown, "list: as docs/course.md", NULL },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->words, NULL,
          "[list [WORD]|ID]" },
        { 0 },
    };
    GOptionContext *context = g_option_context_new(NULL);
    GOptionGroup *group = g_option_group_new("demo", NULL, NULL, o, NULL);

    g_option_group_add_entries(group, entries);
    terminal_add_entries(group, &o->terminal);
    g_option_context_set_main_group(context, group);
    g_option_context_set_summary(
        context, "Examples:\n  stacklab demo list handshake\n"
                 "  stacklab demo --flip --lang zh stale-syn-after-close\n\n"
                 "Lists the lessons with the question that each answers, or plays one.");
    return context;
}

static bool check(const Options *o, GError **error)
{
    bool listing = o->words == NULL || strcmp(o->words[0], "list") == 0;
    const char *wrong = NULL;

    if (!listing && o->words[1] != NULL)
        wrong = "one lesson at a time";
    else if (listing && o->words != NULL && o->words[1] != NULL && o->words[2] != NULL)
        wrong = "list takes one word";
    else if (listing && (o->flip || o->sets != NULL))
        wrong = "--flip and --set are for playing a lesson: name one";
    else if (!listing && o->markdown)
        wrong = "--markdown is for list";
    for (char **set = o->sets; set != NULL && *set != NULL; set++)
        if (strchr(*set, '=') == NULL || **set == '=') {
            g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                        "--set %s: NAME=VALUE is wanted", *set);
            return false;
        }
    if (wrong != NULL)
        g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, wrong);
    return wrong == NULL;
}

static int run(const Options *o, GError **error)
{
    Demo demo = { .o = o };

    if (!check(o, error) || !terminal_read(&o->terminal, &demo.terminal, error))
        return STATUS_ERROR;
    g_autofree char *folder = lessons_folder(o->folder, error);
    if (folder == NULL)
        return STATUS_ERROR;
    g_autoptr(GPtrArray) lessons = lessons_find(folder, demo.terminal.chinese);
    demo.lessons = lessons;
    if (o->words == NULL || strcmp(o->words[0], "list") == 0)
        return list(&demo, o->words != NULL ? o->words[1] : NULL);
    const LessonFile *lesson = lessons_get(lessons, o->words[0], error);
    return lesson != NULL ? demonstrate(&demo, lesson) : STATUS_ERROR;
}

int cmd_demo(int argc, char **argv)
{
    Options o = { 0 };
    g_autoptr(GError) error = NULL;
    int status = STATUS_ERROR;

    GOptionContext *context = make_context(&o);
    if (options_parse(context, &argc, &argv, &error))
        status = run(&o, &error);
    g_option_context_free(context);
    if (error != NULL)
        fprintf(stderr, "stacklab demo: %s\n", error->message);
    terminal_options_clear(&o.terminal);
    g_free(o.folder);
    g_strfreev(o.sets);
    g_strfreev(o.words);
    return status;
}
