/*
 * link_knob.c - what a scenario may say of a link: the option tables. The vocabulary is
 * tc-netem(8)'s.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/engine/link.h"

#include <string.h>

static const SimTime LONGEST = 366 * 24 * HOUR;

const char *const distribution_names[] = { "uniform", "normal", "pareto", NULL };
static const char *const loss_model_names[] = { "random", "gilbert-elliott", NULL };
static const char *const queue_form[] = { "integer|string", NULL };
static const char *const loss_form[] = { "number|string|table", NULL };

const LinkConfig link_defaults = {
    .queue = 1000, .ge_k = PROB_ONE, .mtu = 1500
};

#define AT(field) offsetof(LinkConfig, field)
const Knob link_knobs[] = {
    { "delay", KNOB_TIME, AT(delay), 0, LONGEST, NULL,
      "how long a frame travels, after the transmitter has sent it", "", false },
    { "jitter", KNOB_TIME, AT(jitter), 0, LONGEST, NULL,
      "by how much the delay varies: at most (uniform), or as standard deviation", "", false },
    { "distribution", KNOB_ENUM, AT(distribution), 0, 0, distribution_names,
      "of the jitter", "", false },
    { "rate", KNOB_RATE, AT(rate), 0, 0, NULL,
      "of the transmitter, in bit/s, Ethernet header included; 0: infinite", "", false },
    { "queue", KNOB_CUSTOM, 0, 0, 0, queue_form,
      "room behind the frame being sent: a number of packets, or a size in bytes", "", false },
    { "loss", KNOB_CUSTOM, 0, 0, 0, loss_form,
      "probability that a frame is lost, or a table: model, p, r, h, k", "", false },
    { "duplicate", KNOB_PROB, AT(duplicate), 0, 0, NULL,
      "probability that a frame is sent twice", "", false },
    { "reorder", KNOB_PROB, AT(reorder), 0, 0, NULL,
      "probability that a frame skips the delay, and so overtakes others", "", false },
    { "gap", KNOB_INT, AT(gap), 0, INT32_MAX, NULL,
      "reorder at most every gap-th frame", "", false },
    { "corrupt", KNOB_PROB, AT(corrupt), 0, 0, NULL,
      "probability that one bit of a frame is flipped", "", false },
    { "mtu", KNOB_SIZE, AT(mtu), 68, 65535, NULL,
      "the largest network packet, in bytes", "RFC 791 §3.2", false },
    { .name = NULL }
};

const Knob link_loss_knobs[] = {
    { "model", KNOB_ENUM, AT(loss_model), 0, 0, loss_model_names,
      "random (each frame alike) or gilbert-elliott (in bursts)", "", false },
    { "loss", KNOB_PROB, AT(loss), 0, 0, NULL, "of each frame, in the random model", "", false },
    { "p", KNOB_PROB, AT(ge_p), 0, 0, NULL, "from the good state into the bad one", "", false },
    { "r", KNOB_PROB, AT(ge_r), 0, 0, NULL, "from the bad state into the good one", "", false },
    { "h", KNOB_PROB, AT(ge_h), 0, 0, NULL, "the chance to pass in the bad state", "", false },
    { "k", KNOB_PROB, AT(ge_k), 0, 0, NULL, "the chance to pass in the good state", "", false },
    { .name = NULL }
};

bool link_queue_from_text(LinkConfig *cfg, const char *text, GError **error)
{
    char *end;
    uint64_t n = g_ascii_strtoull(text, &end, 10);
    const char *unit = end + strspn(end, " ");
    bool packets = g_ascii_isdigit(*text) && n <= INT64_MAX &&
                   (*unit == '\0' || g_ascii_strcasecmp(unit, "packets") == 0);

    if (!packets && !parse_size(text, &n, error))
        return false;
    cfg->queue = n;
    cfg->queue_in_bytes = !packets;
    return true;
}
