/*
 * tcp_port.c - which port a connection gets that its program gives none: RFC 6056.
 *
 * No algorithm takes a pair that exists: one in TIME-WAIT is not used again (§2.1).
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/tcp_priv.h"

#include "sim/engine/sim.h"

void tcp_port_init(Tcp *tcp)
{
    g_autofree char *name = g_strconcat("host:", tcp->node->name, ":ports", NULL);

    sim_rng(tcp->sim, name, &tcp->port_rng);
    tcp->port_key = rng_u64(&tcp->port_rng);
}

bool tcp_pair_taken(const Tcp *tcp, IpAddr local, uint16_t local_port, IpAddr remote,
                    uint16_t remote_port)
{
    return table_find(&tcp->table, local, local_port, remote, remote_port) != NULL;
}

/* Where to begin among n ports. */
static uint32_t first_place(Tcp *tcp, IpAddr local, IpAddr remote, uint16_t remote_port, uint32_t n)
{
    uint64_t f;

    switch (tcp->cfg.ports) {
    case TCP_PORTS_RANDOM: /* §3.3.1 */
        return (uint32_t)rng_below(&tcp->port_rng, n);
    case TCP_PORTS_HASH: /* §3.3.3 */
        f = tcp_mix(tcp_keyed(tcp, local, 0, remote, remote_port) ^ tcp->port_key);
        return (uint32_t)((f + tcp->port_count) % n);
    case TCP_PORTS_SEQUENTIAL:
        break;
    }
    return tcp->port_count % n;
}

/* The i-th place to try. Linux leaves the odd half of its range to listeners, while it can. */
static uint32_t place(const Tcp *tcp, uint32_t first, uint32_t i, uint32_t n)
{
    uint32_t even = (n + 1) / 2;

    if (tcp->cfg.profile != TCP_PROFILE_LINUX || tcp->cfg.ports == TCP_PORTS_SEQUENTIAL)
        return (first + i) % n;
    return i < even ? (first + i) % even * 2 : (first + i - even) % (n - even) * 2 + 1;
}

uint16_t tcp_ephemeral_port(Tcp *tcp, IpAddr local, IpAddr remote, uint16_t remote_port)
{
    uint32_t min = (uint32_t)tcp->cfg.port_min, max = (uint32_t)tcp->cfg.port_max;

    if (min > max)
        return 0;
    uint32_t n = max - min + 1, first = first_place(tcp, local, remote, remote_port, n);
    for (uint32_t i = 0; i < n; i++) {
        uint16_t port = (uint16_t)(min + place(tcp, first, i, n));
        tcp->port_count = tcp->port_count == n - 1 ? 0 : tcp->port_count + 1;
        if (!tcp_pair_taken(tcp, local, port, remote, remote_port) &&
            tcp_find_listener(tcp, local, port) == NULL)
            return port;
    }
    return 0;
}
