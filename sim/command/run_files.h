/*
 * run_files.h - files that are there whole or not at all: written beside their name, renamed when
 * complete.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

typedef struct OutFile {
    char *name;
    char *temporary; /* NULL: stdout, or a device */
    FILE *file;
} OutFile;

/* A pipe or a device, which is written as it stands: /dev/null is not to be replaced by a file. */
bool out_file_is_device(const char *name);

/* Opens what will become `name`; "-" is stdout. NULL and an error that begins with `option` and the
 * name. */
OutFile *out_file_open(const char *option, const char *name, GError **error);
/* Closes it, and gives it its name if `keep`, else removes it. Frees it. False, with an error, if
 * it could not be written to the end. */
bool     out_file_close(OutFile *out, bool keep, GError **error);

/* From a signal handler on its way to _exit: removes what is not complete. */
void out_files_remove(void);
