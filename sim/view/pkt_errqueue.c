/*
 * pkt_errqueue.c - the error queue of a socket: when zero-copy sends have let go of their buffers
 * (MSG_ZEROCOPY), and when the last byte of a send was sent and acknowledged (SO_TIMESTAMPING).
 *
 * Nothing is copied or pinned in a simulated host, so a notification says what Linux says over a
 * device without scatter-gather: that the bytes were copied after all.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/pkt_priv.h"

#include <inttypes.h>
#include <string.h>

enum { ORIGIN_STAMP = 4, ORIGIN_ZEROCOPY = 5, COPIED = 1, NO_MESSAGE = 42 }; /* Linux's numbers */
enum { STAMP_SENT = 0, STAMP_SCHEDULED = 1, STAMP_ACKED = 2 };
enum { FLAG_TRUNCATED = 0x20, FLAG_ERRQUEUE = 0x2000 };

/* What a send has asked to be told. */
typedef struct Asked {
    bool     zerocopy, sent; /* zerocopy, or stamps, of which those of sending have been given */
    uint64_t end;            /* of its bytes in the stream */
    uint32_t id;
} Asked;

typedef struct Told { /* in the error queue */
    bool     zerocopy;
    uint32_t info, data; /* zerocopy: the first and the last id; else which stamp, and its id */
    SimTime  t;
} Told;

void pkt_errqueue_free(PktSock *s)
{
    if (s->asked != NULL)
        g_array_free(s->asked, TRUE);
    if (s->errors != NULL)
        g_array_free(s->errors, TRUE);
}

void pkt_errqueue_ask(PktSock *s, bool zerocopy)
{
    Asked a = { .zerocopy = zerocopy, .end = s->written };

    if (s->asked == NULL)
        s->asked = g_array_new(FALSE, TRUE, sizeof(Asked));
    a.id = zerocopy ? s->zerocopy_id++ : (uint32_t)(s->written - s->stamps_from - 1);
    g_array_append_val(s->asked, a);
}

static void tell(PktSock *s, const Told *t)
{
    if (s->errors == NULL)
        s->errors = g_array_new(FALSE, TRUE, sizeof(Told));
    s->errors_ever++;
    if (t->zerocopy && s->errors->len > 0) { /* one range of ids, if they follow each other */
        Told *last = &g_array_index(s->errors, Told, s->errors->len - 1);
        if (last->zerocopy && last->data + 1 == t->info) {
            last->data = t->data;
            return;
        }
    }
    g_array_append_val(s->errors, *t);
}

/* True: there is no more to tell of it. */
static bool look_at(PktSock *s, Asked *a, uint64_t sent, uint64_t acked, bool over, SimTime now)
{
    if (a->zerocopy) {
        if (acked >= a->end || over)
            tell(s, &(Told){ .zerocopy = true, .info = a->id, .data = a->id, .t = now });
        return acked >= a->end || over;
    }
    if (!a->sent && sent >= a->end) {
        a->sent = true;
        tell(s, &(Told){ .info = STAMP_SCHEDULED, .data = a->id, .t = now });
        tell(s, &(Told){ .info = STAMP_SENT, .data = a->id, .t = now });
    }
    if (acked >= a->end)
        tell(s, &(Told){ .info = STAMP_ACKED, .data = a->id, .t = now });
    return acked >= a->end || over;
}

static void note(PktRun *run, PktSock *s)
{
    TcpInfo i;

    conn_info(s->conn, &i);
    uint64_t in_flight = i.snd_nxt - i.snd_una;
    for (guint k = 0; k < s->asked->len;) {
        Asked *a = &g_array_index(s->asked, Asked, k);
        if (look_at(s, a, i.bytes_acked + in_flight, i.bytes_acked, i.state == TCP_CLOSED,
                    sim_now(run->sim)))
            g_array_remove_index(s->asked, k);
        else
            k++;
    }
}

void pkt_errqueue_note(PktRun *run)
{
    for (guint i = 0; i < run->socks->len; i++) {
        PktSock *s = g_ptr_array_index(run->socks, i);
        if (s->kind == PKT_CONN && s->asked != NULL && s->asked->len > 0)
            note(run, s);
    }
}

bool pkt_errqueue_waits(const PktSock *s)
{
    return s->errors != NULL && s->errors->len > 0;
}

/* --- recvmsg with MSG_ERRQUEUE ---------------------------------------------------------------- */

static void check(const PktValue *of, const char *name, size_t i, int64_t got, PktOutcome *out)
{
    const PktValue *want = pkt_field(of, name, i);

    if (want != NULL && want->kind == PKT_INT && want->num != got)
        pkt_wrong(out, "%s is %" PRId64 ", expected %" PRId64, name, got, want->num);
}

static void check_error(const PktValue *data, const Told *t, PktOutcome *out)
{
    check(data, "ee_errno", 0, t->zerocopy ? 0 : NO_MESSAGE, out);
    check(data, "ee_origin", 1, t->zerocopy ? ORIGIN_ZEROCOPY : ORIGIN_STAMP, out);
    check(data, "ee_type", 2, 0, out);
    check(data, "ee_code", 3, t->zerocopy ? COPIED : 0, out);
    check(data, "ee_info", 4, t->info, out);
    check(data, "ee_data", 5, t->data, out);
}

static void check_stamp(PktRun *run, const PktValue *data, const Told *t, PktOutcome *out)
{
    const PktValue *sec = pkt_field(data, "scm_sec", 0), *ns = pkt_field(data, "scm_nsec", 1);

    if (sec == NULL || ns == NULL || sec->kind != PKT_INT || ns->kind != PKT_INT)
        return;
    SimTime want = sec->num * SEC + ns->num, off = want > t->t ? want - t->t : t->t - want;
    if (off > run->settings.tolerance) {
        g_autofree char *was = time_to_text(t->t), *expected = time_to_text(want);
        pkt_wrong(out, "the time stamp is %s, expected %s", was, expected);
    }
}

bool pkt_errqueue_receive(PktRun *run, PktSock *s, const PktValue *msg, PktOutcome *out)
{
    const PktValue *list = pkt_field(msg, "msg_control", SIZE_MAX);

    if (!pkt_errqueue_waits(s))
        return pkt_errs(out, "EAGAIN");
    Told t = g_array_index(s->errors, Told, 0);
    g_array_remove_index(s->errors, 0);
    check(msg, "msg_flags", SIZE_MAX, FLAG_ERRQUEUE | (t.zerocopy ? 0 : FLAG_TRUNCATED), out);
    for (guint i = 0; list != NULL && list->items != NULL && i < list->items->len; i++) {
        const PktValue *item = g_ptr_array_index(list->items, i);
        const PktValue *type = pkt_field(item, "cmsg_type", 1);
        const PktValue *data = pkt_field(item, "cmsg_data", 2);
        if (pkt_value_has(type, "SCM_TIMESTAMPING") && !t.zerocopy)
            check_stamp(run, data, &t, out);
        else if (pkt_value_has(type, "CMSG_TYPE_RECVERR") || pkt_value_has(type, "IP_RECVERR"))
            check_error(data, &t, out);
        else
            pkt_wrong(out, "there is no control message of that type");
    }
    return pkt_done(out, 0);
}
