/*
 * tables.c - the layouts of ss -tan (iproute2 6.1), and of netstat -tan, arp -n and route -n
 * (net-tools 2.10).
 *
 * ss makes its columns as wide as their content and pads the last one; the padding is left away.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/tables.h"

#include <string.h>

typedef struct Row { /* a socket */
    const char *host;
    TcpState    state;
    IpAddr      local, remote;
    uint16_t    local_port, remote_port; /* remote_port 0: "*" */
    uint64_t    recv_queue, send_queue;
    const char *timer;                   /* NULL: none */
    SimTime     left;
    unsigned    retries;
} Row;

typedef struct Rows {
    GArray     *rows; /* of Row */
    const char *host;
} Rows;

enum { PORT_TEXT = 6 };

static const char *const ss_states[TCP_STATE_COUNT] = {
    [TCP_CLOSED] = "UNCONN",         [TCP_LISTEN] = "LISTEN",
    [TCP_SYN_SENT] = "SYN-SENT",     [TCP_SYN_RECEIVED] = "SYN-RECV",
    [TCP_ESTABLISHED] = "ESTAB",     [TCP_FIN_WAIT_1] = "FIN-WAIT-1",
    [TCP_FIN_WAIT_2] = "FIN-WAIT-2", [TCP_CLOSE_WAIT] = "CLOSE-WAIT",
    [TCP_CLOSING] = "CLOSING",       [TCP_LAST_ACK] = "LAST-ACK",
    [TCP_TIME_WAIT] = "TIME-WAIT",
};
static const char *const netstat_states[TCP_STATE_COUNT] = {
    [TCP_CLOSED] = "CLOSE",         [TCP_LISTEN] = "LISTEN",
    [TCP_SYN_SENT] = "SYN_SENT",    [TCP_SYN_RECEIVED] = "SYN_RECV",
    [TCP_ESTABLISHED] = "ESTABLISHED", [TCP_FIN_WAIT_1] = "FIN_WAIT1",
    [TCP_FIN_WAIT_2] = "FIN_WAIT2", [TCP_CLOSE_WAIT] = "CLOSE_WAIT",
    [TCP_CLOSING] = "CLOSING",      [TCP_LAST_ACK] = "LAST_ACK",
    [TCP_TIME_WAIT] = "TIME_WAIT",
};

const char *ss_state_name(TcpState s)
{
    g_assert(s < TCP_STATE_COUNT);
    return ss_states[s];
}

const char *netstat_state_name(TcpState s)
{
    g_assert(s < TCP_STATE_COUNT);
    return netstat_states[s];
}

/* --- sockets ---------------------------------------------------------------------------------- */

static void add_listener(void *self, const Listener *l)
{
    Rows *rows = self;
    Row   row = {
        .host = rows->host,
        .state = TCP_LISTEN,
        .local = listener_addr(l),
        .remote = IP4_ANY,
        .local_port = listener_port(l),
        .recv_queue = listener_queued(l),
        .send_queue = listener_backlog(l),
    };

    g_array_append_val(rows->rows, row);
}

/* Of a connection in TIME-WAIT the tools know no queues any more. */
static void add_connection(void *self, const TcpInfo *info)
{
    Rows *rows = self;
    bool  waits = info->state == TCP_TIME_WAIT;
    Row   row = {
        .host = rows->host,
        .state = info->state,
        .local = info->local,
        .remote = info->remote,
        .local_port = info->local_port,
        .remote_port = info->remote_port,
        .recv_queue = waits ? 0 : info->recv_queue,
        .send_queue = waits ? 0 : info->send_queue,
        .timer = info->timer,
        .left = info->timer_left,
        .retries = info->backoff,
    };

    g_array_append_val(rows->rows, row);
}

static int compare_ends(IpAddr a, uint16_t a_port, IpAddr b, uint16_t b_port)
{
    int order = ip_compare(a, b);

    return order != 0 ? order : (a_port > b_port) - (a_port < b_port);
}

static int compare_rows(gconstpointer a_, gconstpointer b_)
{
    const Row *a = a_, *b = b_;
    int order = strcmp(a->host, b->host);

    if (order == 0)
        order = compare_ends(a->local, a->local_port, b->local, b->local_port);
    if (order == 0)
        order = compare_ends(a->remote, a->remote_port, b->remote, b->remote_port);
    return order != 0 ? order : (a->state > b->state) - (a->state < b->state);
}

static void collect(GArray *rows, const Stack *stack)
{
    Rows self = { rows, stack->node->name };

    tcp_each_listener(stack->made.tcp, add_listener, &self);
    tcp_each(stack->made.tcp, add_connection, &self);
}

static GArray *rows_of(const Stack *stack)
{
    GArray *rows = g_array_new(FALSE, FALSE, sizeof(Row));

    collect(rows, stack);
    g_array_sort(rows, compare_rows);
    return rows;
}

static const char *port_text(uint16_t port, char out[static PORT_TEXT])
{
    if (port == 0)
        return "*";
    g_snprintf(out, PORT_TEXT, "%u", port);
    return out;
}

