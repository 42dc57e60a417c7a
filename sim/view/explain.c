/*
 * explain.c - follows every packet from the reason why it was made to what became of it.
 *
 * A story is what happened to one packet, or between packets: a change of state that no packet
 * explains, a timer, a note. All that a node does in the scheduler's event in which a packet
 * reached it is told of that arrival.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/explain_priv.h"

#include "sim/view/ladder_priv.h"
#include "sim/view/words.h"

#include <string.h>

typedef enum Level { OF_PACKET, OF_ARRIVAL, OF_STEP } Level;

typedef struct Line {
    Level level;
    Style style;
    char *text;
} Line;

typedef struct Story {
    uint64_t number; /* 0: not of a packet */
    uint64_t id;
    SimTime t;
    char *head;
    Row row; /* of the packet: its headers, and numbers as they are shown */
    GArray *lines; /* of Line */
} Story;

/* A packet that a node has just got. */
typedef struct Arrival {
    Story *story; /* NULL: none, or one that is not told */
    Node *node;
    uint64_t number; /* of its packet */
    uint64_t event; /* the scheduler's count */
    bool unknown;   /* no connection has it; what CLOSED or LISTEN makes of it is not known yet */
    bool open;      /* nothing has refused it so far */
    bool stepped;   /* a connection's steps are told */
    GPtrArray *changes; /* of char *: of states, during the step that is not over */
    bool final;     /* its receiver looks above the link and the router */
} Arrival;

struct Explain {
    Sim *sim;
    ExplainOptions opt;
    Flows *flows;
    GPtrArray *stories;  /* of Story, in order */
    GHashTable *by_id;   /* of the packets' stories; for look-up only */
    uint64_t packets;    /* so far */
    GHashTable *numbers; /* Packet.id to number; for look-up only */
    Arrival arrival;
    const char *(*label)(void *self, const Packet *pkt);
    void *label_self;
};

static void story_free(void *story_)
{
    Story *story = story_;

    g_free(story->head);
    for (guint i = 0; i < story->lines->len; i++)
        g_free(g_array_index(story->lines, Line, i).text);
    g_array_free(story->lines, TRUE);
    g_free(story);
}

static bool is_told(const Explain *ex, uint64_t number)
{
    return number >= ex->opt.first && number <= ex->opt.last;
}

static char *time_text(SimTime t)
{
    GString *out = g_string_new(NULL);

    ladder_time(t, 3, out);
    return g_string_free(out, FALSE);
}

static Story *add_story(Explain *ex, char *head)
{
    Story *story = g_new0(Story, 1);

    story->t = sim_now(ex->sim);
    story->head = head;
    story->lines = g_array_new(FALSE, FALSE, sizeof(Line));
    g_ptr_array_add(ex->stories, story);
    return story;
}

/* Takes the text. */
static void add_line(Story *story, Level level, Style style, char *text)
{
    Line line = { level, style, text };

    if (story != NULL)
        g_array_append_val(story->lines, line);
    else
        g_free(text);
}

/* Between packets: told if its neighbours are. */
static void add_between(Explain *ex, const Node *node, const char *text)
{
    g_autofree char *time = time_text(sim_now(ex->sim));

    if (is_told(ex, ex->packets) || is_told(ex, ex->packets + 1))
        add_story(ex, node != NULL ? g_strdup_printf("%s  %s  %s", time, node->name, text)
                                   : g_strdup_printf("%s  * %s", time, text));
}

/* --- arrivals --------------------------------------------------------------------------------- */

static void tell_unknown(Explain *ex, DropReason drop)
{
    Arrival *a = &ex->arrival;
    bool listening = drop != DROP_TCP_CLOSED && drop != DROP_TCP_CLOSED_RST;
    g_autoptr(GPtrArray) said = g_ptr_array_new();

    if (!a->unknown)
        return;
    a->unknown = false;
    if (a->story != NULL)
        explain_no_connection(listening, drop, &a->story->row.g, ex->opt.chinese, said);
    for (guint i = 0; i < said->len; i++)
        add_line(a->story, i == 0 ? OF_ARRIVAL : OF_STEP, S_PLAIN, g_ptr_array_index(said, i));
}

