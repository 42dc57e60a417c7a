/*
 * ladder.c - collects what a ladder diagram shows: rows, while the simulation runs.
 *
 * A packet is followed by its id from the end host that sent it to the one that gets it; routers
 * and switches between are passed over. A change of state belongs to the packet that came or went
 * in the same event of the scheduler, and is a row of its own if there was none. Of long runs the
 * head, the tail and what is near notes is kept.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/ladder_priv.h"

#include "protocols/stack.h"
#include "sim/view/dissect.h"

#include <string.h>

enum { KEEP_HEAD = 150, KEEP_TAIL = 150, NEAR_NOTE = 12, SHOW_HEAD = 60, SHOW_TAIL = 60 };

/* --- states ----------------------------------------------------------------------------------- */

static unsigned track_hash(const void *key)
{
    const Track *t = key;

    return ip_hash(t->local) * 31 + ip_hash(t->remote) * 17 + t->local_port * 65537u +
           t->remote_port + t->node->index * 257;
}

static int track_equal(const void *a_, const void *b_)
{
    const Track *a = a_, *b = b_;

    return a->node == b->node && ip_equal(a->local, b->local) && ip_equal(a->remote, b->remote) &&
           a->local_port == b->local_port && a->remote_port == b->remote_port;
}

GHashTable *ladder_tracks_new(void)
{
    return g_hash_table_new_full(track_hash, track_equal, g_free, NULL);
}

static Track *track_of(GHashTable *tracks, const Track *key)
{
    Track *t = g_hash_table_lookup(tracks, key);

    if (t == NULL) {
        t = g_memdup2(key, sizeof *key);
        t->state = NO_STATE;
        g_hash_table_add(tracks, t);
    }
    return t;
}

Track *ladder_track(GHashTable *tracks, const Node *node, const Glance *g, bool departure)
{
    Track key = { .node = node };

    key.local = departure ? g->src : g->dst;
    key.remote = departure ? g->dst : g->src;
    key.local_port = departure ? g->src_port : g->dst_port;
    key.remote_port = departure ? g->dst_port : g->src_port;
    return track_of(tracks, &key);
}

static void note_listener(void *self, const Listener *listener)
{
    Track *t = self;
    IpAddr addr = listener_addr(listener);

    if (listener_port(listener) == t->local_port && (ip_is_any(addr) || ip_equal(addr, t->local)))
        t->state = TCP_LISTEN;
}

/* Without a connection: the listener's state, or CLOSED, which is fictional (RFC 9293 §3.3.2). */
static uint8_t state_now(const Track *track)
{
    Stack *stack = node_stack(track->node);

    if (track->state != NO_STATE || stack == NULL)
        return track->state;
    Track idle = *track;
    idle.state = TCP_CLOSED;
    tcp_each_listener(stack->made.tcp, note_listener, &idle);
    return idle.state;
}

/* What the header says of a host: its state before its first segment. */
static void note_first_state(Ladder *l, const Node *node, uint8_t state)
{
    static const uint8_t none = NO_STATE;

    while (l->first_states->len <= node->index)
        g_byte_array_append(l->first_states, &none, 1);
    if (l->first_states->data[node->index] == NO_STATE)
        l->first_states->data[node->index] = state;
}

/* --- rows: made, kept, dropped ---------------------------------------------------------------- */

static void forget_id(Ladder *l, Row *row)
{
    Row *first = g_hash_table_lookup(l->under_way, &row->id);

    if (first == NULL)
        return;
    g_hash_table_remove(l->under_way, &row->id);
    if (first == row) {
        if (row->same_id != NULL)
            g_hash_table_insert(l->under_way, &row->same_id->id, row->same_id);
    } else {
        for (Row *r = first; r->same_id != NULL; r = r->same_id)
            if (r->same_id == row) {
                r->same_id = row->same_id;
                break;
            }
        g_hash_table_insert(l->under_way, &first->id, first);
    }
    row->same_id = NULL;
}

