/*
 * pcapng.c - which frames are recorded, where, and with which comments.
 *
 * Blocks are built where they are written from, many at a time. A frame that arrives is refused,
 * if at all, before its event ends; so a received record, and what is sent meanwhile, is held until
 * the next arrival or instant, for the reason to join its comments.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/pcapng.h"

#include "protocols/stack.h"
#include "sim/view/comment.h"
#include "sim/view/glance.h"
#include "sim/view/pcapng_block.h"

#include <string.h>

typedef struct PairKey {
    IpAddr a, b; /* the smaller first */
} PairKey;

typedef struct Pair { /* of addresses that talk */
    PairKey     key;
    const Node *client, *server; /* NULL: not seen, nobody */
} Pair;

typedef struct Recent { /* a frame of that pair */
    uint64_t addrs; /* plain_addresses(); 0: none */
    Pair    *pair;
} Recent;

typedef struct Interface {
    const Port *port;
    bool        dropped; /* what dies on the wire that leads away from the port */
    uint64_t    lost;    /* in a full queue, since the last frame that left */
} Interface;

/* A received frame that may yet be refused. */
typedef struct Pending {
    const Node *receiver; /* NULL: there is none */
    uint64_t    id;
    size_t      start, comments_end; /* of its block, in Capture.file */
} Pending;

enum { MANY_BYTES = 1 << 16, RECENT = 64 };

struct Capture {
    Sim           *sim;
    CaptureOptions opt;      /* its strings are copies */
    FILE          *out;
    bool           begun, failed;
    SimTime        now;      /* of what is held */
    GArray        *interfaces; /* of Interface, as in the file */
    GHashTable    *pairs;      /* of Pair, for look-up only */
    Recent         recent[RECENT]; /* those last looked up */
    GArray        *named;      /* of PcapngName: those written */
    GByteArray    *file;       /* what is still to be written of it: */
    size_t         held;       /* from here on it is held */
    Pending        pending;
    GByteArray    *block;      /* one in the making that is no frame's */
    GByteArray    *sent[SENT_COUNT]; /* the comment of each reason; NULL: not needed yet */
    GByteArray    *comments;   /* of a frame that has others as well */
    GString       *text;       /* of a comment in the making */
};

static const uint64_t MAC_FAMILY = 1; /* in IpAddr.hi: a MAC address, of frames that are not IP */

/* --- writing ---------------------------------------------------------------------------------- */

static void write_file(Capture *cap)
{
    if (!cap->failed && fwrite(cap->file->data, 1, cap->held, cap->out) != cap->held)
        cap->failed = true;
    g_byte_array_remove_range(cap->file, 0, (unsigned)cap->held);
    cap->held = 0;
}

/* Nothing more is said of the frames so far. */
static void let_go(Capture *cap)
{
    cap->pending.receiver = NULL;
    cap->held = cap->file->len;
    if (cap->held >= MANY_BYTES)
        write_file(cap);
}

/* What is no frame comes before those that are held. */
static void write_block(Capture *cap)
{
    bytes_insert(cap->file, cap->held, (Span){ cap->block->data, cap->block->len });
    cap->held += cap->block->len;
    cap->pending.start += cap->block->len;
    cap->pending.comments_end += cap->block->len;
    g_byte_array_set_size(cap->block, 0);
}

static bool is_named(const Capture *cap, uint32_t v4)
{
    for (unsigned i = 0; i < cap->named->len; i++)
        if (g_array_index(cap->named, PcapngName, i).v4 == v4)
            return true;
    return false;
}

/* The addresses that have come since the last time. */
static void write_names(Capture *cap)
{
    unsigned before = cap->named->len;

    for (unsigned i = 0; i < cap->sim->nodes->len; i++) {
        const Node  *node = g_ptr_array_index(cap->sim->nodes, i);
        const Stack *stack = node_stack(node);
        for (unsigned j = 0; stack != NULL && j < stack->ifaces->len; j++) {
            const Iface *iface = g_ptr_array_index(stack->ifaces, j);
            PcapngName   name = { ip_to_v4(iface->ip.addr), node->name };
            if (ip_is_v4(iface->ip.addr) && !is_named(cap, name.v4))
                g_array_append_val(cap->named, name);
        }
    }
    if (cap->named->len == before)
        return;
    pcapng_names(cap->block, &g_array_index(cap->named, PcapngName, before),
                 cap->named->len - before);
    write_block(cap);
}

