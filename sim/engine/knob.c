/*
 * knob.c - rows of option tables: finding one, guessing which was meant, reading and writing
 * fields.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/knob.h"

#include "sim/engine/unit.h"

#include <string.h>

enum { LONGEST_NAME = 40 };

G_DEFINE_QUARK(stacklab-knob-error, knob_error)

const Knob *knob_find(const Knob *table, const char *name)
{
    for (const Knob *k = table; k->name != NULL; k++)
        if (strcmp(k->name, name) == 0)
            return k;
    return NULL;
}

/* --- did you mean ----------------------------------------------------------------------------- */

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
    return MIN(a, MIN(b, c));
}

/* Insertions, deletions, replacements and swaps of neighbours that make one word the other (optimal
 * string alignment), case aside. Words are at most LONGEST_NAME long. */
static unsigned edit_distance(const char *a, size_t n, const char *b, size_t m)
{
    unsigned rows[3][LONGEST_NAME + 1];

    for (size_t j = 0; j <= m; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++) {
        unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        char c = g_ascii_tolower(a[i - 1]);
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            char d = g_ascii_tolower(b[j - 1]);
            row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + (c != d));
            if (i > 1 && j > 1 && c == g_ascii_tolower(b[j - 2]) &&
                g_ascii_tolower(a[i - 2]) == d)
                row[j] = MIN(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[n % 3][m];
}

/* How far `misspelt` is from the name; UINT_MAX if it is too far to have been meant. */
static unsigned nearness(const char *name, const char *misspelt)
{
    size_t n = strlen(name), m = strlen(misspelt);

    if (n == 0 || m == 0 || n > LONGEST_NAME || m > LONGEST_NAME)
        return UINT_MAX;
    if (m >= 3 && m < n && g_ascii_strncasecmp(name, misspelt, m) == 0)
        return 1; /* an abbreviation */
    unsigned distance = edit_distance(name, n, misspelt, m);
    size_t longer = MAX(n, m);
    size_t allowed = longer <= 2 ? 0 : longer <= 5 ? 1 : longer <= 9 ? 2 : 3;
    return distance <= allowed ? distance : UINT_MAX;
}

const char *knob_nearest(const char *const *names, const char *misspelt)
{
    const char *best = NULL;
    unsigned least = UINT_MAX;

    for (; *names != NULL; names++) {
        unsigned distance = nearness(*names, misspelt);
        if (distance < least) {
            least = distance;
            best = *names;
        }
    }
    return best;
}

void knob_set_unknown_error(GError **error, const char *what, const Knob *table, const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    for (const Knob *k = table; k->name != NULL; k++)
        g_ptr_array_add(names, (char *)(uintptr_t)k->name);
    g_ptr_array_add(names, NULL);
    const char *near = knob_nearest((const char *const *)names->pdata, name);
    g_autofree char *all = g_strjoinv(", ", (char **)names->pdata);
    g_set_error(error, KNOB_ERROR, KNOB_ERROR_NAME, "%s: no field '%s'%s%s%s (fields: %s)", what,
                name, near != NULL ? ", did you mean '" : "", near != NULL ? near : "",
                near != NULL ? "'?" : "", all);
}

/* --- fields ----------------------------------------------------------------------------------- */

static void *field(const Knob *knob, void *config)
{
    return (char *)config + knob->offset;
}

static bool is_quantity(KnobType type)
{
    return type == KNOB_INT || type == KNOB_TIME || type == KNOB_RATE || type == KNOB_SIZE ||
           type == KNOB_PROB;
}

static bool G_GNUC_PRINTF(3, 4) refuse(GError **error, const Knob *knob, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(error, KNOB_ERROR, KNOB_ERROR_VALUE, "%s: %s", knob->name, message);
    return false;
}

/* A value in the knob's smallest unit, shown as the user wrote it. */
static bool store(const Knob *knob, void *config, uint64_t value, UnitSaid said, GError **error)
{
    bool bounded = knob->min != 0 || knob->max != 0;

    if (bounded && (int64_t)value < knob->min) {
        g_autofree char *shown = unit_said_text(said);
        g_autofree char *least = unit_to_text(knob->type, (uint64_t)knob->min);
        return refuse(error, knob, "%s is too small: at least %s", shown, least);
    }
    if (bounded && (int64_t)value > knob->max) {
        g_autofree char *shown = unit_said_text(said);
        g_autofree char *most = unit_to_text(knob->type, (uint64_t)knob->max);
        return refuse(error, knob, "%s is too large: at most %s", shown, most);
    }
    if (knob->type == KNOB_TIME)
        *(SimTime *)field(knob, config) = (SimTime)value;
    else
        *(uint64_t *)field(knob, config) = value;
    return true;
}

static bool set_quantity(const Knob *knob, void *config, const char *text, GError **error)
{
    uint64_t value;

    if (!unit_from_text(knob->type, text, &value, error)) {
        g_prefix_error(error, "%s: ", knob->name);
        return false;
    }
    return store(knob, config, value, (UnitSaid){ .text = text }, error);
}

static bool set_enum(const Knob *knob, void *config, const char *text, GError **error)
{
    for (int i = 0; knob->names[i] != NULL; i++)
        if (strcmp(knob->names[i], text) == 0) {
            *(int *)field(knob, config) = i;
            return true;
        }
    const char *near = knob_nearest(knob->names, text);
    g_autofree char *all = g_strjoinv(", ", (char **)(uintptr_t)knob->names);
    return refuse(error, knob, "\"%s\" is not one of %s%s%s%s", text, all,
                  near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
                  near != NULL ? "\"?" : "");
}

static bool set_bool_text(const Knob *knob, void *config, const char *text, GError **error)
{
    static const struct {
        const char *word;
        bool        value;
    } words[] = { { "true", true }, { "false", false }, { "on", true },
                  { "off", false }, { "yes", true },    { "no", false } };

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_ascii_strcasecmp(words[i].word, text) == 0) {
            *(bool *)field(knob, config) = words[i].value;
            return true;
        }
    return refuse(error, knob, "\"%s\" is neither true nor false", text);
}