static void tell_changes(Explain *ex)
{
    Arrival *a = &ex->arrival;

    for (guint i = 0; a->changes != NULL && i < a->changes->len; i++)
        add_line(a->story, OF_STEP, S_ODD, g_ptr_array_index(a->changes, i));
    if (a->changes != NULL)
        g_ptr_array_set_size(a->changes, 0);
}

static void end_arrival(Explain *ex)
{
    Arrival *a = &ex->arrival;

    tell_unknown(ex, DROP_NONE);
    tell_changes(ex);
    if (a->story != NULL && a->open && a->final)
        add_line(a->story, OF_ARRIVAL, S_DOWN,
                 g_strdup(ex->opt.chinese ? "=> 接受" : "=> accepted"));
    if (a->changes != NULL)
        g_ptr_array_free(a->changes, TRUE);
    *a = (Arrival){ 0 };
}

static bool in_arrival(const Explain *ex, const Node *node)
{
    return ex->arrival.node == node && ex->arrival.event == ex->sim->sched.events;
}

/* --- packets ---------------------------------------------------------------------------------- */

static void read_packet(const Explain *ex, Story *story, const Packet *pkt)
{
    Row *row = &story->row;

    if (pkt->frame_len > 0)
        glance(&row->g, packet_frame(pkt));
    else
        glance_packet(&row->g, packet_span(pkt));
    row->g.tcp_options = (Span){ NULL, 0 };
    row->seq = row->g.tcp.seq;
    row->ack = row->g.tcp.ack;
    if (row->g.kind == GLANCE_TCP) {
        uint32_t seq, ack;
        flows_base(ex->flows, row->g.src, row->g.dst, &row->g.tcp,
                   pkt->forged ? NEVER : pkt->born, &seq, &ack, NULL);
        row->seq -= seq;
        row->ack -= ack;
    }
}

/* Whose address it is; NULL: nobody's. */
static const Node *owner(const Sim *sim, IpAddr addr)
{
    for (guint i = 0; i < sim->nodes->len; i++) {
        const Node *node = g_ptr_array_index(sim->nodes, i);
        const Stack *stack = node_stack(node);
        for (guint k = 0; stack != NULL && k < stack->ifaces->len; k++) {
            const Iface *iface = g_ptr_array_index(stack->ifaces, k);
            if (ip_equal(iface->ip.addr, addr))
                return node;
        }
    }
    return NULL;
}

static char *packet_head(const Explain *ex, const Story *story, const Packet *pkt, const Node *from)
{
    const char *name = ex->label != NULL ? ex->label(ex->label_self, pkt) : NULL;
    g_autofree char *time = time_text(story->t);
    g_autoptr(GString) label = g_string_new(NULL);
    const Node *to = owner(ex->sim, story->row.g.dst);
    char ip[IP_TEXT];

    ladder_label(&story->row, false, label);
    if (to == NULL)
        ip_text(story->row.g.dst, ip);
    return g_strdup_printf("#%" G_GUINT64_FORMAT "  %s  %s > %s  %s%s%s", story->number, time,
                           from->name, to != NULL ? to->name : ip, label->str,
                           name != NULL ? ": " : "", name != NULL ? name : "");
}

static void say_why(const Explain *ex, Story *story, const Packet *pkt, const Node *from)
{
    bool zh = ex->opt.chinese;
    const Reason *reason = sent_reason(pkt->why);
    g_autofree char *why = explain_with_rule(words_sent(zh, pkt->why), reason->rule, zh);

    add_line(story, OF_PACKET, S_PLAIN, g_strdup_printf(zh ? "为什么发：%s" : "sent: %s", why));
    if (in_arrival(ex, from) && pkt->born == sim_now(ex->sim) && !pkt->forged)
        add_line(story, OF_PACKET, S_PLAIN,
                 g_strdup_printf(zh ? "由 #%" G_GUINT64_FORMAT " 引起"
                                           : "because of #%" G_GUINT64_FORMAT,
                                        ex->arrival.number));
    if (pkt->born < sim_now(ex->sim) && !pkt->forged) {
        g_autofree char *born = time_text(pkt->born);
        add_line(story, OF_PACKET, S_PLAIN,
                 g_strdup_printf(zh ? "早在 %s 就做好了，等到现在才能上线"
                                           : "made at %s; it could not go before now",
                                        born));
    }
}

