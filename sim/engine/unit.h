/*
 * unit.h - quantities with a unit, read and written exactly; behind knob.h, which is what others
 * use.
 *
 * A quantity is an integer in the smallest unit of its kind: ns, bit/s, bytes, 2^-32, or plain.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/knob.h"

/* kind: KNOB_TIME, KNOB_RATE, KNOB_SIZE, KNOB_PROB or KNOB_INT. Results are at most INT64_MAX. */
bool unit_from_text(KnobType kind, const char *text, uint64_t *out, GError **error);

/* A number in the base unit. Exact: what the double is, not what its digits look like; times,
 * rates and probabilities are rounded to the nearest, half away from zero. */
bool unit_from_number(KnobType kind, double value, uint64_t *out, GError **error);

/* Text that unit_from_text reads back as the same value; newly allocated. */
char *unit_to_text(KnobType kind, uint64_t value);

typedef struct UnitSaid { /* what the user wrote, for a message about it */
    const char *text; /* NULL: the number */
    double      number;
} UnitSaid;

/* A text in quotes, a number as Lua prints it; newly allocated. */
char *unit_said_text(UnitSaid said);