static void row_free(void *row_)
{
    Row *row = row_;

    g_free(row->text);
    g_free(row);
}

/* Stays in the middle of a long run. */
static bool stands_out(const Row *row)
{
    return row->near_note || row->kind == ROW_NOTE || row->kind == ROW_EVENT ||
           row->fate == FATE_HELD || row->origin == ORIGIN_RELEASED;
}

/* Of a long run: the oldest row behind the head goes, unless a note stands close to it. */
static void prune(Ladder *l)
{
    while (!l->opt.full && l->rows->len > l->head + KEEP_TAIL) {
        Row *row = g_ptr_array_index(l->rows, l->head);
        if (l->head < KEEP_HEAD || stands_out(row)) {
            l->head++;
            continue;
        }
        for (guint i = l->touched->len; i-- > 0;)
            if (g_array_index(l->touched, Touch, i).row == row)
                g_array_remove_index_fast(l->touched, i);
        forget_id(l, row);
        g_ptr_array_remove_index(l->rows, (guint)l->head);
    }
}

void ladder_thin_out(Ladder *l)
{
    if (l->rows->len == l->next_serial)
        return;
    for (guint i = SHOW_HEAD; i + SHOW_TAIL < l->rows->len;) {
        Row *row = g_ptr_array_index(l->rows, i);
        if (stands_out(row)) {
            i++;
            continue;
        }
        forget_id(l, row);
        g_ptr_array_remove_index(l->rows, i);
    }
    g_array_set_size(l->touched, 0);
}

Row *ladder_add_row(Ladder *l, RowKind kind)
{
    Row *row = g_new0(Row, 1);

    *row = (Row){
        .kind = kind,
        .serial = l->next_serial++,
        .event = l->sim->sched.events,
        .t = sim_now(l->sim),
        .old_state = NO_STATE,
        .from_state = NO_STATE,
        .to_state = NO_STATE,
        .near_note = l->next_serial <= l->near_note,
    };
    g_ptr_array_add(l->rows, row);
    prune(l);
    return row;
}

void ladder_add_host(Ladder *l, Node *node)
{
    if (node->kind == NODE_HOST && !g_ptr_array_find(l->hosts, node, NULL))
        g_ptr_array_add(l->hosts, node);
}

/* --- what a packet and a change of state in one event say to each other ----------------------- */

static void fresh_event(Ladder *l)
{
    if (l->touched_in == l->sim->sched.events && l->touched_at == sim_now(l->sim))
        return;
    l->touched_in = l->sim->sched.events;
    l->touched_at = sim_now(l->sim);
    g_array_set_size(l->touched, 0);
}

static void hide_own_line(Ladder *l, const Track *track)
{
    for (guint i = l->rows->len; i-- > 0;) {
        Row *row = g_ptr_array_index(l->rows, i);
        if (row->event != l->sim->sched.events || row->t != sim_now(l->sim))
            return;
        if (row->kind == ROW_STATE && row->from == track->node &&
            row->g.src_port == track->local_port && row->g.dst_port == track->remote_port &&
            ip_equal(row->g.dst, track->remote))
            row->hidden = true;
    }
}

/* The row's one end is at `node`: its state there now, and until this event is over. */
static void touch(Ladder *l, Row *row, Node *node, bool departure)
{
    Touch touched = { .row = row, .departure = departure };

    if (row->g.kind != GLANCE_TCP)
        return;
    Track *track = ladder_track(l->tracks, node, &row->g, departure);
    uint8_t state = state_now(track);
    *(departure ? &row->from_state : &row->to_state) = state;
    l->has_states |= state != NO_STATE;
    note_first_state(l, node, state);
    fresh_event(l);
    touched.track = track;
    g_array_append_val(l->touched, touched);
    hide_own_line(l, track);
}

