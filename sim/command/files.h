/*
 * files.h - the files below a folder, in an order that is not the machine's.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include <glib.h>

/* Adds to `files` (of char *, to be freed) every file below the folder whose name ends in one of
 * the suffixes (the last is NULL), by name, a folder's own among its files. A folder called lib
 * holds what others use. What cannot be read is passed over. */
void files_below(GPtrArray *files, const char *folder, const char *const *suffixes);
