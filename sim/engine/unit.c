/*
 * unit.c - "10ms", "1.5Gbit", "64KiB", "3%": decimal text and doubles to integers, and back.
 *
 * All arithmetic is on integers of 128 bits. A text has at most 20 significant digits and a unit is
 * at most a day in nanoseconds, so no product overflows.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/unit.h"

#include <string.h>

__extension__ typedef unsigned __int128 Wide;

enum { MAX_DIGITS = 20 };

typedef struct Unit {
    const char *name;
    uint64_t    factor;
} Unit;

typedef struct Quantity {
    const char *what;     /* "a time" */
    const char *hint;     /* what would be right */
    const Unit *units;    /* NULL-terminated; the first of its factor is the one to print */
    uint64_t    base;     /* a bare number counts so many */
    bool        whole;    /* no rounding: a fraction of the smallest unit is an error */
} Quantity;

static const Unit time_units[] = {
    { "ns", 1 }, { "us", 1000 }, { "µs", 1000 }, { "ms", 1000000 }, { "s", 1000000000 },
    { "sec", 1000000000 }, { "min", 60000000000 }, { "h", 3600000000000 },
    { "d", 86400000000000 }, { NULL, 0 }
};

/* As tc(8): bit is a bit, bps a byte per second. */
static const Unit rate_units[] = {
    { "bit", 1 }, { "kbit", 1000 }, { "mbit", 1000000 }, { "gbit", 1000000000 },
    { "tbit", 1000000000000 }, { "kibit", 1 << 10 }, { "mibit", 1 << 20 }, { "gibit", 1 << 30 },
    { "tibit", INT64_C(1) << 40 }, { "bps", 8 }, { "kbps", 8000 }, { "mbps", 8000000 },
    { "gbps", 8000000000 }, { "tbps", 8000000000000 }, { "kibps", 8 << 10 }, { "mibps", 8 << 20 },
    { "gibps", INT64_C(8) << 30 }, { "tibps", INT64_C(8) << 40 }, { NULL, 0 }
};

/* A bare k, m or g is tc(8)'s: 1024. */
static const Unit size_units[] = {
    { "B", 1 }, { "byte", 1 }, { "bytes", 1 }, { "KiB", 1 << 10 }, { "MiB", 1 << 20 },
    { "GiB", 1 << 30 }, { "TiB", INT64_C(1) << 40 }, { "k", 1 << 10 }, { "m", 1 << 20 },
    { "g", 1 << 30 }, { "kB", 1000 }, { "MB", 1000000 }, { "GB", 1000000000 },
    { "TB", 1000000000000 }, { NULL, 0 }
};

static const Unit no_units[] = { { NULL, 0 } };

static const Quantity quantities[] = {
    [KNOB_INT] = { "a whole number", "write e.g. 10", no_units, 1, true },
    [KNOB_TIME] = { "a time", "write a number of seconds or e.g. \"10ms\", \"2min\"", time_units,
                    1000000000, false },
    [KNOB_RATE] = { "a rate", "write a number of bits per second or e.g. \"10Mbit\", \"1.5Gbit\"",
                    rate_units, 1, false },
    [KNOB_SIZE] = { "a size", "write a number of bytes or e.g. \"64KiB\", \"100kB\"", size_units, 1,
                    true },
    [KNOB_PROB] = { "a probability", "write a number from 0 to 1 or e.g. \"5%\"", no_units,
                    UINT64_C(1) << 32, false },
};

char *unit_said_text(UnitSaid said)
{
    char buf[G_ASCII_DTOSTR_BUF_SIZE];

    if (said.text != NULL)
        return g_strconcat("\"", said.text, "\"", NULL);
    return g_strdup(g_ascii_formatd(buf, sizeof buf, "%.14g", said.number));
}

static bool fail(GError **error, UnitSaid said, const Quantity *q, const char *instead)
{
    g_autofree char *shown = unit_said_text(said);

    g_set_error(error, KNOB_ERROR, KNOB_ERROR_VALUE, "%s is not %s: %s", shown, q->what,
                instead != NULL ? instead : q->hint);
    return false;
}

/* --- text to integer -------------------------------------------------------------------------- */

