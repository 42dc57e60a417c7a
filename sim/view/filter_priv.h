/*
 * filter_priv.h - between filter.c and filter_words.c.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/view/filter.h"

typedef bool (*FilterResolve)(void *self, const char *name, IpAddr *out);

/* The expression with every node's name replaced by its address, newly allocated: after it libpcap
 * has nothing left to look up. NULL and an error for any other name. */
char *filter_replace_names(const char *expression, FilterResolve resolve, void *self,
                           GError **error);

/* "filter 'tcp prot 80': ..." */
void filter_error(GError **error, const char *expression, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
