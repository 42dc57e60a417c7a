/*
 * udp_source.c - datagrams at a constant rate, by one timer.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/application/udp_source.h"

#include "protocols/stack.h"

/* Whole nanoseconds to the next; what is left of them goes to those after it. */
static SimTime gap(UdpSource *src)
{
    SimTime t = src->every;

    if (src->rest == 0)
        return t;
    src->carry += src->rest;
    if (src->carry >= src->rate) {
        src->carry -= src->rate;
        t++;
    }
    return t;
}

static void send_one(UdpSource *src)
{
    src->err = udp_send_pattern(src->sock, src->sent * src->size, src->size, src->dst, src->port);
    if (src->err == NET_OK)
        src->sent++;
    src->done = src->err != NET_OK || src->sent == src->count;
    if (!src->done)
        timer_set(&src->timer, gap(src));
}

static void timer_fired(void *owner)
{
    UdpSource *src = owner;

    send_one(src);
    if (src->done)
        src->on_done(src->user); /* may free it */
}

void udp_source_start(UdpSource *src)
{
    if (src->rate > 0) {
        uint64_t bits = 8 * (uint64_t)src->size * (uint64_t)SEC;
        src->every = (SimTime)(bits / src->rate);
        src->rest = bits % src->rate;
    }
    timer_init(&src->timer, udp_sched(src->sock), timer_fired, src);
    send_one(src);
}

void udp_source_stop(UdpSource *src, NetError why)
{
    if (src->done)
        return;
    timer_stop(&src->timer);
    src->err = why;
    src->done = true;
}