typedef struct Decimal { /* digits / 10^places */
    Wide digits;
    int  places;
} Decimal;

static bool times_ten(Wide *digits, unsigned plus)
{
    static const Wide limit = (Wide)UINT64_MAX * 5;

    *digits = *digits * 10 + plus;
    return *digits < limit;
}

/* "e6", "e-3": moves the point; what only begins like one is left unread. */
static const char *read_exponent(const char *s, Decimal *d)
{
    bool down = s[1] == '-';
    const char *p = s + 1 + (down || s[1] == '+');
    int exponent = 0;

    if (!g_ascii_isdigit(*p))
        return s;
    for (; g_ascii_isdigit(*p) && exponent <= 99; p++)
        exponent = exponent * 10 + (*p - '0');
    d->places += down ? exponent : -exponent;
    return p;
}

/* Reads "12", "1.5", ".5", "1e6" and moves *p behind it. Zeros at the end of a fraction say
 * nothing: they wait until a digit follows. */
static bool read_decimal(const char **p, Decimal *d)
{
    const char *s = *p;
    bool any = false, fraction = false;
    int zeros = 0;

    *d = (Decimal){ 0 };
    for (; g_ascii_isdigit(*s) || (*s == '.' && !fraction); s++) {
        if (*s == '.') {
            fraction = true;
            continue;
        }
        any = true;
        zeros += fraction;
        if (fraction && *s == '0')
            continue;
        d->places += zeros;
        for (; zeros > 1; zeros--)
            if (!times_ten(&d->digits, 0))
                return false;
        zeros = 0;
        if (!times_ten(&d->digits, (unsigned)(*s - '0')))
            return false;
    }
    if (any && (*s == 'e' || *s == 'E'))
        s = read_exponent(s, d);
    for (; d->places < 0 && d->digits > 0; d->places++)
        if (!times_ten(&d->digits, 0))
            return false;
    *p = s;
    return any && d->places <= MAX_DIGITS;
}

/* The word has no blanks around it; what it says may be written over it in a shorter way. */
static bool find_factor(const Quantity *q, char *word, uint64_t *factor)
{
    size_t n = strlen(word);

    if (q->units == rate_units && n > 5 && g_ascii_strcasecmp(word + n - 5, "bit/s") == 0)
        word[n - 2] = '\0';
    *factor = q->base;
    if (*word == '\0')
        return true;
    for (const Unit *u = q->units; u->name != NULL; u++)
        if (g_ascii_strcasecmp(u->name, word) == 0) {
            *factor = u->factor;
            return true;
        }
    return false;
}

/* digits * factor / 10^places, rounded half up. */
static bool multiply(Decimal d, uint64_t factor, uint64_t *out, bool *exact)
{
    Wide product = d.digits * factor, power = 1;

    for (int i = 0; i < d.places; i++)
        power *= 10;
    *exact = product % power == 0;
    product = product / power + (product % power >= power - product % power);
    *out = (uint64_t)product;
    return product <= INT64_MAX;
}

/* What is left to say against a value that could be read. */
static bool accept(KnobType kind, UnitSaid said, uint64_t value, bool fits, bool exact,
                   bool nonzero, GError **error)
{
    const Quantity *q = &quantities[kind];

    if (kind == KNOB_PROB && (!fits || value > PROB_ONE))
        return fail(error, said, q, NULL);
    if (!fits)
        return fail(error, said, q, "it is too large");
    if (q->whole && !exact)
        return fail(error, said, q, kind == KNOB_SIZE ? "it is no whole number of bytes" : NULL);
    if (kind == KNOB_RATE && value == 0 && nonzero)
        return fail(error, said, q, "it is too small");
    return true;
}

static bool fail_prob(GError **error, UnitSaid said, const char *number)
{
    g_autofree char *hint =
        g_strdup_printf("%s; did you mean \"%s%%\"?", quantities[KNOB_PROB].hint, number);

    return fail(error, said, &quantities[KNOB_PROB], hint);
}

static bool is_over_one(KnobType kind, uint64_t value, bool fits)
{
    return kind == KNOB_PROB && fits && value > PROB_ONE && value <= 100 * PROB_ONE;
}