bool knob_set_text(const Knob *knob, void *config, const char *text, GError **error)
{
    if (is_quantity(knob->type))
        return set_quantity(knob, config, text, error);
    if (knob->type == KNOB_ENUM)
        return set_enum(knob, config, text, error);
    if (knob->type == KNOB_BOOL)
        return set_bool_text(knob, config, text, error);
    if (knob->type == KNOB_CUSTOM)
        return refuse(error, knob, "cannot be said in a text");
    char **place = field(knob, config);
    g_free(*place);
    *place = g_strdup(text);
    return true;
}

bool knob_set_number(const Knob *knob, void *config, double value, GError **error)
{
    const UnitSaid said = { .number = value };
    uint64_t result;

    if (!is_quantity(knob->type)) {
        g_autofree char *shown = unit_said_text(said);
        return refuse(error, knob, "%s is a number, which it cannot be", shown);
    }
    if (!unit_from_number(knob->type, value, &result, error)) {
        g_prefix_error(error, "%s: ", knob->name);
        return false;
    }
    return store(knob, config, result, said, error);
}

/* One of an enumeration's values may be called true, or on. */
static bool set_switch(const Knob *knob, void *config, bool value, GError **error)
{
    const char *const words[] = { value ? "true" : "false", value ? "on" : "off" };

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_strv_contains(knob->names, words[i]))
            return knob_set_text(knob, config, words[i], error);
    return refuse(error, knob, "%s is a truth value, which it cannot be", words[0]);
}

bool knob_set_bool(const Knob *knob, void *config, bool value, GError **error)
{
    if (knob->type == KNOB_ENUM)
        return set_switch(knob, config, value, error);
    if (knob->type != KNOB_BOOL)
        return refuse(error, knob, "%s is a truth value, which it cannot be",
                      value ? "true" : "false");
    *(bool *)field(knob, config) = value;
    return true;
}

char *knob_get_text(const Knob *knob, const void *config)
{
    const char *place = (const char *)config + knob->offset;

    switch (knob->type) {
    case KNOB_BOOL:
        return g_strdup(*(const bool *)place ? "true" : "false");
    case KNOB_ENUM:
        return g_strdup(knob->names[*(const int *)(const void *)place]);
    case KNOB_STRING:
        return g_strconcat("", *(char *const *)(const void *)place, NULL);
    case KNOB_TIME:
        return time_to_text(*(const SimTime *)(const void *)place);
    case KNOB_CUSTOM:
        return g_strdup("");
    default:
        return unit_to_text(knob->type, *(const uint64_t *)(const void *)place);
    }
}
