/*
 * counter.c - the tables made from counter.def.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/counter.h"

#include <glib.h>

static const char *const names[COUNTER_COUNT] = {
#define COUNTER(name, text) #name,
#include "sim/engine/counter.def"
#undef COUNTER
};

static const char *const texts[COUNTER_COUNT] = {
#define COUNTER(name, text) text,
#include "sim/engine/counter.def"
#undef COUNTER
};

const char *counter_name(Counter c)
{
    g_assert(c < COUNTER_COUNT);
    return names[c];
}

const char *counter_text(Counter c)
{
    g_assert(c < COUNTER_COUNT);
    return texts[c];
}