static void begin(Capture *cap)
{
    if (cap->begun)
        return;
    cap->begun = true;
    if (cap->opt.classic)
        pcap_header(cap->block);
    else
        pcapng_section(cap->block, "stacklab " STACKLAB_VERSION, cap->opt.comment);
    write_block(cap);
    if (!cap->opt.classic)
        write_names(cap);
}

static void write_interface(Capture *cap, const Interface *i)
{
    const Node  *node = i->port->node;
    const Stack *stack = node_stack(node);
    GString     *name = g_string_new(NULL), *description = g_string_new(NULL);
    PcapngInterface block = { .speed = i->port->out != NULL ? i->port->out->cfg->rate : 0 };

    if (i->dropped) {
        g_string_printf(name, "%s!dropped", link_dir_name(i->port->out));
        g_string_printf(description, "what is lost on the way from %s to %s", node->name,
                        i->port->out->to->node->name);
    } else {
        g_string_printf(name, "%s.%s", node->name, i->port->name);
        g_string_printf(description, "%s %s, %s", node_kind_name(node->kind),
                        node->name, i->port->name);
    }
    if (!i->dropped && stack != NULL && i->port->index < stack->ifaces->len) {
        const Iface *iface = g_ptr_array_index(stack->ifaces, i->port->index);
        char text[PREFIX_TEXT];
        block.mac = &iface->mac;
        if (!ip_is_none(iface->ip.addr))
            g_string_append_printf(description, ", %s", prefix_text(iface->ip, text));
    }
    block.name = name->str;
    block.description = description->str;
    pcapng_interface(cap->block, &block);
    write_block(cap);
    g_string_free(name, TRUE);
    g_string_free(description, TRUE);
}

/* Its number in the file, written there if it is new. */
static uint32_t interface_of(Capture *cap, const Port *port, bool dropped)
{
    Interface fresh = { .port = port, .dropped = dropped };

    for (unsigned i = 0; i < cap->interfaces->len; i++) {
        const Interface *known = &g_array_index(cap->interfaces, Interface, i);
        if (known->port == port && known->dropped == dropped)
            return i;
    }
    begin(cap);
    if (!cap->opt.classic)
        write_interface(cap, &fresh);
    g_array_append_val(cap->interfaces, fresh);
    return cap->interfaces->len - 1;
}

/* --- vantage ---------------------------------------------------------------------------------- */

static unsigned pair_hash(gconstpointer key)
{
    const PairKey *k = key;
    return ip_hash(k->a) * 31 + ip_hash(k->b);
}

static int pair_equal(gconstpointer a, gconstpointer b)
{
    const PairKey *x = a, *y = b;
    return ip_equal(x->a, y->a) && ip_equal(x->b, y->b);
}

/* Source and destination of IPv4 without options, as its header has them; 0: something else. */
static uint64_t plain_addresses(Span frame)
{
    enum { PLAIN = 4 << 4 | IPV4_HDR_LEN / 4, SRC = ETH_HDR_LEN + 12, DST = ETH_HDR_LEN + 16 };

    if (frame.n < ETH_HDR_LEN + IPV4_HDR_LEN || get16(frame.p + 12) != ETHERTYPE_IPV4 ||
        frame.p[ETH_HDR_LEN] != PLAIN)
        return 0;
    return (uint64_t)get32(frame.p + SRC) << 32 | get32(frame.p + DST);
}