/* Removes blanks from the end of the line and ends it. */
static void end_line(GString *out)
{
    while (out->len > 0 && out->str[out->len - 1] == ' ')
        g_string_truncate(out, out->len - 1);
    g_string_append_c(out, '\n');
}

/* --- ss --------------------------------------------------------------------------------------- */

/* As ss abbreviates: minutes hide milliseconds, ten minutes seconds, ten seconds milliseconds. And
 * "1.500ms" is one and a half seconds. */
static void append_ss_time(GString *out, SimTime left)
{
    int64_t ms = left / MSEC, s = ms / 1000, min = s / 60;

    ms %= 1000;
    s %= 60;
    if (min > 0) {
        ms = 0;
        g_string_append_printf(out, "%dmin", (int)min);
        if (min > 9)
            s = 0;
    }
    if (s > 9)
        ms = 0;
    if (s > 0)
        g_string_append_printf(out, "%d%s", (int)s, ms > 0 ? "." : "sec");
    if (ms > 0)
        g_string_append_printf(out, "%03dms", (int)ms);
}

typedef struct Widths {
    int host, state, recv, send, local, local_port, remote, remote_port;
} Widths;

static void widen(int *width, size_t len)
{
    *width = MAX(*width, (int)len);
}

static size_t decimals(uint64_t v)
{
    size_t n = 1;

    for (; v > 9; v /= 10)
        n++;
    return n;
}

static Widths ss_widths(const GArray *rows)
{
    char   text[IP_TEXT], port[PORT_TEXT];
    Widths w = { 4, 5, 6, 6, 13, 4, 12, 4 }; /* the headings' own */

    for (unsigned i = 0; i < rows->len; i++) {
        const Row *r = &g_array_index(rows, Row, i);
        widen(&w.host, strlen(r->host));
        widen(&w.state, strlen(ss_states[r->state]));
        widen(&w.recv, decimals(r->recv_queue));
        widen(&w.send, decimals(r->send_queue));
        widen(&w.local, strlen(ip_text(r->local, text)));
        widen(&w.local_port, strlen(port_text(r->local_port, port)));
        widen(&w.remote, strlen(ip_text(r->remote, text)));
        widen(&w.remote_port, strlen(port_text(r->remote_port, port)));
    }
    return w;
}

static void ss_row(const Row *r, const Widths *w, bool host, bool timers, GString *out)
{
    char local[IP_TEXT], remote[IP_TEXT], local_port[PORT_TEXT], remote_port[PORT_TEXT];

    if (host)
        g_string_append_printf(out, "%-*s ", w->host, r->host);
    g_string_append_printf(out, "%-*s %-*" G_GUINT64_FORMAT " %-*" G_GUINT64_FORMAT " ", w->state,
                           ss_states[r->state], w->recv, r->recv_queue, w->send, r->send_queue);
    g_string_append_printf(out, "%*s:%-*s %*s:%-*s ", w->local, ip_text(r->local, local),
                           w->local_port, port_text(r->local_port, local_port), w->remote,
                           ip_text(r->remote, remote), w->remote_port,
                           port_text(r->remote_port, remote_port));
    if (timers && r->timer != NULL) {
        g_string_append_printf(out, "timer:(%s,", r->timer);
        append_ss_time(out, r->left);
        g_string_append_printf(out, ",%u)", r->retries);
    }
    end_line(out);
}

static void ss_print(GArray *rows, bool host, bool timers, GString *out)
{
    Widths w = ss_widths(rows);

    if (host)
        g_string_append_printf(out, "%-*s ", w.host, "Host");
    g_string_append_printf(out, "%-*s %-*s %-*s %*s:%-*s %*s:%-*s Process\n", w.state, "State",
                           w.recv, "Recv-Q", w.send, "Send-Q", w.local, "Local Address",
                           w.local_port, "Port", w.remote, "Peer Address", w.remote_port, "Port");
    for (unsigned i = 0; i < rows->len; i++)
        ss_row(&g_array_index(rows, Row, i), &w, host, timers, out);
    g_array_free(rows, TRUE);
}

void table_ss(const Stack *stack, bool timers, GString *out)
{
    ss_print(rows_of(stack), false, timers, out);
}

void table_ss_all(const Sim *sim, bool timers, GString *out)
{
    GArray *rows = g_array_new(FALSE, FALSE, sizeof(Row));

    for (unsigned i = 0; i < sim->nodes->len; i++) {
        const Stack *stack = node_stack(g_ptr_array_index(sim->nodes, i));
        if (stack != NULL)
            collect(rows, stack);
    }
    g_array_sort(rows, compare_rows);
    ss_print(rows, true, timers, out);
}

/* --- netstat ---------------------------------------------------------------------------------- */

static void append_end(GString *out, IpAddr addr, uint16_t port)
{
    char text[IP_TEXT], number[PORT_TEXT];
    char *end = g_strdup_printf("%s:%s", ip_text(addr, text), port_text(port, number));

    g_string_append_printf(out, "%-23s ", end);
    g_free(end);
}

