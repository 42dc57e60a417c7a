/*
 * tcp_half.h - the half-open connections of a listener, in the order in which their SYNs came: one
 * queue, or the buckets of a SYN cache. RFC 4987 §3.4, §3.5.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Listener Listener;
typedef struct Segment Segment;
typedef struct Tcb Tcb;

typedef struct HalfQueue {
    Tcb     *first, *last;
    uint64_t n;
} HalfQueue;

typedef struct HalfOpen {
    HalfQueue *buckets; /* NULL before the first one */
    size_t     n_buckets;
    uint64_t   n;       /* in all of them */
} HalfOpen;

/* Where a TCB stands in it. */
typedef struct Passive {
    Listener  *listener;
    HalfQueue *bucket;
    Tcb       *prev, *next;
} Passive;

Listener *tcb_listener(const Tcb *tcb); /* NULL: it is not half-open */
/* In SYN-RECEIVED from here on, and counted there. */
void half_open(Listener *l, Tcb *tcb);
/* It is that no more: half_open's undoing. */
void half_close(Tcb *tcb);
void half_free_place(Tcb *tcb); /* when all of it ends, the listener too */
/* May a SYN not be kept? Never of a host that lets an older one go for it. */
bool half_full(const Listener *l);
/* Lets the oldest go if the SYN finds no room where it belongs. */
void half_make_room(Listener *l, const Segment *seg);
void half_free(Listener *l);
