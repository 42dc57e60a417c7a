/*
 * ipv4_pmtu.c - what is known of paths narrower than their first link, RFC 1191.
 *
 * An estimate is kept for ten minutes and only ever lowered; then the first link's MTU is tried
 * again.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/internet/ipv4_priv.h"
#include "protocols/stack.h"

typedef struct PathMtu {
    IpAddr   dst;
    uint32_t mtu;
    SimTime  until;
} PathMtu;

enum { MAX_PATHS = 256 };
#define PATH_LIFETIME (10 * MINUTE) /* RFC 1191 §6.3 */

/* RFC 1191 §7.1: the sizes that links have, for routers that do not say theirs. */
static const uint32_t plateaus[] = { 32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68 };

static PathMtu *find_path(const Ipv4 *ip, IpAddr dst)
{
    for (guint i = 0; ip->path_mtus != NULL && i < ip->path_mtus->len; i++) {
        PathMtu *path = &g_array_index(ip->path_mtus, PathMtu, i);
        if (ip_equal(path->dst, dst))
            return path;
    }
    return NULL;
}

size_t path_mtu(const Ipv4 *ip, IpAddr dst, size_t link_mtu)
{
    const PathMtu *path = find_path(ip, dst);

    if (path == NULL || path->until <= sim_now(ip->node->sim))
        return link_mtu;
    return MIN(link_mtu, path->mtu);
}

static uint32_t next_plateau(size_t len)
{
    size_t i = 0;

    while (i + 1 < G_N_ELEMENTS(plateaus) && plateaus[i] >= len)
        i++;
    return plateaus[i];
}

uint32_t ipv4_learn_mtu(Ipv4 *ip, IpAddr dst, uint32_t mtu, size_t len)
{
    SimTime now = sim_now(ip->node->sim);
    PathMtu *path = find_path(ip, dst);

    if (mtu == 0)
        mtu = next_plateau(len);
    mtu = MAX(mtu, IPV4_MTU_MIN); /* RFC 1191 §3: never below */
    if (!ip->cfg->pmtu)
        return mtu;
    if (path == NULL) {
        if (ip->path_mtus == NULL)
            ip->path_mtus = g_array_new(FALSE, FALSE, sizeof(PathMtu));
        if (ip->path_mtus->len == MAX_PATHS)
            g_array_remove_index(ip->path_mtus, 0);
        PathMtu fresh = { dst, mtu, now + PATH_LIFETIME };
        g_array_append_val(ip->path_mtus, fresh);
        return mtu;
    }
    if (path->until > now)
        mtu = MIN(mtu, path->mtu);
    path->mtu = mtu;
    path->until = now + PATH_LIFETIME;
    return mtu;
}