/* Who talks to whom: protocol addresses, MAC addresses if there are none. */
static void talkers(Span frame, IpAddr *src, IpAddr *dst)
{
    Glance g;

    glance(&g, frame);
    *src = g.src;
    *dst = g.dst;
    if (g.kind == GLANCE_OTHER) {
        *src = *dst = IP_NONE;
        if (frame.n < ETH_HDR_LEN)
            return;
        *dst = (IpAddr){ MAC_FAMILY, (uint64_t)get16(frame.p) << 32 | get32(frame.p + 2) };
        *src = (IpAddr){ MAC_FAMILY, (uint64_t)get16(frame.p + 6) << 32 | get32(frame.p + 8) };
    }
}

static bool owns(const Node *node, IpAddr addr)
{
    const Stack *stack = node_stack(node);

    for (unsigned i = 0; stack != NULL && i < stack->ifaces->len; i++) {
        const Iface *iface = g_ptr_array_index(stack->ifaces, i);
        if (ip_equal(iface->ip.addr, addr) && !ip_is_none(addr))
            return true;
        if (addr.hi == MAC_FAMILY && mac_to_u64(iface->mac) == addr.lo)
            return true;
    }
    return false;
}

static const Node *owner(const Capture *cap, IpAddr addr)
{
    for (unsigned i = 0; i < cap->sim->nodes->len; i++) {
        const Node *node = g_ptr_array_index(cap->sim->nodes, i);
        if (owns(node, addr))
            return node;
    }
    return NULL;
}

/* May the pair's first frame be recorded here? At a host where it leaves or is meant to arrive; at
 * a router only if it is an end itself and the other end is no host, where the frame will show. */
static bool may_begin(const Capture *cap, const Node *node, bool out, IpAddr src, IpAddr dst)
{
    if (node->kind == NODE_HOST)
        return out || owns(node, dst);
    if (node->kind != NODE_ROUTER || !owns(node, out ? src : dst))
        return false;
    const Node *other = owner(cap, out ? dst : src);
    return other == NULL || other->kind != NODE_HOST;
}

static Pair *find_pair(Capture *cap, const PairKey *key)
{
    Pair *pair = g_hash_table_lookup(cap->pairs, key);

    if (pair == NULL) {
        pair = g_new0(Pair, 1);
        pair->key = *key;
        g_hash_table_add(cap->pairs, pair);
    }
    return pair;
}

static Pair *pair_of(Capture *cap, Span frame)
{
    uint64_t addrs = plain_addresses(frame);
    Recent *recent = &cap->recent[addrs * 0x9e3779b97f4a7c15u >> 58];
    IpAddr src, dst;

    if (addrs != 0 && recent->addrs == addrs)
        return recent->pair;
    talkers(frame, &src, &dst);
    Pair *pair = find_pair(cap, ip_compare(src, dst) <= 0 ? &(PairKey){ src, dst }
                                                          : &(PairKey){ dst, src });
    *recent = (Recent){ addrs, pair };
    return pair;
}

/* Of a pair that nobody has been seen of yet. */
static void begin_pair(const Capture *cap, Pair *pair, const Node *node, bool out, Span frame)
{
    IpAddr src, dst;

    talkers(frame, &src, &dst);
    if (!may_begin(cap, node, out, src, dst))
        return;
    bool dst_is_client = owns(node, dst) && !owns(node, src);
    pair->client = node;
    pair->server = owner(cap, dst_is_client ? src : dst);
}

/* Is it from the port's node, if it leaves, or meant for it? */
static bool is_own(const Node *node, bool out, Span frame)
{
    IpAddr src, dst;

    talkers(frame, &src, &dst);
    return owns(node, out ? src : dst);
}

/* Is the port the place where this frame's conversation is recorded? */
static bool at_vantage(Capture *cap, const Node *node, bool out, Span frame)
{
    Pair *pair = pair_of(cap, frame);

    if (pair->client == NULL)
        begin_pair(cap, pair, node, out, frame);
    if (cap->opt.at == CAPTURE_CLIENT)
        return pair->client == node;
    return pair->server == node && pair->client != node && is_own(node, out, frame);
}

static bool is_interface(const Capture *cap, const Port *port)
{
    const char *wanted = cap->opt.interface, *node = port->node->name;
    size_t      n = strlen(node);

    if (strcmp(wanted, node) == 0)
        return port->index == 0;
    return strncmp(wanted, node, n) == 0 && wanted[n] == '.' &&
           strcmp(wanted + n + 1, port->name) == 0;
}