bool unit_from_text(KnobType kind, const char *text, uint64_t *out, GError **error)
{
    const Quantity *q = &quantities[kind];
    g_autofree char *bare = g_strstrip(g_strdup(text));
    const UnitSaid said = { .text = text };
    const char *p = bare;
    uint64_t factor, value;
    bool exact;
    Decimal d;

    if (*p == '-')
        return fail(error, said, q, "it is negative");
    p += *p == '+';
    if (!read_decimal(&p, &d))
        return fail(error, said, q, NULL);
    p += strspn(p, " ");
    bool percent = kind == KNOB_PROB && strcmp(p, "%") == 0;
    if (percent) {
        d.places += 2;
        p++;
    }
    if (kind == KNOB_TIME && g_ascii_strcasecmp(p, "m") == 0)
        return fail(error, said, q, "write \"min\" for minutes or \"ms\" for milliseconds");
    if (!find_factor(q, bare + (p - bare), &factor))
        return fail(error, said, q, NULL);
    bool fits = multiply(d, factor, &value, &exact);
    if (!percent && is_over_one(kind, value, fits))
        return fail_prob(error, said, bare);
    if (!accept(kind, said, value, fits, exact, d.digits > 0, error))
        return false;
    *out = value;
    return true;
}

/* --- double to integer ------------------------------------------------------------------------ */

/* value * factor, rounded half up, for finite value >= 0, by the bits that the double consists
 * of. */
static bool multiply_double(double value, uint64_t factor, uint64_t *out, bool *exact)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    int exponent = (int)(bits >> 52 & 0x7ff);
    Wide product = bits & ((UINT64_C(1) << 52) - 1);
    if (exponent > 0)
        product |= UINT64_C(1) << 52;
    int down = 1075 - MAX(exponent, 1);
    product *= factor;
    *exact = true;
    if (down >= 127) {
        *exact = product == 0;
        product = 0;
    } else if (down > 0) {
        Wide half = (Wide)1 << (down - 1), rest = product & (2 * half - 1);
        *exact = rest == 0;
        product = (product >> down) + (rest >= half);
    } else if (product != 0 && (down < -64 || product > (Wide)INT64_MAX >> -down)) {
        return false;
    } else if (product != 0) {
        product <<= -down;
    }
    *out = (uint64_t)product;
    return product <= INT64_MAX;
}

bool unit_from_number(KnobType kind, double value, uint64_t *out, GError **error)
{
    const Quantity *q = &quantities[kind];
    const UnitSaid said = { .number = value };
    uint64_t result = 0;
    bool exact = false;

    if (!(value - value == 0)) /* infinite or not a number */
        return fail(error, said, q, NULL);
    if (value < 0)
        return fail(error, said, q, "it is negative");
    if (value == 0) { /* a negative zero too */
        *out = 0;
        return true;
    }
    bool fits = multiply_double(value, q->base, &result, &exact);
    if (is_over_one(kind, result, fits)) {
        g_autofree char *shown = unit_said_text(said);
        return fail_prob(error, said, shown);
    }
    if (!accept(kind, said, result, fits, exact, true, error))
        return false;
    *out = result;
    return true;
}

/* --- integer to text -------------------------------------------------------------------------- */

/* "1.5ms" for 1500000 / 1000000; NULL if it takes more than `places` decimals. */
static char *in_unit(uint64_t value, uint64_t factor, int places, const char *name)
{
    uint64_t rest = value % factor;
    GString *text = g_string_new(NULL);

    g_string_append_printf(text, "%" G_GUINT64_FORMAT, value / factor);
    if (rest > 0)
        g_string_append_c(text, '.');
    for (; rest > 0 && places > 0; places--) {
        Wide next = (Wide)rest * 10;
        g_string_append_c(text, (char)('0' + (int)(next / factor)));
        rest = (uint64_t)(next % factor);
    }
    g_string_append(text, name);
    return g_string_free(text, rest > 0);
}

