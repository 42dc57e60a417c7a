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
static const char *const queue_form[] = { "integer|string|RedOpts|CodelOpts|FqCodelOpts", NULL };
static const char *const size_form[] = { "integer|string", NULL };
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
      "room behind the frame being sent, in packets or bytes; or a discipline, and what it takes",
      "", false },
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

#define TYPE                                                                                       \
    { "type", KNOB_ENUM, AT(qdisc.type), 0, 0, qdisc_names, "the discipline of the queue", "",     \
      false }
#define LIMIT                                                                                      \
    { "limit", KNOB_CUSTOM, AT(queue), 0, 0, size_form,                                            \
      "room behind the frame being sent: a number of packets, or a size in bytes", "", false }
#define ECN                                                                                        \
    { "ecn", KNOB_BOOL, AT(qdisc.ecn), 0, 0, NULL,                                                 \
      "marks packets whose sender can be told so, instead of dropping them", "RFC 3168 §5", false }
#define CODEL_KNOBS                                                                                \
    { "target", KNOB_TIME, AT(qdisc.target), 0, LONGEST, NULL,                                     \
      "how long a packet may wait", "RFC 8289 §4.3", false },                                     \
    { "interval", KNOB_TIME, AT(qdisc.interval), 1, LONGEST, NULL,                                 \
      "for how long all may wait longer before one is dropped: a round trip's time",               \
      "RFC 8289 §4.3", false },                                                                   \
    { "ce_threshold", KNOB_TIME, AT(qdisc.ce_threshold), 0, LONGEST, NULL,                         \
      "marks every packet that has waited longer; 0: none", "RFC 8290 §5.2.7", false }

static const Knob drop_tail_knobs[] = { TYPE, LIMIT, { .name = NULL } };

static const Knob red_knobs[] = {
    TYPE, LIMIT, ECN,
    { "min", KNOB_CUSTOM, AT(qdisc.min), 0, 0, size_form,
      "average length from which packets are dropped or marked; a third of max", "", false },
    { "max", KNOB_CUSTOM, AT(qdisc.max), 0, 0, size_form,
      "average length at which that is as likely as `probability`; a quarter of the limit", "",
      false },
    { "probability", KNOB_PROB, AT(qdisc.probability), 0, 0, NULL,
      "of a drop or a mark at max", "", false },
    { "weight", KNOB_INT, AT(qdisc.weight), 0, 20, NULL,
      "of a new length in the average: 2 to the power of minus that", "", false },
    { "avpkt", KNOB_SIZE, AT(qdisc.avpkt), 1, 65549, NULL,
      "bytes of the usual packet: while the link is idle the average decays as if such came", "",
      false },
    { "gentle", KNOB_BOOL, AT(qdisc.gentle), 0, 0, NULL,
      "between max and twice max the probability goes on to 1; else it is 1 from max on", "",
      false },
    { "harddrop", KNOB_BOOL, AT(qdisc.harddrop), 0, 0, NULL,
      "from max on nothing is marked that should be dropped", "RFC 3168 §7", false },
    { .name = NULL }
};

static const Knob codel_knobs[] = { TYPE, LIMIT, ECN, CODEL_KNOBS, { .name = NULL } };

static const Knob fq_codel_knobs[] = {
    TYPE, LIMIT, ECN, CODEL_KNOBS,
    { "flows", KNOB_INT, AT(qdisc.flows), 1, 65536, NULL,
      "queues, among which flows are spread by chance", "RFC 8290 §5.2.4", false },
    { "quantum", KNOB_SIZE, AT(qdisc.quantum), 1, 1 << 20, NULL,
      "bytes that each flow may send in its turn", "RFC 8290 §5.2.5", false },
    { .name = NULL }
};

const Knob *const qdisc_knobs[QDISC_COUNT] = {
    [QDISC_DROP_TAIL] = drop_tail_knobs,
    [QDISC_RED] = red_knobs,
    [QDISC_CODEL] = codel_knobs,
    [QDISC_FQ_CODEL] = fq_codel_knobs,
};

void link_queue_defaults(LinkConfig *cfg, QdiscType type)
{
    cfg->queue = type == QDISC_FQ_CODEL ? 10240 : link_defaults.queue;
    cfg->queue_in_bytes = false;
    cfg->qdisc = (QdiscConfig){ .type = type };
    if (type == QDISC_RED) {
        cfg->qdisc.probability = PROB_ONE / 50;
        cfg->qdisc.weight = 9;
        cfg->qdisc.avpkt = 1000;
        cfg->qdisc.gentle = true;
        cfg->qdisc.harddrop = true;
    }
    if (type == QDISC_CODEL || type == QDISC_FQ_CODEL) {
        cfg->qdisc.target = 5 * MSEC;
        cfg->qdisc.interval = 100 * MSEC;
    }
    if (type == QDISC_FQ_CODEL) {
        cfg->qdisc.ecn = true;
        cfg->qdisc.flows = 1024;
        cfg->qdisc.quantum = link_frame_max(&link_defaults);
    }
}

static bool misfit(GError **error, const char *why)
{
    g_set_error(error, KNOB_ERROR, KNOB_ERROR_VALUE, "queue: red: %s", why);
    return false;
}

bool link_queue_check(LinkConfig *cfg, GError **error)
{
    QdiscConfig *q = &cfg->qdisc;
    QueueSize limit = { cfg->queue, cfg->queue_in_bytes };

    if (q->type != QDISC_RED)
        return true;
    if (q->max.n == 0)
        q->max = (QueueSize){ MAX(limit.n / 4, 1), limit.in_bytes };
    if (q->min.n == 0)
        q->min = (QueueSize){ q->max.n / 3, q->max.in_bytes };
    if (q->min.in_bytes != limit.in_bytes || q->max.in_bytes != limit.in_bytes)
        return misfit(error, "limit, min and max are all packets, or all bytes (\"64KiB\")");
    if (q->min.n >= q->max.n)
        return misfit(error, "max must be above min");
    if (q->max.n > UINT32_MAX / 2)
        return misfit(error, "max is too large");
    return true;
}

bool link_queue_size(const char *text, QueueSize *out, GError **error)
{
    char *end;
    uint64_t n = g_ascii_strtoull(text, &end, 10);
    const char *unit = end + strspn(end, " ");
    bool packets = g_ascii_isdigit(*text) && n <= INT64_MAX &&
                   (*unit == '\0' || g_ascii_strcasecmp(unit, "packets") == 0);

    if (!packets && !parse_size(text, &n, error))
        return false;
    *out = (QueueSize){ n, !packets };
    return true;
}

bool link_queue_from_text(LinkConfig *cfg, const char *text, GError **error)
{
    QueueSize limit;

    for (int type = 0; type < QDISC_COUNT; type++)
        if (strcmp(text, qdisc_names[type]) == 0) {
            link_queue_defaults(cfg, (QdiscType)type);
            return link_queue_check(cfg, error);
        }
    if (!link_queue_size(text, &limit, error))
        return false;
    cfg->qdisc = (QdiscConfig){ .type = QDISC_DROP_TAIL };
    cfg->queue = limit.n;
    cfg->queue_in_bytes = limit.in_bytes;
    return true;
}
