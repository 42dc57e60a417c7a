/*
 * tcp_cc_cubic.c - CUBIC, RFC 9438, in integers: windows in bytes, times in microseconds.
 *
 * The RFC counts in segments and lets every ACK add (target - cwnd)/cwnd of one. Here it is
 * multiplied by the segments that the ACK acknowledges, as for W_est in Figure 4, so that a
 * receiver that delays its ACKs slows nothing down; and what is left of divisions is kept.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_cc.h"

#include <glib.h>

enum {
    BETA_NUM = 7, BETA_DEN = 10,   /* §4.6 */
    FAST_NUM = 17, FAST_DEN = 20,  /* (1 + beta) / 2: §4.7 */
    ALPHA_NUM = 9, ALPHA_DEN = 17, /* 3 (1 - beta) / (1 + beta): §4.3 */
    C_NUM = 2, C_DEN = 5,          /* 0.4 segments per cubic second: §5.1 */
    HYSTART_LIMIT = 8,             /* RFC 9406 §4.3: L, for a sender that is not paced */
};

#define MICRO ((uint64_t)1000000)
#define D_MAX (260 * MICRO) /* whose cube still fits; 7 million segments */

/* Linux: the window of a flow that has seen no loss grows by 5% per round trip at least, and its
 * rate of growth is computed again after 31 ms or when cwnd has changed. */
enum { LINUX_CNT_MAX = 20, LINUX_CNT_MIN = 2 };
static const SimTime LINUX_CNT_TIME = SEC / 32;

/* --- the curve, §4.2 ------------------------------------------------------------------------- */

/* C * (d microseconds)^3 segments, in bytes. */
static uint64_t cube(uint64_t d, uint32_t mss)
{
    d = MIN(d, D_MAX);
    uint64_t square = d * d / MICRO, cubed = square * d / MICRO; /* in 10^-6 s^2, s^3 */

    return cubed * C_NUM / C_DEN * mss / MICRO;
}