bool ladder_parse_end(const char *text, IpAddr *addr, uint16_t *port)
{
    const char *colon = text != NULL ? strrchr(text, ':') : NULL;
    char ip[IP_TEXT];

    if (colon == NULL || (size_t)(colon - text) >= sizeof ip)
        return false;
    memcpy(ip, text, (size_t)(colon - text));
    ip[colon - text] = '\0';
    *port = (uint16_t)g_ascii_strtoull(colon + 1, NULL, 10);
    return ip_parse(ip, addr);
}

static void state_changed(Ladder *l, const TraceEvent *ev)
{
    Track key = { .node = ev->node };

    if (!ladder_parse_end(trace_arg_str(ev, 1), &key.local, &key.local_port) ||
        !ladder_parse_end(trace_arg_str(ev, 2), &key.remote, &key.remote_port))
        return;
    Track *track = track_of(l->tracks, &key);
    uint8_t old = ladder_state_of(trace_arg_str(ev, 3));
    note_first_state(l, ev->node, old);
    track->state = ladder_state_of(trace_arg_str(ev, 4));
    uint8_t now = track->state;
    if (now == TCP_CLOSED || now == TCP_LISTEN)
        track->state = NO_STATE; /* gone: who listens there is asked each time */
    bool shown = false;
    fresh_event(l);
    for (guint i = 0; i < l->touched->len; i++) {
        Touch *t = &g_array_index(l->touched, Touch, i);
        if (t->track != track)
            continue;
        *(t->departure ? &t->row->from_state : &t->row->to_state) = now;
        shown = true;
    }
    if (shown)
        return;
    Row *row = ladder_add_row(l, ROW_STATE);
    row->from = ev->node;
    row->old_state = old;
    row->from_state = now;
    row->text = g_strdup(trace_arg_str(ev, 5));
    row->g.src_port = key.local_port;
    row->g.dst_port = key.remote_port;
    row->g.src = key.local;
    row->g.dst = key.remote;
    l->has_states = true;
    ladder_add_host(l, ev->node);
}

/* --- packets ---------------------------------------------------------------------------------- */

/* The first line of a message of HTTP, where tcpdump would see one; NULL: none. */
static const char *http_line(Ladder *l, const Glance *g, Span bytes)
{
    bool port = g->src_port == 80 || g->dst_port == 80 || g->src_port == 8080 ||
                g->dst_port == 8080;

    if (g->kind != GLANCE_TCP || g->data == 0 || g->tcp_options.p == NULL || !port)
        return NULL;
    const uint8_t *p = g->tcp_options.p + g->tcp_options.n;
    Span data = { p, MIN(g->data, (size_t)(bytes.p + bytes.n - p)) };
    size_t n = dissect_http_line(data);
    return n > 0 ? g_string_chunk_insert_len(l->texts, (const char *)p, (gssize)n) : NULL;
}

static void read_packet(Ladder *l, Row *row, const Packet *pkt)
{
    Span bytes = pkt->frame_len > 0 ? packet_frame(pkt) : packet_span(pkt);

    if (pkt->frame_len > 0)
        glance(&row->g, bytes);
    else
        glance_packet(&row->g, bytes);
    row->http = http_line(l, &row->g, bytes);
    row->g.tcp_options = (Span){ NULL, 0 };
    row->id = pkt->id;
    row->born = pkt->born;
    row->why = pkt->why;
    row->retransmission = pkt->retransmission;
    row->forged = pkt->forged;
    row->seq = row->g.tcp.seq;
    row->ack = row->g.tcp.ack;
    if (row->g.kind == GLANCE_TCP && !l->opt.absolute && l->flows != NULL) {
        uint32_t seq, ack;
        flows_base(l->flows, row->g.src, row->g.dst, &row->g.tcp,
                   pkt->forged ? NEVER : pkt->born, &seq, &ack, NULL);
        row->seq -= seq;
        row->ack -= ack;
    }
    const char *label = l->label != NULL ? l->label(l->label_self, pkt) : NULL;
    row->label = label != NULL ? g_string_chunk_insert_const(l->texts, label) : NULL;
}