static void new_packet(Explain *ex, const Packet *pkt, const Node *from)
{
    uint64_t number = ++ex->packets;

    g_hash_table_insert(ex->numbers, g_memdup2(&pkt->id, sizeof pkt->id),
                        GUINT_TO_POINTER((guint)number));
    if (!is_told(ex, number))
        return;
    Story *story = add_story(ex, NULL);
    story->number = number;
    story->id = pkt->id;
    g_hash_table_insert(ex->by_id, &story->id, story);
    read_packet(ex, story, pkt);
    story->head = packet_head(ex, story, pkt, from);
    say_why(ex, story, pkt, from);
}

static bool is_known(const Explain *ex, const Packet *pkt)
{
    return g_hash_table_contains(ex->numbers, &pkt->id);
}

static Story *story_of(const Explain *ex, const TraceEvent *ev)
{
    return ev->pkt != NULL ? g_hash_table_lookup(ex->by_id, &ev->pkt->id) : NULL;
}

/* A line with the instant in front. */
static void happened(Story *story, SimTime t, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void happened(Story *story, SimTime t, const char *format, ...)
{
    g_autofree char *time = time_text(t);
    va_list args;

    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    add_line(story, OF_PACKET, S_PLAIN, g_strdup_printf("%s  %s", time, text));
}

static void enqueued(Explain *ex, const TraceEvent *ev)
{
    bool zh = ex->opt.chinese;

    if (!is_known(ex, ev->pkt)) {
        new_packet(ex, ev->pkt, ev->node);
        return;
    }
    if (in_arrival(ex, ev->node))
        ex->arrival.final = false;
    if (ev->node->kind == NODE_ROUTER)
        happened(story_of(ex, ev), ev->t,
                 zh ? "%s 拆掉旧帧，TTL 减 1，换上新的帧，转发" : "%s forwards it in a new frame, TTL less 1",
                 ev->node->name);
    else if (ev->node->kind == NODE_SWITCH)
        happened(story_of(ex, ev), ev->t, zh ? "%s 原样转给下一段网线" : "%s passes it on as it is",
                 ev->node->name);
}

static void delivered(Explain *ex, const TraceEvent *ev)
{
    end_arrival(ex);
    const void *number = g_hash_table_lookup(ex->numbers, &ev->pkt->id);
    ex->arrival = (Arrival){ .story = story_of(ex, ev),
                             .node = ev->node,
                             .number = GPOINTER_TO_UINT(number),
                             .event = ex->sim->sched.events,
                             .open = true,
                             .final = ev->node->kind == NODE_HOST };
    if (ev->node->kind == NODE_HOST)
        happened(ex->arrival.story, ev->t, ex->opt.chinese ? "到达 %s" : "reaches %s",
                 ev->node->name);
}

static DropReason reason_of(const char *name)
{
    for (int i = DROP_NONE + 1; i < DROP_COUNT; i++)
        if (strcmp(drop_name((DropReason)i), name) == 0)
            return (DropReason)i;
    return DROP_NONE;
}

static void refused(Explain *ex, const TraceEvent *ev)
{
    bool zh = ex->opt.chinese;
    DropReason why = reason_of(trace_arg_str(ev, 1));
    Story *story = story_of(ex, ev);

    if (!is_known(ex, ev->pkt)) { /* it never got onto a wire */
        new_packet(ex, ev->pkt, ev->node);
        story = story_of(ex, ev);
    }
    if (in_arrival(ex, ev->node)) {
        tell_unknown(ex, why);
        tell_changes(ex);
        ex->arrival.open = false;
    }
    g_autofree char *text = explain_with_rule(words_drop(zh, why), drop_reason(why)->rule, zh);
    if (ev->point == &LINK_LOST)
        happened(story, ev->t, zh ? "=> 在 %s 之后的线上丢失：%s" : "=> lost on the wire behind %s: %s",
                 ev->node->name, text);
    else if (why == DROP_TCP_RESET || why == DROP_TCP_REFUSED)
        add_line(story, OF_ARRIVAL, S_ODD,
                 g_strdup_printf(zh ? "=> 照办：%s" : "=> obeyed: %s", text));
    else
        add_line(story, OF_ARRIVAL, S_BAD,
                 g_strdup_printf(zh ? "=> 被 %s 丢弃：%s" : "=> refused by %s: %s", ev->node->name,
                                 text));
}

static void on_wire(Explain *ex, const TraceEvent *ev)
{
    static const struct {
        const TracePoint *point;
        const char *en, *zh;
    } what[] = {
        { &LINK_HELD, "a rule of the scenario holds it back", "按实验设定滞留在线上" },
        { &LINK_DELAYED, "a rule of the scenario delays it", "按实验设定延迟" },
        { &LINK_RELEASED, "it is on the wire again", "重新上线" },
        { &LINK_DUPLICATED, "the wire makes a second one of it", "线上多出一份" },
        { &LINK_REORDERED, "the wire lets later ones overtake it", "被后来的超过" },
        { &LINK_CORRUPTED, "the wire damages a bit of it", "线上损坏了一个比特" },
        { &LINK_MODIFIED, "a rule of the scenario changes it", "按实验设定改动" },
        { &LINK_MARKED, "the queue marks it: congestion", "队列给它打上拥塞标记" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(what); i++)
        if (ev->point == what[i].point) {
            if (!is_known(ex, ev->pkt)) /* put there by the scenario */
                new_packet(ex, ev->pkt, ev->node);
            else
                happened(story_of(ex, ev), ev->t, "%s", ex->opt.chinese ? what[i].zh : what[i].en);
        }
}

/* --- TCP -------------------------------------------------------------------------------------- */

static void received(Explain *ex, const TraceEvent *ev)
{
    if (!in_arrival(ex, ev->node))
        return;
    add_line(ex->arrival.story, OF_ARRIVAL, S_PLAIN,
             explain_with_rule(ex->opt.chinese ? "校验和正确" : "the checksum is right",
                               "RFC 9293 §3.1", ex->opt.chinese));
    ex->arrival.unknown = ev->args[0] == 0;
}

static void stepped(Explain *ex, const TraceEvent *ev)
{
    Arrival *a = &ex->arrival;

    if (!in_arrival(ex, ev->node) || a->story == NULL)
        return;
    a->unknown = false; /* a cookie has made the connection */
    const Row *row = &a->story->row;
    uint32_t seq = row->g.tcp.seq - row->seq, ack = row->g.tcp.ack - row->ack;
    StepTold step = {
        .state = trace_arg_str(ev, 2),
        .name = trace_arg_str(ev, 3),
        .drop = (DropReason)ev->args[4],
        .rcv_nxt = (uint32_t)ev->args[5] - seq,
        .rcv_wnd = (uint32_t)ev->args[6],
        .snd_una = (uint32_t)ev->args[7] - ack,
        .snd_max = (uint32_t)ev->args[8] - ack,
        .taken = (uint32_t)ev->args[9],
        .seq = row->seq,
        .ack = row->ack,
        .g = &row->g,
    };
    char *text = explain_step(&step, ex->opt.chinese);
    if (!a->stepped)
        add_line(a->story, OF_ARRIVAL, S_PLAIN, explain_state(step.state, ex->opt.chinese));
    a->stepped = true;
    if (text == NULL)
        return;
    add_line(a->story, OF_STEP, S_PLAIN, text);
    tell_changes(ex);
}

static void state_changed(Explain *ex, const TraceEvent *ev)
{
    bool zh = ex->opt.chinese;
    g_autofree char *why =
        explain_with_rule(words_trigger(zh, trace_arg_str(ev, 5)), trace_arg_str(ev, 6), zh);
    g_autofree char *text = g_strdup_printf(zh ? "%s -> %s：%s" : "%s -> %s: %s",
                                            trace_arg_str(ev, 3), trace_arg_str(ev, 4), why);

    if (in_arrival(ex, ev->node) && ex->arrival.story != NULL) {
        tell_unknown(ex, DROP_NONE);
        if (ex->arrival.changes == NULL)
            ex->arrival.changes = g_ptr_array_new();
        g_ptr_array_add(ex->arrival.changes, g_steal_pointer(&text));
    } else if (!in_arrival(ex, ev->node)) {
        add_between(ex, ev->node, text);
    }
}

static void timer_expired(Explain *ex, const TraceEvent *ev)
{
    g_autofree char *text = g_strdup_printf(
        ex->opt.chinese ? "定时器 %s 到时" : "the timer %s expires", trace_arg_str(ev, 3));

    add_between(ex, ev->node, text);
}

static void on_event(void *self, const TraceEvent *ev)
{
    Explain *ex = self;
    const TracePoint *p = ev->point;

    if (ex->arrival.node != NULL && ex->arrival.event != ex->sim->sched.events)
        end_arrival(ex);
    if (p == &LINK_ENQUEUED)
        enqueued(ex, ev);
    else if (p == &LINK_DELIVERED)
        delivered(ex, ev);
    else if (p == &LINK_LOST || p == &PACKET_DROPPED)
        refused(ex, ev);
    else if (p == &TCP_SEGMENT_RECEIVED)
        received(ex, ev);
    else if (p == &TCP_STEP)
        stepped(ex, ev);
    else if (p == &TCP_STATE_CHANGED)
        state_changed(ex, ev);
    else if (p == &TCP_TIMER_EXPIRED)
        timer_expired(ex, ev);
    else
        on_wire(ex, ev);
}

/* --- life ------------------------------------------------------------------------------------- */

Explain *explain_new(Sim *sim, const ExplainOptions *opt, Flows *flows)
{
    Explain *ex = g_new0(Explain, 1);

    ex->sim = sim;
    ex->opt = *opt;
    ex->flows = flows;
    ex->stories = g_ptr_array_new_with_free_func(story_free);
    ex->by_id = g_hash_table_new(g_int64_hash, g_int64_equal);
    ex->numbers = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    trace_add_sink(&sim->trace, TRACE_LINK | TRACE_DROP | TRACE_TCP | TRACE_TIMER | TRACE_STEP,
                   on_event, ex);
    return ex;
}

void explain_set_labels(Explain *ex, const char *(*label)(void *self, const Packet *pkt),
                        void *self)
{
    ex->label = label;
    ex->label_self = self;
}

void explain_note(Explain *ex, const char *text)
{
    add_between(ex, NULL, text);
}

static void print_story(const Story *story, Canvas *canvas)
{
    enum { INDENT = 4 };

    if (story->number != 0)
        canvas_gap(canvas);
    canvas_wrap(canvas, 0, canvas->width, story->head, story->number != 0 ? S_BOLD : S_DIM);
    for (guint i = 0; i < story->lines->len; i++) {
        const Line *line = &g_array_index(story->lines, Line, i);
        canvas_wrap(canvas, INDENT * (line->level + 1u), canvas->width, line->text, line->style);
    }
    if (story->number != 0)
        canvas_gap(canvas);
}

bool explain_print(const Explain *ex, FILE *out)
{
    Canvas canvas;
    bool zh = ex->opt.chinese;

    end_arrival((Explain *)ex);
    if (ex->packets < MAX(ex->opt.first, 1))
        return false;
    canvas_init(&canvas, out, ex->opt.width, ex->opt.colour);
    for (guint i = 0; i < ex->stories->len; i++)
        print_story(g_ptr_array_index(ex->stories, i), &canvas);
    canvas_clear(&canvas);
    if (ex->packets > ex->opt.last)
        fprintf(out,
                zh ? "\n（共 %" G_GUINT64_FORMAT " 个分组，这里到 #%" G_GUINT64_FORMAT "）\n"
                   : "\n(of %" G_GUINT64_FORMAT " packets up to #%" G_GUINT64_FORMAT ")\n",
                ex->packets, ex->opt.last);
    return true;
}

uint64_t explain_packets(const Explain *ex)
{
    return ex->packets;
}

void explain_free(Explain *ex)
{
    if (ex == NULL)
        return;
    trace_remove_sink(&ex->sim->trace, ex);
    g_ptr_array_free(ex->stories, TRUE);
    g_hash_table_destroy(ex->by_id);
    g_hash_table_destroy(ex->numbers);
    g_free(ex);
}
