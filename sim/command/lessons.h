/*
 * lessons.h - the shipped lessons: what each says of itself in its own file.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include <glib.h>
#include <stdbool.h>

typedef struct LessonFile {
    char      *id;    /* "syn-lost": the file's name without .lua */
    char      *group; /* "04-handshake": its folder's */
    char      *path;
    char      *title, *question, *shows; /* the last two may be NULL */
    GPtrArray *flip;                     /* of char * "name=value"; empty: it has none */
    unsigned   place;                    /* in the order in which its group is taught */
} LessonFile;

/* Where they are: `given` if it is a folder, else scenarios/ here, beside the program's build, or
 * where it was installed. NULL with an error if there is none. Newly allocated. */
char *lessons_folder(const char *given, GError **error);

/* All below the folder that call sim.lesson, group by group, in the order in which they are taught:
 * of LessonFile, owned. A file that is no lesson, or cannot be loaded, is passed over. */
GPtrArray *lessons_find(const char *folder, bool chinese);

/* What the lesson at path says to change: of char * "name=value", owned; empty if it says nothing,
 * or is no lesson. */
GPtrArray *lessons_flip(const char *path);

/* The one called id; NULL with an error that names the nearest. */
const LessonFile *lessons_get(const GPtrArray *lessons, const char *id, GError **error);

/* What the group's own file, group.txt, calls it: its first line in English, its second in Chinese;
 * the ids behind are the order of teaching. Newly allocated; the folder's name if there is none. */
char *lessons_group_title(const LessonFile *lesson, bool chinese);