static Row *new_packet(Ladder *l, const Packet *pkt, Origin origin)
{
    Row *row = ladder_add_row(l, ROW_PACKET);

    read_packet(l, row, pkt);
    row->origin = origin;
    Row *first = g_hash_table_lookup(l->under_way, &row->id);
    if (first == NULL) {
        g_hash_table_insert(l->under_way, &row->id, row);
        return row;
    }
    while (first->same_id != NULL)
        first = first->same_id;
    first->same_id = row;
    return row;
}

/* The oldest (or youngest) of the rows with this id that is really on a wire. */
static Row *find_under_way(Ladder *l, uint64_t id, bool youngest)
{
    Row *found = NULL;

    for (Row *r = g_hash_table_lookup(l->under_way, &id); r != NULL; r = r->same_id)
        if (r->fate == FATE_UNDER_WAY && (found == NULL || youngest))
            found = r;
    return found;
}

static void enqueued(Ladder *l, const TraceEvent *ev)
{
    Row *row = ev->node->kind == NODE_HOST ? NULL : find_under_way(l, ev->pkt->id, false);

    if (row != NULL) { /* a router or switch passes it on */
        row->last = NULL;
        return;
    }
    row = new_packet(l, ev->pkt, ORIGIN_SENT);
    row->from = ev->node;
    row->via = ev->port->out;
    l->packets += ev->node->kind == NODE_HOST;
    l->retransmissions += row->retransmission;
    ladder_add_host(l, ev->node);
    touch(l, row, ev->node, true);
}

bool ladder_owns(const Node *node, IpAddr addr)
{
    const Stack *stack = node_stack(node);

    for (guint i = 0; stack != NULL && i < stack->ifaces->len; i++) {
        const Iface *iface = g_ptr_array_index(stack->ifaces, i);
        if (ip_equal(iface->ip.addr, addr))
            return true;
    }
    return stack == NULL && node->kind != NODE_SWITCH;
}

/* A question to all is meant for the one whose address it asks for. */
static bool asks_another(const Row *row, const Node *node)
{
    const Glance *g = &row->g;

    return g->kind == GLANCE_ARP && g->arp_op == ARP_OP_REQUEST && !ip_equal(g->src, g->dst) &&
           node->kind != NODE_SWITCH && !ladder_owns(node, g->dst);
}

static void delivered(Ladder *l, const TraceEvent *ev)
{
    Row *row = find_under_way(l, ev->pkt->id, false);

    if (row == NULL)
        return;
    if (asks_another(row, ev->node)) {
        row->ignored |= row->last == NULL;
        return;
    }
    row->ignored = false;
    row->last = ev->node;
    row->arrived = ev->t;
    row->arrival = l->next_serial;
    row->damaged |= ev->pkt->fcs_bad;
    if (ev->node->kind != NODE_HOST)
        return;
    row->fate = FATE_ARRIVED;
    row->to = ev->node;
    ladder_add_host(l, ev->node);
    touch(l, row, ev->node, false);
}

static DropReason reason_of(const char *name)
{
    for (int i = DROP_NONE + 1; i < DROP_COUNT; i++)
        if (strcmp(drop_name((DropReason)i), name) == 0)
            return (DropReason)i;
    return DROP_NONE;
}

/* The rule's name at the end of what the link's remark says. */
static const char *rule_of(Ladder *l, const Packet *pkt)
{
    const char *mark = pkt->remark != NULL ? g_strrstr(pkt->remark, " rule ") : NULL;

    return mark != NULL ? g_string_chunk_insert_const(l->texts, mark + 6) : NULL;
}

