/*
 * ipv4_frag.c - fragmenting and reassembling datagrams: RFC 791 §3.2, RFC 815, RFC 1122 §3.3.2.
 *
 * What is still missing of a datagram is a list of holes, as in RFC 815. Fragments wait as the
 * packets they are until no hole is left. Where they overlap, the bytes that came first count
 * (RFC 815 leaves that open; a later fragment cannot rewrite what was accepted). Time runs from
 * the first fragment to arrive, and when memory is short the oldest datagram makes room.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/internet/ipv4_priv.h"
#include "protocols/stack.h"

#include <string.h>

typedef struct Hole { /* the bytes from first up to, not including, last */
    uint32_t first, last;
} Hole;

typedef struct Datagram {
    Frags   *frags;
    IpAddr   src, dst;
    uint8_t  proto;
    uint16_t id;
    Timer    timer;
    GArray  *holes;  /* of Hole */
    Packet  *newest; /* its fragments, headers pulled, linked from the newest to the oldest */
    size_t   bytes;  /* of memory that they occupy */
    uint32_t end;    /* of the bytes that any fragment has brought */
    uint32_t total;  /* bytes of data; 0 until the last fragment has told */
    Port    *port;   /* where its fragments come in */
} Datagram;

struct Frags {
    Ipv4      *ip;
    GPtrArray *datagrams; /* incomplete, oldest first */
    size_t     bytes;
};

enum { NO_END = 1 << 17 }; /* beyond the end of any datagram */
enum { OVERHEAD = 152 };   /* what a fragment counts for besides its bytes, be they few */

/* --- datagrams in the making ------------------------------------------------------------------ */

static void datagram_free(Datagram *d)
{
    timer_stop(&d->timer);
    g_array_free(d->holes, TRUE);
    g_free(d);
}

/* Takes it off the list; its fragments stay with it. */
static void datagram_unlink(Datagram *d)
{
    g_ptr_array_remove(d->frags->datagrams, d);
    d->frags->bytes -= d->bytes;
}

static void oldest_first(Datagram *d)
{
    Packet *reversed = NULL;

    while (d->newest != NULL) {
        Packet *pkt = d->newest;
        d->newest = pkt->next;
        pkt->next = reversed;
        reversed = pkt;
    }
    d->newest = reversed;
}

static void datagram_drop(Datagram *d, DropReason why)
{
    datagram_unlink(d);
    oldest_first(d);
    while (d->newest != NULL) {
        Packet *pkt = d->newest;
        d->newest = pkt->next;
        pkt->next = NULL;
        packet_drop(pkt, d->frags->ip->node, d->port, why);
    }
    datagram_free(d);
}

static uint32_t fragment_offset(const Packet *pkt)
{
    return (get16(pkt->buf + pkt->net + 6) & 0x1fffu) * 8;
}

/* The fragment with the transport header; if there are several, the one that came first. */
static Packet *first_fragment(const Datagram *d)
{
    Packet *found = NULL;

    for (Packet *pkt = d->newest; pkt != NULL; pkt = pkt->next)
        if (fragment_offset(pkt) == 0)
            found = pkt;
    return found;
}

/* RFC 1122 §3.3.2: the sender is told, if there is something to tell it by. */
static void timeout_fired(void *owner)
{
    Datagram *d = owner;
    Ipv4 *ip = d->frags->ip;
    Packet *first = first_fragment(d);

    node_count(ip->node, COUNTER_IpReasmTimeout);
    node_count(ip->node, COUNTER_IpReasmFails);
    if (first != NULL)
        icmp_send_time_exceeded(ip->stack->icmp, ICMP_REASSEMBLY_EXCEEDED, first);
    datagram_drop(d, DROP_IP_FRAG_TIMEOUT);
}

static Datagram *datagram_new(Frags *frags, const Ipv4Hdr *h, Port *port)
{
    Datagram *d = g_new0(Datagram, 1);
    Hole all = { 0, NO_END };

    *d = (Datagram){ .frags = frags, .src = h->src, .dst = h->dst, .proto = h->proto, .id = h->id };
    d->port = port;
    d->holes = g_array_new(FALSE, FALSE, sizeof(Hole));
    g_array_append_val(d->holes, all);
    timer_init(&d->timer, &frags->ip->node->sim->sched, timeout_fired, d);
    timer_set(&d->timer, frags->ip->cfg->reassembly_timeout);
    g_ptr_array_add(frags->datagrams, d);
    return d;
}