/* Its inverse, Figure 2: the smallest d that gives no less than `bytes`. */
static uint64_t cube_root(uint64_t bytes, uint32_t mss)
{
    uint64_t low = 0, high = D_MAX;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (cube(middle, mss) >= bytes)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* W_cubic(t), Figure 1, in bytes. */
static uint32_t w_cubic(const Cubic *cu, uint32_t mss, SimTime t)
{
    uint64_t by = cube((uint64_t)(t > cu->k ? t - cu->k : cu->k - t) / USEC, mss);

    if (t < cu->k)
        return by < cu->origin ? cu->origin - (uint32_t)by : 0;
    return (uint32_t)MIN(cu->origin + by, CWND_MAX);
}

/* --- a congestion avoidance stage ------------------------------------------------------------- */

static void start_epoch(Cong *c, SimTime now)
{
    Cubic *cu = &c->state->cubic;

    cu->in_epoch = true;
    cu->epoch = now;
    cu->w_est = c->cwnd;
    cu->est_rest = cu->rest = 0;
    cu->cnt_cwnd = 0;
    c->acked = 0;
    if (cu->cwnd_prior == 0) /* slow start ended without a loss: §4.10 */
        cu->cwnd_prior = c->cwnd;
    if (cu->w_max == 0 && !c->rules.linux_) /* or by a timeout: §4.8 */
        cu->w_max = c->cwnd;
    cu->origin = MAX(cu->w_max, c->cwnd);
    cu->k = (SimTime)cube_root(cu->origin - c->cwnd, c->mss) * USEC;
}

/* num/den more, of which `rest` keeps what is less than a byte. */
static uint32_t add_part(uint64_t *rest, uint64_t num, uint64_t den)
{
    num += *rest;
    *rest = num % den;
    return (uint32_t)(num / den);
}

/* Figure 4. */
static void grow_estimate(Cong *c, uint32_t acked)
{
    Cubic *cu = &c->state->cubic;
    uint64_t bytes = (uint64_t)acked * c->mss;

    if (cu->w_est >= cu->cwnd_prior)
        bytes = bytes * ALPHA_DEN; /* alpha is 1 from here on */
    else
        bytes = bytes * ALPHA_NUM;
    cu->w_est += add_part(&cu->est_rest, bytes, (uint64_t)ALPHA_DEN * c->cwnd);
    cu->w_est = MIN(cu->w_est, CWND_MAX);
}

/* §4.3 to §4.5. */
static void grow_by_curve(Cong *c, const CongAck *a, uint32_t acked)
{
    Cubic *cu = &c->state->cubic;
    SimTime t = a->now - cu->epoch;

    if (w_cubic(cu, c->mss, t) < cu->w_est) { /* the Reno-friendly region */
        c->cwnd = MAX(c->cwnd, cu->w_est);
        return;
    }
    uint32_t target = w_cubic(cu, c->mss, t + a->srtt);
    target = CLAMP(target, c->cwnd, c->cwnd + c->cwnd / 2);
    cong_grow(c, add_part(&cu->rest, (uint64_t)(target - c->cwnd) * acked, c->cwnd));
}

/* --- Linux's way of growing: a whole segment for each `cnt` segments acknowledged ------------- */

static uint32_t linux_cnt(const Cong *c, const CongAck *a)
{
    const Cubic *cu = &c->state->cubic;
    uint32_t target = w_cubic(cu, c->mss, a->now - cu->epoch + a->min_rtt);
    uint32_t segments = c->cwnd / c->mss, cnt = 100 * segments;

    target = target / c->mss;
    if (target > segments)
        cnt = segments / (target - segments);
    if (cu->w_max == 0)
        cnt = MIN(cnt, LINUX_CNT_MAX);
    return cnt;
}

static void linux_grow(Cong *c, const CongAck *a, uint32_t acked)
{
    Cubic *cu = &c->state->cubic;
    uint32_t segments = c->cwnd / c->mss, friendly = cu->w_est / c->mss;

    if (cu->cnt_cwnd != c->cwnd || a->now - cu->cnt_at > LINUX_CNT_TIME) {
        cu->cnt_cwnd = c->cwnd;
        cu->cnt_at = a->now;
        cu->cnt = linux_cnt(c, a);
        if (friendly > segments)
            cu->cnt = MIN(cu->cnt, segments / (friendly - segments));
        cu->cnt = MAX(cu->cnt, LINUX_CNT_MIN);
    }
    if (c->acked >= cu->cnt * c->mss) { /* counted for a slower growth */
        c->acked = 0;
        cong_grow(c, c->mss);
    }
    c->acked += acked;
    uint32_t more = c->acked / (cu->cnt * c->mss);
    c->acked -= more * cu->cnt * c->mss;
    cong_grow(c, more * c->mss);
}

/* --- the policy ------------------------------------------------------------------------------- */

/* §4.2: t counts no time in which cwnd was not used. */
static void skip_unused(Cubic *cu, SimTime now)
{
    if (cu->in_epoch)
        cu->epoch += now - cu->seen;
    cu->seen = now;
}

static void cubic_init(Cong *c, SimTime now)
{
    c->state->cubic = (Cubic){ .seen = now };
    hystart_init(&c->state->cubic.hystart, now);
}

static uint32_t slow_start(Cong *c, uint32_t acked, uint32_t divisor)
{
    uint32_t limit = c->rules.slow_start_limit;

    if (c->rules.hystart == HYSTART_RFC9406 && c->ssthresh == CWND_INFINITE)
        limit = MAX(limit, HYSTART_LIMIT);
    return cong_slow_start(c, acked / divisor, limit);
}

static void cubic_on_ack(Cong *c, const CongAck *a)
{
    Cubic *cu = &c->state->cubic;
    uint32_t acked = a->acked, divisor = hystart_ack(&cu->hystart, c, a);

    if (!cong_may_grow(a)) {
        if (!a->uses_window)
            skip_unused(cu, a->now);
        return;
    }
    cu->seen = a->now;
    if (cong_in_slow_start(c)) {
        acked = slow_start(c, acked, divisor);
        if (acked == 0)
            return;
    }
    if (!cu->in_epoch)
        start_epoch(c, a->now);
    grow_estimate(c, acked);
    if (c->rules.linux_)
        linux_grow(c, a, acked);
    else
        grow_by_curve(c, a, acked);
}

/* §4.6, §4.7. */
static void cubic_on_loss(Cong *c, uint32_t flight, SimTime now)
{
    Cubic *cu = &c->state->cubic;

    (void)now;
    cu->in_epoch = false;
    cu->cwnd_prior = c->cwnd;
    cu->w_max = c->cwnd < cu->w_max ? (uint32_t)((uint64_t)c->cwnd * FAST_NUM / FAST_DEN) : c->cwnd;
    c->ssthresh = cong_part(c, flight, BETA_NUM, BETA_DEN, 2);
    c->acked = 0;
}

/* §4.8. */
static void cubic_on_rto(Cong *c, uint32_t flight, SimTime now)
{
    Cubic *cu = &c->state->cubic;

    cubic_on_loss(c, flight, now);
    cu->w_max = 0;
    if (c->rules.linux_)
        hystart_init(&cu->hystart, now);
}

/* §4.6: down to one segment. */
static void cubic_on_ecn(Cong *c, uint32_t flight, SimTime now)
{
    cubic_on_loss(c, flight, now);
    c->cwnd = cong_part(c, flight, BETA_NUM, BETA_DEN, 1);
}

static void cubic_on_idle(Cong *c, SimTime idle, SimTime now)
{
    (void)idle;
    skip_unused(&c->state->cubic, now);
}

static void cubic_figures(const Cong *c, CongFigure out[static CONG_FIGURES])
{
    const Cubic *cu = &c->state->cubic;

    out[0] = (CongFigure){ "w_max", FIGURE_BYTES, cu->w_max };
    out[1] = (CongFigure){ "w_est", FIGURE_BYTES, cu->in_epoch ? cu->w_est : 0 };
    out[2] = (CongFigure){ "k", FIGURE_TIME, cu->in_epoch ? cu->k : 0 };
}

const TcpCc tcp_cc_cubic = {
    .name = "cubic",
    .has_state = true,
    .init = cubic_init,
    .on_ack = cubic_on_ack,
    .on_loss = cubic_on_loss,
    .on_rto = cubic_on_rto,
    .on_ecn = cubic_on_ecn,
    .on_idle = cubic_on_idle,
    .figures = cubic_figures,
};