static void lost(Ladder *l, const TraceEvent *ev)
{
    Row *row = find_under_way(l, ev->pkt->id, true);

    if (row == NULL)
        return;
    row->fate = FATE_LOST;
    row->drop = reason_of(trace_arg_str(ev, 1));
    row->lost_on = ev->port->out;
    row->rule = row->drop == DROP_LINK_FAULT ? rule_of(l, ev->pkt) : NULL;
    l->drops[row->drop]++;
    forget_id(l, row);
}

/* Frames for others reach a host on a shared wire: not where this packet went. */
static bool not_addressed(DropReason why)
{
    return why == DROP_ETH_NOT_MINE || why == DROP_ARP_NOT_MINE || why == DROP_BRIDGE_SAME_PORT ||
           why == DROP_BRIDGE_RESERVED;
}

/* Refused before it got onto a wire: for want of a neighbour's address or of a cable. */
static bool never_sent(Ladder *l, const Packet *pkt, DropReason why)
{
    Ipv4Hdr h;

    if (g_hash_table_lookup(l->under_way, &pkt->id) != NULL)
        return false;
    return why == DROP_LINK_NO_LINK ||
           (pkt->frame_len == 0 && ipv4_decode(&h, packet_span(pkt)) == DROP_NONE);
}

static void dropped(Ladder *l, const TraceEvent *ev)
{
    DropReason why = reason_of(trace_arg_str(ev, 1));
    Row *row = NULL;

    for (Row *r = g_hash_table_lookup(l->under_way, &ev->pkt->id); r != NULL; r = r->same_id)
        if (r->last == ev->node && (r->fate == FATE_ARRIVED || r->fate == FATE_UNDER_WAY))
            row = r;
    if (row == NULL && ev->node->kind == NODE_HOST && never_sent(l, ev->pkt, why)) {
        row = new_packet(l, ev->pkt, ORIGIN_SENT);
        row->from = ev->node;
        row->fate = FATE_NOT_SENT;
        row->last = ev->node;
        ladder_add_host(l, ev->node);
    }
    if (row == NULL)
        return;
    if (not_addressed(why)) {
        row->fate = FATE_UNDER_WAY;
        row->to = NULL;
        row->to_state = NO_STATE;
        row->ignored = true;
        return;
    }
    row->drop = why;
    if (row->fate == FATE_UNDER_WAY)
        row->fate = FATE_REFUSED;
    l->drops[why]++;
    forget_id(l, row);
}

static void held(Ladder *l, const TraceEvent *ev)
{
    Row *row = find_under_way(l, ev->pkt->id, true);
    int rule = trace_field(ev->point, "rule");

    if (row == NULL)
        return;
    row->fate = FATE_HELD;
    row->lost_on = ev->port->out;
    row->rule = g_string_chunk_insert_const(l->texts, trace_arg_str(ev, rule));
    row->number = ++l->numbers;
}

/* What enters a link behind its rules: held before, replayed, or injected. */
static void came_up(Ladder *l, const TraceEvent *ev, Origin origin)
{
    Row *before = NULL;

    for (Row *r = g_hash_table_lookup(l->under_way, &ev->pkt->id); r != NULL; r = r->same_id)
        if (r->fate == FATE_HELD && before == NULL)
            before = r;
    if (origin == ORIGIN_RELEASED && before == NULL)
        origin = ev->pkt->forged ? ORIGIN_INJECTED : ORIGIN_REPLAYED;
    unsigned number = before != NULL && origin == ORIGIN_RELEASED ? before->number : 0;
    if (number != 0) {
        before->last = ev->node; /* no longer held */
        forget_id(l, before);
    }
    Row *row = new_packet(l, ev->pkt, origin);
    row->via = ev->port->out;
    row->number = number;
    row->kept = number != 0 ? ev->t - before->t : 0;
}

static void about_node(Ladder *l, const TraceEvent *ev, Word what)
{
    Row *row = ladder_add_row(l, ROW_EVENT);

    row->text = g_strdup_printf(ladder_word(l, what), trace_arg_str(ev, 0));
}