/* RFC 791 §3.2: source, destination, protocol and identification name a datagram. */
static Datagram *find_datagram(const Frags *frags, const Ipv4Hdr *h)
{
    for (guint i = 0; i < frags->datagrams->len; i++) {
        Datagram *d = g_ptr_array_index(frags->datagrams, i);
        if (d->id == h->id && d->proto == h->proto && ip_equal(d->src, h->src) &&
            ip_equal(d->dst, h->dst))
            return d;
    }
    return NULL;
}

/* --- input ------------------------------------------------------------------------------------ */

/* RFC 815 §3: every hole that the bytes [first, last) touch shrinks, splits or goes. Returns
 * whether any did. */
static bool fill_holes(Datagram *d, uint32_t first, uint32_t last, bool more)
{
    bool filled = false;

    for (guint i = 0; i < d->holes->len;) {
        Hole hole = g_array_index(d->holes, Hole, i);
        if (first >= hole.last || last <= hole.first) {
            i++;
            continue;
        }
        filled = true;
        g_array_remove_index(d->holes, i);
        if (first > hole.first) {
            Hole before = { hole.first, first };
            g_array_insert_val(d->holes, i, before);
            i++;
        }
        if (last < hole.last && (more || hole.last != NO_END)) {
            Hole after = { last, hole.last };
            g_array_insert_val(d->holes, i, after);
            i++;
        }
    }
    return filled;
}

/* Can this be a piece of the datagram? Only the last may have a length that is no multiple of 8,
 * none may reach beyond 64 KiB or beyond the end that the last one told. */
static bool fits(const Ipv4Hdr *h, const Datagram *d)
{
    size_t len = (size_t)h->total_len - ipv4_hdr_len(h);
    size_t last = h->frag_off + len;

    if (len == 0 || (h->mf && len % 8 != 0) || last + ipv4_hdr_len(h) > IPV4_MAX_LEN)
        return false;
    if (d == NULL)
        return true;
    if (d->total != 0 && (last > d->total || (!h->mf && last != d->total)))
        return false;
    return h->mf || last >= d->end;
}

/* Makes room for one more packet; the datagram that it belongs to stays. */
static bool make_room(Frags *frags, const Datagram *spared, size_t bytes)
{
    while (frags->bytes + bytes > frags->ip->cfg->reassembly_memory) {
        Datagram *oldest = frags->datagrams->len > 0 ? frags->datagrams->pdata[0] : NULL;
        if (oldest == spared && frags->datagrams->len > 1)
            oldest = frags->datagrams->pdata[1];
        if (oldest == NULL || oldest == spared)
            return false;
        node_count(frags->ip->node, COUNTER_IpReasmFails);
        datagram_drop(oldest, DROP_IP_FRAG_OVERFLOW);
    }
    return true;
}

/* The whole, under the header of its first fragment and with that packet's identity. */
static Packet *assemble(Datagram *d)
{
    const Packet *first = first_fragment(d);
    Ipv4Hdr h;

    if (ipv4_decode_quoted(&h, packet_net(first)) != DROP_NONE ||
        ipv4_hdr_len(&h) + d->total > IPV4_MAX_LEN)
        return NULL;
    Packet *whole = packet_new(first->sim, d->total, first->why);
    for (const Packet *pkt = d->newest; pkt != NULL; pkt = pkt->next) { /* the oldest writes last */
        memcpy(whole->data + fragment_offset(pkt), pkt->data, pkt->len);
        whole->forged |= pkt->forged;
        whole->altered |= pkt->altered;
    }
    whole->id = first->id;
    whole->born = first->born;
    whole->retransmission = first->retransmission;
    whole->remark = first->remark;
    h.mf = false;
    h.total_len = (uint16_t)(ipv4_hdr_len(&h) + d->total);
    ipv4_encode(&h, packet_push(whole, ipv4_hdr_len(&h)));
    if (first->frame_len >= ETH_HDR_LEN) { /* as if it had come so: for those who look at frames */
        memcpy(packet_push(whole, ETH_HDR_LEN), first->buf + first->frame, ETH_HDR_LEN);
        packet_set_frame(whole);
        packet_pull(whole, ETH_HDR_LEN);
    }
    whole->net = packet_offset(whole);
    return whole;
}

static void datagram_done(Datagram *d)
{
    datagram_unlink(d);
    while (d->newest != NULL) {
        Packet *pkt = d->newest;
        d->newest = pkt->next;
        packet_free(pkt);
    }
    datagram_free(d);
}

