/*
 * lua_meta_rows.h - the rows of the Lua API, by class, in the order in which they are written.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include <stdbool.h>

typedef enum MetaKind { META_CLASS, META_FIELD, META_CALL, META_WAITS } MetaKind;

typedef struct MetaRow {
    const char *class;   /* "sim", "check", "host" ...; as lua_class has it */
    MetaKind    kind;    /* META_WAITS: a call that waits */
    const char *name;    /* META_CLASS: the class it inherits from, or NULL */
    const char *params;  /* "name: Type, name?: Type"; of a field: its type */
    const char *returns; /* "Type" or "Type?, string?"; NULL: nothing */
    const char *doc;     /* a sentence without a full stop */
} MetaRow;

extern const MetaRow meta_rows[]; /* ends at a row without a class */