static bool is_wanted(Capture *cap, const TraceEvent *ev, bool out)
{
    switch (cap->opt.at) {
    case CAPTURE_ALL:
        return true;
    case CAPTURE_INTERFACE:
        return is_interface(cap, ev->port);
    default:
        return at_vantage(cap, ev->node, out, packet_frame_headers(ev->pkt));
    }
}

/* --- events ----------------------------------------------------------------------------------- */

/* Why it was sent, as an option; made once for each reason. */
static const GByteArray *why_sent(Capture *cap, const Packet *pkt)
{
    GByteArray **made = &cap->sent[pkt->why];

    if (*made == NULL) {
        *made = g_byte_array_new();
        comment_sent(pkt, g_string_truncate(cap->text, 0));
        pcapng_comment(*made, cap->text->str);
    }
    return *made;
}

/* What is said of a frame; `lost`: and why it was lost, DROP_NONE: it was not. */
static Span comments_of(Capture *cap, const Packet *pkt, DropReason lost)
{
    const GByteArray *sent = why_sent(cap, pkt);
    GByteArray *all = g_byte_array_set_size(cap->comments, 0);
    bool marked = comment_marks(pkt, g_string_truncate(cap->text, 0));

    if (!marked && lost == DROP_NONE)
        return (Span){ sent->data, sent->len };
    g_byte_array_append(all, sent->data, sent->len);
    if (marked)
        pcapng_comment(all, cap->text->str);
    if (lost != DROP_NONE) {
        comment_drop(lost, g_string_truncate(cap->text, 0));
        pcapng_comment(all, cap->text->str);
    }
    return (Span){ all->data, all->len };
}

/* The frame's block, which is held. Returns where it begins; *comments_end is in it. */
static size_t record(Capture *cap, const TraceEvent *ev, unsigned direction, DropReason lost,
                     size_t *comments_end)
{
    uint32_t number = interface_of(cap, ev->port, direction == PCAPNG_UNKNOWN);
    Interface *interface = &g_array_index(cap->interfaces, Interface, number);
    size_t start = cap->file->len;

    *comments_end = start;
    if (cap->opt.classic) {
        pcap_packet(cap->file, ev->t, packet_frame(ev->pkt));
        return start;
    }
    PcapngPacket packet = {
        .interface = number,
        .t = ev->t,
        .frame = packet_frame(ev->pkt),
        .direction = direction,
        .id = ev->pkt->id,
        .lost_before = direction == PCAPNG_OUT ? interface->lost : 0,
        .comments = comments_of(cap, ev->pkt, lost),
    };
    if (direction == PCAPNG_OUT)
        interface->lost = 0;
    *comments_end = pcapng_packet(cap->file, &packet);
    return start;
}

static void on_sent(Capture *cap, const TraceEvent *ev)
{
    size_t end;

    if (is_wanted(cap, ev, true))
        record(cap, ev, PCAPNG_OUT, DROP_NONE, &end);
}

static void on_received(Capture *cap, const TraceEvent *ev)
{
    size_t end;

    let_go(cap);
    if (!is_wanted(cap, ev, false))
        return;
    size_t start = record(cap, ev, PCAPNG_IN, DROP_NONE, &end);
    if (!cap->opt.classic)
        cap->pending = (Pending){ ev->node, ev->pkt->id, start, end };
}

static void on_lost(Capture *cap, const TraceEvent *ev)
{
    DropReason why = comment_event_drop(ev);
    size_t end;

    if (cap->opt.at == CAPTURE_ALL && ev->port->out != NULL)
        record(cap, ev, PCAPNG_UNKNOWN, why, &end);
    for (unsigned i = 0; why == DROP_LINK_QUEUE_FULL && i < cap->interfaces->len; i++) {
        Interface *known = &g_array_index(cap->interfaces, Interface, i);
        known->lost += known->port == ev->port && !known->dropped;
    }
}