DropReason frags_input(Frags *frags, const Ipv4Hdr *h, Port *port, Packet *pkt, Packet **whole)
{
    Node *node = frags->ip->node;
    Datagram *d = find_datagram(frags, h);
    size_t size = OVERHEAD + MAX(pkt->cap, (size_t)PACKET_USUAL);
    uint32_t last = h->frag_off + h->total_len - (uint32_t)ipv4_hdr_len(h);

    *whole = NULL;
    node_count(node, COUNTER_IpReasmReqds);
    if (!fits(h, d))
        return DROP_IP_FRAG_BAD;
    if (!make_room(frags, d, size))
        return DROP_IP_FRAG_OVERFLOW;
    if (d == NULL)
        d = datagram_new(frags, h, port);
    if (!fill_holes(d, h->frag_off, last, h->mf))
        return DROP_IP_FRAG_DUPLICATE;

    packet_pull(pkt, ipv4_hdr_len(h));
    pkt->next = d->newest;
    d->newest = pkt;
    d->bytes += size;
    frags->bytes += size;
    d->end = MAX(d->end, last);
    if (!h->mf)
        d->total = last;
    if (d->holes->len > 0)
        return DROP_NONE;
    *whole = assemble(d);
    if (*whole == NULL) {
        node_count(node, COUNTER_IpReasmFails);
        datagram_drop(d, DROP_IP_FRAG_BAD);
        return DROP_NONE;
    }
    node_count(node, COUNTER_IpReasmOKs);
    datagram_done(d);
    return DROP_NONE;
}

/* --- fragmenting ------------------------------------------------------------------------------ */

/* RFC 791 §3.1: only options with the "copied" flag go into the fragments behind the first. */
static void keep_copied_options(Ipv4Hdr *h)
{
    uint8_t kept[IPV4_OPTIONS_MAX] = { 0 };
    size_t n = 0;

    for (size_t i = 0; i < h->options_len && h->options[i] != IPV4_OPTION_END;) {
        size_t len = 1;
        if (h->options[i] != IPV4_OPTION_NOP)
            len = i + 1 < h->options_len ? h->options[i + 1] : 0;
        if (len == 0 || len > h->options_len - i)
            break;
        if (h->options[i] & IPV4_OPTION_COPIED) {
            memcpy(kept + n, h->options + i, len);
            n += len;
        }
        i += len;
    }
    h->options_len = (uint8_t)((n + 3) / 4 * 4);
    memcpy(h->options, kept, h->options_len);
}

static Packet *cut(const Packet *pkt, const Ipv4Hdr *h, const uint8_t *data, size_t len)
{
    Packet *fragment = packet_new(pkt->sim, len, pkt->why);
    Ipv4Hdr piece = *h;

    memcpy(fragment->data, data, len);
    piece.total_len = (uint16_t)(ipv4_hdr_len(h) + len);
    ipv4_encode(&piece, packet_push(fragment, ipv4_hdr_len(h)));
    fragment->forged = pkt->forged;
    fragment->altered = pkt->altered;
    fragment->retransmission = pkt->retransmission;
    fragment->remark = pkt->remark;
    return fragment;
}

void ipv4_fragment(Packet *pkt, const Ipv4Hdr *header, size_t mtu,
                   void (*emit)(void *self, Packet *fragment), void *self)
{
    Ipv4Hdr h = *header;
    const uint8_t *data = packet_span(pkt).p + ipv4_hdr_len(header);
    size_t left = pkt->len - ipv4_hdr_len(header);

    h.ttl = pkt->data[8]; /* a router has counted it down since it decoded the header */
    while (left > 0) {
        size_t room = mtu - ipv4_hdr_len(&h);
        size_t len = left <= room ? left : room & ~(size_t)7;
        h.mf = header->mf || len < left;
        emit(self, cut(pkt, &h, data, len));
        data += len;
        left -= len;
        h.frag_off = (uint16_t)(h.frag_off + len);
        if (h.options_len > 0)
            keep_copied_options(&h);
    }
    packet_free(pkt);
}

/* --- life ------------------------------------------------------------------------------------- */

Frags *frags_new(Ipv4 *ip)
{
    Frags *frags = g_new0(Frags, 1);

    frags->ip = ip;
    frags->datagrams = g_ptr_array_new();
    return frags;
}

void frags_flush(Frags *frags, DropReason why)
{
    while (frags->datagrams->len > 0)
        datagram_drop(frags->datagrams->pdata[0], why);
}

void frags_free(Frags *frags)
{
    frags_flush(frags, DROP_LINK_ENDED);
    g_ptr_array_free(frags->datagrams, TRUE);
    g_free(frags);
}
