/*
 * lua_netem.c - link options in the words of tc-netem(8): "delay 10ms 2ms loss 1% rate 1mbit".
 *
 * What depends on a correlation between packets, and slots, are not modelled: an error says so.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_net.h"

#include <string.h>

enum { MAX_WORDS = 64 };

typedef struct Words {
    char  **word;
    guint   at;
    GError *error;
} Words;

static const char *peek(const Words *w)
{
    return w->word[w->at];
}

/* A value, not the next keyword: those begin with a letter, values with a digit or a point. */
static bool has_value(const Words *w)
{
    return peek(w) != NULL && (g_ascii_isdigit(*peek(w)) || *peek(w) == '.');
}

static bool fail(Words *w, const char *keyword, const char *wanted)
{
    if (w->error == NULL)
        g_set_error(&w->error, KNOB_ERROR, KNOB_ERROR_VALUE, "netem: %s: %s", keyword, wanted);
    return false;
}

static bool take_prob(Words *w, const char *keyword, Prob *out)
{
    if (!has_value(w))
        return fail(w, keyword, "a percentage is wanted");
    return parse_prob(w->word[w->at++], out, &w->error);
}

static bool no_correlation(Words *w, const char *keyword)
{
    return !has_value(w) || fail(w, keyword, "a correlation between packets is not modelled");
}

static bool take_one_prob(Words *w, const char *keyword, Prob *out)
{
    return take_prob(w, keyword, out) && no_correlation(w, keyword);
}

/* The value of a field that a link's own options have, too, within its bounds. */
static bool take_field(Words *w, const char *field, LinkConfig *cfg)
{
    if (knob_set_text(knob_find(link_knobs, field), cfg, w->word[w->at++], &w->error))
        return true;
    g_prefix_error(&w->error, "netem: ");
    return false;
}

static bool take_delay(Words *w, LinkConfig *cfg)
{
    if (!has_value(w))
        return fail(w, "delay", "a time is wanted");
    if (!take_field(w, "delay", cfg) || (has_value(w) && !take_field(w, "jitter", cfg)))
        return false;
    if (!no_correlation(w, "delay"))
        return false;
    if (peek(w) == NULL || strcmp(peek(w), "distribution") != 0)
        return true;
    w->at++;
    for (int i = 0; distribution_names[i] != NULL && peek(w) != NULL; i++)
        if (strcmp(peek(w), distribution_names[i]) == 0) {
            cfg->distribution = (Distribution)i;
            w->at++;
            return true;
        }
    return fail(w, "distribution", "uniform, normal or pareto");
}

/* loss [random] P | loss gemodel P [R [1-H [1-K]]] */
static bool take_loss(Words *w, LinkConfig *cfg)
{
    Prob lost_bad = PROB_ONE, lost_good = 0;

    if (peek(w) != NULL && strcmp(peek(w), "random") == 0)
        w->at++;
    if (peek(w) == NULL || strcmp(peek(w), "gemodel") != 0) {
        cfg->loss_model = LOSS_RANDOM;
        return take_one_prob(w, "loss", &cfg->loss);
    }
    w->at++;
    cfg->loss_model = LOSS_GILBERT_ELLIOTT;
    if (!take_prob(w, "gemodel", &cfg->ge_p))
        return false;
    cfg->ge_r = PROB_ONE - cfg->ge_p;
    if (has_value(w) && !take_prob(w, "gemodel", &cfg->ge_r))
        return false;
    if (has_value(w) && !take_prob(w, "gemodel", &lost_bad))
        return false;
    if (has_value(w) && !take_prob(w, "gemodel", &lost_good))
        return false;
    cfg->ge_h = PROB_ONE - lost_bad;
    cfg->ge_k = PROB_ONE - lost_good;
    return true;
}

static bool take_number(Words *w, const char *keyword, uint64_t *out)
{
    char *end;

    if (!has_value(w))
        return fail(w, keyword, "a number is wanted");
    *out = g_ascii_strtoull(peek(w), &end, 10);
    if (*end != 0)
        return fail(w, keyword, "a whole number is wanted");
    w->at++;
    return true;
}

static bool take_reorder(Words *w, LinkConfig *cfg)
{
    if (!take_one_prob(w, "reorder", &cfg->reorder))
        return false;
    if (peek(w) == NULL || strcmp(peek(w), "gap") != 0)
        return true;
    w->at++;
    return has_value(w) ? take_field(w, "gap", cfg) : fail(w, "gap", "a number is wanted");
}

static bool take_keyword(Words *w, LinkConfig *cfg)
{
    static const char *const keywords[] = { "delay",   "loss",  "duplicate", "corrupt",
                                            "reorder", "rate",  "limit",     NULL };
    const char *k = w->word[w->at++];

    if (strcmp(k, "delay") == 0)
        return take_delay(w, cfg);
    if (strcmp(k, "loss") == 0)
        return take_loss(w, cfg);
    if (strcmp(k, "duplicate") == 0)
        return take_one_prob(w, k, &cfg->duplicate);
    if (strcmp(k, "corrupt") == 0)
        return take_one_prob(w, k, &cfg->corrupt);
    if (strcmp(k, "reorder") == 0)
        return take_reorder(w, cfg);
    if (strcmp(k, "limit") == 0) {
        cfg->queue_in_bytes = false;
        return take_number(w, k, &cfg->queue);
    }
    if (strcmp(k, "rate") == 0)
        return has_value(w) ? take_field(w, k, cfg) : fail(w, k, "a rate is wanted");
    const char *near = knob_nearest(keywords, k);
    g_set_error(&w->error, KNOB_ERROR, KNOB_ERROR_NAME, "netem: no word '%s'%s%s%s", k,
                near != NULL ? ", did you mean '" : "", near != NULL ? near : "",
                near != NULL ? "'?" : "");
    return false;
}

bool netem_parse(const char *text, LinkConfig *cfg, GError **error)
{
    g_auto(GStrv) split = g_strsplit_set(text, " \t\n", MAX_WORDS);
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    Words w = { 0 };
    LinkConfig read = *cfg;
    bool ok = true;

    for (guint i = 0; split[i] != NULL; i++)
        if (*split[i] != 0)
            g_ptr_array_add(words, split[i]);
    g_ptr_array_add(words, NULL);
    w.word = (char **)words->pdata;
    while (ok && peek(&w) != NULL)
        ok = take_keyword(&w, &read);
    if (ok)
        *cfg = read;
    else
        g_propagate_error(error, w.error);
    return ok;
}
