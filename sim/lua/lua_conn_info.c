/*
 * lua_conn_info.c - conn:info(): the RFC's variables of a connection, and what can be counted of
 * it.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_conn.h"

#include "protocols/wire/ipv4_option.h"

#include <math.h>
#include <string.h>

static void set_int(lua_State *L, const char *name, uint64_t value)
{
    lua_pushinteger(L, (lua_Integer)value);
    lua_setfield(L, -2, name);
}

static void set_bool(lua_State *L, const char *name, bool value)
{
    lua_pushboolean(L, value);
    lua_setfield(L, -2, name);
}

static void set_seconds(lua_State *L, const char *name, SimTime t)
{
    lua_push_seconds(L, t);
    lua_setfield(L, -2, name);
}

static void set_who(lua_State *L, const TcpInfo *i)
{
    set_int(L, "id", i->id);
    lua_pushstring(L, tcp_state_lua_name(i->state));
    lua_setfield(L, -2, "state");
    lua_push_ip(L, i->local);
    lua_setfield(L, -2, "local_ip");
    lua_push_ip(L, i->remote);
    lua_setfield(L, -2, "remote_ip");
    set_int(L, "local_port", i->local_port);
    set_int(L, "remote_port", i->remote_port);
    set_bool(L, "passive", i->passive);
    set_bool(L, "syn_data", i->syn_data);
    set_bool(L, "has_owner", i->has_owner);
}

/* The stops on the way of its segments, none but with a source route. */
static void set_route(lua_State *L, const TcpInfo *i)
{
    const IpOptions *o = &i->ip_options;
    Ipv4Hdr h = { .dst = o->first, .options_len = o->len };
    Ipv4Found found;

    lua_newtable(L);
    memcpy(h.options, o->bytes, o->len);
    if (!ip_is_none(o->first) && ipv4_option_find(&h, &found) == 0)
        for (lua_Integer n = 1; !ip_is_none(ipv4_route_next(&h, &found)); n++) {
            lua_push_ip(L, h.dst);
            lua_rawseti(L, -2, n);
            ipv4_route_step(&h, &found, i->local);
        }
    lua_setfield(L, -2, "source_route");
}

static void set_sequence_numbers(lua_State *L, const TcpInfo *i)
{
    set_int(L, "iss", i->iss);
    set_int(L, "snd_una", i->snd_una);
    set_int(L, "snd_nxt", i->snd_nxt);
    set_int(L, "snd_wnd", i->snd_wnd);
    set_int(L, "snd_wl1", i->snd_wl1);
    set_int(L, "snd_wl2", i->snd_wl2);
    set_int(L, "irs", i->irs);
    set_int(L, "rcv_nxt", i->rcv_nxt);
    set_int(L, "rcv_wnd", i->rcv_wnd);
}

static void set_options(lua_State *L, const TcpInfo *i)
{
    set_int(L, "mss", i->mss);
    set_int(L, "rcv_mss", i->rcv_mss);
    set_bool(L, "window_scale", i->window_scale);
    set_int(L, "snd_scale", i->snd_scale);
    set_int(L, "rcv_scale", i->rcv_scale);
    set_bool(L, "sack", i->sack);
    set_bool(L, "timestamps", i->timestamps);
    set_int(L, "ts_recent", i->ts_recent);
    set_bool(L, "ecn", i->ecn);
    set_int(L, "rcv_tos", i->rcv_tos);
    set_seconds(L, "user_timeout", i->user_timeout);
    set_seconds(L, "uto_remote", i->uto_remote);
}

/* What the policy of congestion control shows of itself, under its own names. */
static void set_policy(lua_State *L, const TcpInfo *i)
{
    lua_pushstring(L, i->congestion);
    lua_setfield(L, -2, "congestion");
    set_int(L, "pacing_rate", i->pacing_rate);
    lua_newtable(L);
    for (const CongFigure *f = i->figures; f < i->figures + CONG_FIGURES && f->name != NULL; f++)
        if (f->unit == FIGURE_TIME) {
            set_seconds(L, f->name, f->value);
        } else if (f->unit == FIGURE_PART) {
            lua_pushnumber(L, (lua_Number)f->value / (1 << 20));
            lua_setfield(L, -2, f->name);
        } else {
            set_int(L, f->name, (uint64_t)f->value);
        }
    lua_setfield(L, -2, "cc");
}

static void set_loss(lua_State *L, const TcpInfo *i)
{
    set_int(L, "cwnd", i->cwnd);
    if (i->ssthresh == UINT32_MAX)
        lua_pushnumber(L, HUGE_VAL);
    else
        lua_pushinteger(L, i->ssthresh);
    lua_setfield(L, -2, "ssthresh");
    set_int(L, "in_pipe", i->in_pipe);
    set_seconds(L, "srtt", i->srtt);
    set_seconds(L, "rttvar", i->rttvar);
    set_seconds(L, "rto", i->rto);
    set_int(L, "backoff", i->backoff);
    lua_pushstring(L, i->timer != NULL ? i->timer : "off");
    lua_setfield(L, -2, "timer");
    set_seconds(L, "timer_left", i->timer != NULL ? i->timer_left : 0);
}

static void set_repair(lua_State *L, const TcpInfo *i)
{
    lua_pushstring(L, tcp_ca_state_name(i->ca_state));
    lua_setfield(L, -2, "ca_state");
    set_int(L, "in_flight", i->in_flight);
    set_int(L, "unacked", i->unacked);
    set_int(L, "sacked", i->sacked);
    set_int(L, "lost", i->lost);
    set_int(L, "retrans", i->retrans);
    set_int(L, "delivered", i->delivered);
    set_int(L, "delivery_rate", i->delivery_rate);
    set_seconds(L, "min_rtt", i->min_rtt);
    set_int(L, "reordering", i->reordering);
    set_int(L, "reorder_seen", i->reorder_seen);
}

static void set_counts(lua_State *L, const TcpInfo *i)
{
    set_int(L, "send_queue", i->send_queue);
    set_int(L, "recv_queue", i->recv_queue);
    set_int(L, "bytes_sent", i->bytes_sent);
    set_int(L, "bytes_acked", i->bytes_acked);
    set_int(L, "bytes_received", i->bytes_received);
    set_int(L, "retransmits", i->retransmits);
    set_int(L, "segs_in", i->segs_in);
    set_int(L, "segs_out", i->segs_out);
    set_int(L, "data_segs_in", i->data_segs_in);
    set_int(L, "data_segs_out", i->data_segs_out);
}

/* conn:info() -> the RFC's variables; times in seconds */
int lua_conn_info(lua_State *L)
{
    TcpInfo i;

    conn_info(lua_check_conn(L, 1)->conn, &i);
    lua_createtable(L, 0, 69);
    set_who(L, &i);
    set_route(L, &i);
    set_sequence_numbers(L, &i);
    set_options(L, &i);
    set_loss(L, &i);
    set_repair(L, &i);
    set_policy(L, &i);
    set_counts(L, &i);
    lua_strict(L, "variable");
    return 1;
}