static void append_netstat_timer(GString *out, const Row *r)
{
    const char *name = r->timer == NULL                       ? "off"
                       : strcmp(r->timer, "persist") == 0 ? "probe"
                                                              : r->timer;
    int64_t hundredths = r->timer != NULL ? r->left / (10 * MSEC) : 0;

    g_string_append_printf(out, " %s (%d.%02d/%u/0)", name, (int)(hundredths / 100),
                           (int)(hundredths % 100), r->retries);
}

void table_netstat(const Stack *stack, bool timers, GString *out)
{
    GArray *rows = rows_of(stack);

    g_string_append(out, "Active Internet connections (servers and established)\n"
                         "Proto Recv-Q Send-Q Local Address           Foreign Address         "
                         "State");
    g_string_append(out, timers ? "       Timer\n" : "\n");
    for (unsigned i = 0; i < rows->len; i++) {
        const Row *r = &g_array_index(rows, Row, i);
        uint64_t   send = r->state == TCP_LISTEN ? 0 : r->send_queue;
        g_string_append_printf(out, "tcp   %6" G_GUINT64_FORMAT " %6" G_GUINT64_FORMAT " ",
                               r->recv_queue, send);
        append_end(out, r->local, r->local_port);
        append_end(out, r->remote, r->remote_port);
        g_string_append_printf(out, "%-11s", netstat_states[r->state]);
        if (timers)
            append_netstat_timer(out, r);
        end_line(out);
    }
    g_array_free(rows, TRUE);
}

/* --- arp, route ------------------------------------------------------------------------------- */

static int compare_entries(gconstpointer a_, gconstpointer b_)
{
    const ArpEntry *const *a = a_, *const *b = b_;
    int order = ip_compare((*a)->ip, (*b)->ip);

    if (order == 0)
        order = strcmp((*a)->iface->port->name, (*b)->iface->port->name);
    return order;
}

void table_arp(const Stack *stack, GString *out)
{
    static const char *const flags[] = {
        [ARP_INCOMPLETE] = "", [ARP_REACHABLE] = "C", [ARP_PERMANENT] = "CM",
    };
    size_t n;
    const ArpEntry *entries = arp_entries(stack->arp, &n);
    GPtrArray *sorted = g_ptr_array_new();
    char ip[IP_TEXT], mac[MAC_TEXT];

    for (size_t i = 0; i < n; i++)
        g_ptr_array_add(sorted, (void *)&entries[i]);
    g_ptr_array_sort(sorted, compare_entries);
    g_string_append(out, "Address                  HWtype  HWaddress           "
                         "Flags Mask            Iface\n");
    for (size_t i = 0; i < n; i++) {
        const ArpEntry *e = g_ptr_array_index(sorted, i);
        bool known = e->state != ARP_INCOMPLETE;
        g_string_append_printf(out, "%-23s  %-8s%-20s%-6s%-15s %s\n", ip_text(e->ip, ip),
                               known ? "ether" : "", known ? mac_text(e->mac, mac) : "(incomplete)",
                               flags[e->state], "", e->iface->port->name);
    }
    g_ptr_array_free(sorted, TRUE);
}

/* A route through a gateway that has not been used yet does not know its interface. */
static const char *route_iface(const Stack *stack, const Route *r)
{
    if (r->iface != NULL)
        return r->iface->port->name;
    for (unsigned i = 0; r->kind == ROUTE_VIA && i < stack->ifaces->len; i++) {
        const Iface *iface = g_ptr_array_index(stack->ifaces, i);
        if (!ip_is_none(iface->ip.addr) && ip_in_prefix(r->via, iface->ip))
            return iface->port->name;
    }
    return "-";
}

void table_routes(const Stack *stack, GString *out)
{
    size_t n;
    const Route *routes = ipv4_routes(stack->ipv4, &n);
    char net[IP_TEXT], via[IP_TEXT], mask[IP_TEXT];

    g_string_append(out, "Kernel IP routing table\n"
                         "Destination     Gateway         Genmask         Flags Metric Ref    Use "
                         "Iface\n");
    for (size_t i = 0; i < n; i++) {
        const Route *r = &routes[i];
        IpAddr bits = ip_v4(prefix_mask_v4(r->prefix.len));
        bool refuses = r->kind == ROUTE_BLACKHOLE || r->kind == ROUTE_UNREACHABLE;
        const char *gateway = refuses ? "-" : ip_text(r->kind == ROUTE_VIA ? r->via : IP4_ANY, via);
        char flags[4];
        g_snprintf(flags, sizeof flags, "%s%s%s", refuses ? "!" : "U",
                   r->kind == ROUTE_VIA ? "G" : "", r->prefix.len == 32 ? "H" : "");
        g_string_append_printf(out, "%-15s %-15s %-15s %-6s",
                               ip_text(prefix_network(r->prefix), net), gateway,
                               ip_text(bits, mask), flags);
        g_string_append_printf(out, "%-6d %-2s %7d %s\n", 0, refuses ? "-" : "0", 0,
                               route_iface(stack, r));
    }
}