static void on_dropped(Capture *cap, const TraceEvent *ev)
{
    Pending *p = &cap->pending;

    if (p->receiver == NULL || p->receiver != ev->node || ev->pkt == NULL || p->id != ev->pkt->id)
        return;
    comment_drop(comment_event_drop(ev), g_string_truncate(cap->text, 0));
    pcapng_put_in(cap->file, p->start, p->comments_end, cap->text->str);
    p->receiver = NULL;
}

static void on_event(void *self, const TraceEvent *ev)
{
    Capture *cap = self;

    if (ev->t != cap->now)
        let_go(cap);
    cap->now = ev->t;
    if (ev->point == &LINK_ENQUEUED)
        on_sent(cap, ev);
    else if (ev->point == &LINK_DELIVERED)
        on_received(cap, ev);
    else if (ev->point == &LINK_LOST)
        on_lost(cap, ev);
    else if (ev->point == &PACKET_DROPPED)
        on_dropped(cap, ev);
}

Capture *capture_new(Sim *sim, const CaptureOptions *opt, FILE *out, GError **error)
{
    if (opt->at == CAPTURE_INTERFACE && (opt->interface == NULL || *opt->interface == '\0')) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "a capture at an interface needs its name, such as 'client.eth0'");
        return NULL;
    }
    Capture *cap = g_new0(Capture, 1);

    cap->sim = sim;
    cap->opt = *opt;
    cap->opt.interface = g_strdup(opt->interface);
    cap->opt.comment = g_strdup(opt->comment);
    cap->out = out;
    cap->interfaces = g_array_new(FALSE, FALSE, sizeof(Interface));
    cap->pairs = g_hash_table_new_full(pair_hash, pair_equal, g_free, NULL);
    cap->named = g_array_new(FALSE, FALSE, sizeof(PcapngName));
    cap->file = g_byte_array_new();
    cap->block = g_byte_array_new();
    cap->comments = g_byte_array_new();
    cap->text = g_string_new(NULL);
    trace_add_sink(&sim->trace, TRACE_LINK | TRACE_DROP, on_event, cap);
    return cap;
}

/* A file without interfaces is one that libpcap does not open: so those where frames would have
 * been recorded, or at the least one without a name. */
static void write_idle_interfaces(Capture *cap)
{
    for (unsigned i = 0; i < cap->sim->nodes->len; i++) {
        const Node *node = g_ptr_array_index(cap->sim->nodes, i);
        for (unsigned j = 0; j < node->ports->len; j++) {
            const Port *port = g_ptr_array_index(node->ports, j);
            if (cap->opt.at == CAPTURE_INTERFACE ? is_interface(cap, port)
                                                 : cap->opt.at == CAPTURE_ALL ||
                                                       node->kind == NODE_HOST)
                interface_of(cap, port, false);
        }
    }
    if (cap->interfaces->len > 0 || cap->opt.classic)
        return;
    pcapng_interface(cap->block, &(PcapngInterface){ .name = cap->opt.interface });
    write_block(cap);
}

bool capture_finish(Capture *cap)
{
    let_go(cap);
    begin(cap);
    if (cap->interfaces->len == 0)
        write_idle_interfaces(cap);
    if (!cap->opt.classic)
        write_names(cap);
    write_file(cap);
    if (fflush(cap->out) != 0)
        cap->failed = true;
    return !cap->failed;
}

void capture_free(Capture *cap)
{
    if (cap == NULL)
        return;
    trace_remove_sink(&cap->sim->trace, cap);
    g_array_free(cap->interfaces, TRUE);
    g_hash_table_destroy(cap->pairs);
    g_array_free(cap->named, TRUE);
    g_byte_array_unref(cap->file);
    g_byte_array_unref(cap->block);
    g_byte_array_unref(cap->comments);
    for (int i = 0; i < SENT_COUNT; i++)
        if (cap->sent[i] != NULL)
            g_byte_array_unref(cap->sent[i]);
    g_string_free(cap->text, TRUE);
    g_free((char *)cap->opt.interface);
    g_free((char *)cap->opt.comment);
    g_free(cap);
}