static void on_event(void *self, const TraceEvent *ev)
{
    Ladder *l = self;
    const TracePoint *p = ev->point;

    if (p == &LINK_ENQUEUED)
        enqueued(l, ev);
    else if (p == &LINK_DELIVERED)
        delivered(l, ev);
    else if (p == &LINK_LOST)
        lost(l, ev);
    else if (p == &PACKET_DROPPED)
        dropped(l, ev);
    else if (p == &LINK_HELD || p == &LINK_DELAYED)
        held(l, ev);
    else if (p == &LINK_RELEASED)
        came_up(l, ev, ORIGIN_RELEASED);
    else if (p == &LINK_DUPLICATED)
        came_up(l, ev, ORIGIN_DUPLICATED);
    else if (p == &TCP_STATE_CHANGED)
        state_changed(l, ev);
    else if (p == &TCP_TIMER_SET || p == &TCP_TIMER_EXPIRED || p == &TCP_TIMER_CANCELLED)
        ladder_timer(l, ev);
    else if (p == &LINK_WENT_DOWN)
        about_node(l, ev, W_UNPLUGGED);
    else if (p == &LINK_WENT_UP)
        about_node(l, ev, W_PLUGGED);
    else if (p == &HOST_CRASHED)
        about_node(l, ev, W_CRASHED);
    else if (p == &HOST_BOOTED)
        about_node(l, ev, W_BOOTED);
    if (p == &LINK_CORRUPTED || p == &LINK_MODIFIED) {
        Row *row = find_under_way(l, ev->pkt->id, true);
        if (row != NULL)
            *(p == &LINK_MODIFIED ? &row->modified : &row->damaged) = true;
    }
}

/* --- life ------------------------------------------------------------------------------------- */

Ladder *ladder_new(Sim *sim, const LadderOptions *opt, Flows *flows)
{
    Ladder *l = g_new0(Ladder, 1);

    l->sim = sim;
    l->opt = *opt;
    l->flows = flows;
    l->texts = g_string_chunk_new(256);
    l->rows = g_ptr_array_new_with_free_func(row_free);
    l->under_way = g_hash_table_new(g_int64_hash, g_int64_equal);
    l->tracks = ladder_tracks_new();
    l->touched = g_array_new(FALSE, FALSE, sizeof(Touch));
    l->hosts = g_ptr_array_new();
    l->first_states = g_byte_array_new();
    uint32_t categories = TRACE_LINK | TRACE_DROP | TRACE_TCP | TRACE_SIM;
    if (opt->timers)
        categories |= TRACE_TIMER;
    trace_add_sink(&sim->trace, categories, on_event, l);
    return l;
}

void ladder_set_labels(Ladder *l, const char *(*label)(void *self, const Packet *pkt), void *self)
{
    l->label = label;
    l->label_self = self;
}

void ladder_note(Ladder *l, const char *text)
{
    size_t near = MIN(l->rows->len, NEAR_NOTE);
    Row *row = ladder_add_row(l, ROW_NOTE);

    row->text = g_strdup(text);
    /* The rows just before, and as many after, stay. */
    for (size_t i = 0; i < near && i + 1 < l->rows->len; i++)
        ((Row *)g_ptr_array_index(l->rows, l->rows->len - 2 - (guint)i))->near_note = true;
    l->near_note = row->serial + NEAR_NOTE;
}

void ladder_free(Ladder *l)
{
    if (l == NULL)
        return;
    trace_remove_sink(&l->sim->trace, l);
    g_ptr_array_free(l->rows, TRUE);
    g_hash_table_destroy(l->under_way);
    g_hash_table_destroy(l->tracks);
    g_array_free(l->touched, TRUE);
    g_ptr_array_free(l->hosts, TRUE);
    g_byte_array_free(l->first_states, TRUE);
    g_string_chunk_free(l->texts);
    g_free(l);
}
