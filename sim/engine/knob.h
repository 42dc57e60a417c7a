/*
 * knob.h - option tables: a knob is a row, with its name, type, place, bounds, unit and source.
 *
 * One table drives what Lua accepts, --set, the "did you mean", the LuaLS stub and the documents.
 * Values come as text with a unit ("10ms", "10Mbit", "64KiB", "1%") or as a number in the base unit
 * (seconds, bit/s, bytes, 0..1). Conversions are exact decimal arithmetic on integers.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/rng.h"
#include "sim/engine/time.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum KnobType {
    KNOB_BOOL,   /* bool */
    KNOB_INT,    /* uint64_t, a plain number */
    KNOB_TIME,   /* SimTime: seconds, "10ms" */
    KNOB_RATE,   /* uint64_t bit/s: "10Mbit", "100kbps" (bytes, as tc) */
    KNOB_SIZE,   /* uint64_t bytes: "64KiB", "1MB", "100kB" */
    KNOB_PROB,   /* Prob: 0.01, "1%" */
    KNOB_ENUM,   /* int (an enum of that size): one of `names` */
    KNOB_STRING, /* char *, owned by the struct */
    KNOB_CUSTOM  /* the binding handles it; listed for names, stub and documents */
} KnobType;

typedef struct Knob {
    const char        *name;   /* NULL ends a table */
    KnobType           type;
    size_t             offset; /* of the field in the struct that the table is for */
    int64_t            min, max; /* both 0: no bounds but the type's */
    const char *const *names;  /* KNOB_ENUM: its values, NULL-terminated; KNOB_CUSTOM: one, for the
                                  stub; KNOB_INT: one, what it counts */
    const char        *doc;    /* one English sentence: what it does */
    const char        *source; /* who says so, "RFC 9293 §3.4.2; Linux: tcp_retries2"; or "own" */
    bool               counterfactual; /* makes a host wrong on purpose: such a host is marked */
} Knob;

typedef enum KnobError { KNOB_ERROR_NAME, KNOB_ERROR_VALUE } KnobError;
#define KNOB_ERROR knob_error_quark()
GQuark knob_error_quark(void);

/* The row of that name, NULL if there is none. */
const Knob *knob_find(const Knob *table, const char *name);

/* "link: no field 'dealy', did you mean 'delay'? (fields: delay, jitter, ...)" */
void knob_set_unknown_error(GError **error, const char *what, const Knob *table, const char *name);

/* The nearest of `names` (NULL-terminated) to a misspelt one, NULL if none is near. */
const char *knob_nearest(const char *const *names, const char *misspelt);

/* Sets the field of `config`. On error the field is unchanged, and the message begins with the
 * knob's name and says what was wrong with the value and what would be right. */
bool knob_set_text(const Knob *knob, void *config, const char *text, GError **error);
bool knob_set_number(const Knob *knob, void *config, double value, GError **error);
bool knob_set_bool(const Knob *knob, void *config, bool value, GError **error);

/* The field as text that knob_set_text would read; newly allocated. */
char *knob_get_text(const Knob *knob, const void *config);

/* The units themselves. A bare number in the text is in the base unit. */
bool parse_time(const char *text, SimTime *out, GError **error);
bool parse_rate(const char *text, uint64_t *out, GError **error);
bool parse_size(const char *text, uint64_t *out, GError **error);
bool parse_prob(const char *text, Prob *out, GError **error);

/* "1.5" -> 1500000000 ns, exactly rounded half away from zero; for numbers that come from Lua. */
bool time_from_seconds(double seconds, SimTime *out, GError **error);

/* "10ms", "1.5s", "2min": the shortest exact text; newly allocated. */
char *time_to_text(SimTime t);