/* The shortest of the exact ones that do not begin with "0."; of two the one in the larger unit. */
static char *shortest(uint64_t value, const Unit *units, int places)
{
    char *best = NULL;
    uint64_t best_factor = 0;

    for (const Unit *u = units; u->name != NULL; u++) {
        if (value < u->factor && value > 0)
            continue;
        char *text = in_unit(value, u->factor, places, u->name);
        if (text == NULL)
            continue;
        size_t len = strlen(text), best_len = best != NULL ? strlen(best) : SIZE_MAX;
        if (len < best_len || (len == best_len && u->factor > best_factor)) {
            g_free(best);
            best = text;
            best_factor = u->factor;
        } else {
            g_free(text);
        }
    }
    return best;
}

/* The percentage with the fewest decimals that is read back as the same. */
static char *prob_text(Prob p)
{
    Wide scale = 1;

    for (int places = 0; places <= 12; places++, scale *= 10) {
        Wide n = ((Wide)p * 100 * scale + PROB_ONE / 2) / PROB_ONE;
        uint64_t back, whole = (uint64_t)(n / scale), rest = (uint64_t)(n % scale);
        g_autofree char *text =
            places == 0 ? g_strdup_printf("%" G_GUINT64_FORMAT "%%", whole)
                        : g_strdup_printf("%" G_GUINT64_FORMAT ".%0*" G_GUINT64_FORMAT "%%", whole,
                                          places, rest);
        if (unit_from_text(KNOB_PROB, text, &back, NULL) && back == p)
            return g_steal_pointer(&text);
    }
    g_assert_not_reached();
}

static const Unit printed_times[] = {
    { "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 }, { NULL, 0 }
};
static const Unit printed_minutes[] = {
    { "min", 60000000000 }, { "h", 3600000000000 }, { NULL, 0 }
};
static const Unit printed_rates[] = {
    { "bit", 1 }, { "kbit", 1000 }, { "Mbit", 1000000 }, { "Gbit", 1000000000 }, { NULL, 0 }
};
static const Unit printed_sizes[] = {
    { "B", 1 }, { "kB", 1000 }, { "MB", 1000000 }, { "GB", 1000000000 }, { "KiB", 1 << 10 },
    { "MiB", 1 << 20 }, { "GiB", 1 << 30 }, { NULL, 0 }
};

char *unit_to_text(KnobType kind, uint64_t value)
{
    if (kind == KNOB_PROB)
        return prob_text(value);
    if (kind == KNOB_RATE)
        return shortest(value, printed_rates, 9);
    if (kind == KNOB_SIZE)
        return shortest(value, printed_sizes, 0);
    if (kind == KNOB_TIME)
        return time_to_text((SimTime)value);
    return g_strdup_printf("%" G_GUINT64_FORMAT, value);
}

char *time_to_text(SimTime t)
{
    uint64_t ns = t < 0 ? 0 - (uint64_t)t : (uint64_t)t;

    if (t == NEVER)
        return g_strdup("never");
    if (ns == 0)
        return g_strdup("0s");
    g_autofree char *seconds = shortest(ns, printed_times, 9);
    g_autofree char *minutes = shortest(ns, printed_minutes, 0);
    bool longer = minutes != NULL && strlen(minutes) <= strlen(seconds);
    return g_strconcat(t < 0 ? "-" : "", longer ? minutes : seconds, NULL);
}

/* --- the calls of knob.h ---------------------------------------------------------------------- */

bool parse_time(const char *text, SimTime *out, GError **error)
{
    uint64_t ns;

    if (!unit_from_text(KNOB_TIME, text, &ns, error))
        return false;
    *out = (SimTime)ns;
    return true;
}

bool parse_rate(const char *text, uint64_t *out, GError **error)
{
    return unit_from_text(KNOB_RATE, text, out, error);
}

bool parse_size(const char *text, uint64_t *out, GError **error)
{
    return unit_from_text(KNOB_SIZE, text, out, error);
}

bool parse_prob(const char *text, Prob *out, GError **error)
{
    return unit_from_text(KNOB_PROB, text, out, error);
}

bool time_from_seconds(double seconds, SimTime *out, GError **error)
{
    uint64_t ns;

    if (!unit_from_number(KNOB_TIME, seconds, &ns, error))
        return false;
    *out = (SimTime)ns;
    return true;
}
