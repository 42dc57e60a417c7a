/*
 * dns_client.h - one question to one server, over UDP and TCP: ids and ports that cannot be
 * guessed, what is accepted as the answer. RFC 1035 §7, RFC 5452, RFC 7766.
 *
 * An ask lives until its owner frees it, and so may still be answered after another has been sent
 * (RFC 1035 §7.3); how long to wait is the owner's. The stub and the recursive resolver both ask
 * through here.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/application/dns_message.h"
#include "sim/engine/knob.h"
#include "sim/engine/time.h"

typedef struct Stack Stack;

typedef enum DnsChoice { DNS_RANDOM, DNS_IN_TURN, DNS_FIXED } DnsChoice;

typedef struct DnsClientConfig {
    DnsChoice ids;       /* RFC 5452 §9.2: random. Otherwise a counterfactual */
    DnsChoice ports;     /* likewise; fixed: all questions leave from one port */
    uint64_t  port_min;  /* of the range up to 65535; the fixed one is its first */
    uint64_t  edns;      /* the payload size announced, RFC 6891 §6.2.3; 0: no EDNS */
    uint64_t  tcp_after; /* wrong answers to a question until TCP is used; 0: never */
    SimTime   tcp_idle;  /* an unused connection is closed after this; 0: at once */
} DnsClientConfig;

/* The rows of these for an option table of a struct that has such a config as `field`. */
extern const char *const dns_choices[]; /* "random" ... */
#define DNS_CLIENT_KNOBS(config, field)                                                            \
    { .name = "ids", .type = KNOB_ENUM, .offset = offsetof(config, field.ids),                     \
      .names = dns_choices, .doc = "How the id of a question is chosen.",                          \
      .source = "RFC 5452 §9.2" },                                                                \
    { .name = "ports", .type = KNOB_ENUM, .offset = offsetof(config, field.ports),                 \
      .names = dns_choices, .doc = "How the port it leaves from is.",                              \
      .source = "RFC 5452 §9.2" },                                                                \
    { .name = "port_min", .type = KNOB_INT, .offset = offsetof(config, field.port_min),            \
      .names = (const char *const[]){ "port", NULL }, .min = 1024, .max = 65535,                   \
      .doc = "The lowest of those ports; the fixed one.", .source = "own" },                       \
    { .name = "edns", .type = KNOB_SIZE, .offset = offsetof(config, field.edns), .min = 0,         \
      .max = 65535, .doc = "The largest answer over UDP that is announced; 0: no EDNS.",           \
      .source = "RFC 6891 §6.2.3" },                                                              \
    { .name = "tcp_after", .type = KNOB_INT, .offset = offsetof(config, field.tcp_after),          \
      .names = (const char *const[]){ "answers", NULL }, .min = 0, .max = 1000000,                 \
      .doc = "Wrong answers to a question until TCP is used; 0: never.",                           \
      .source = "RFC 5452 §9.3" },                                                                \
    { .name = "tcp_idle", .type = KNOB_TIME, .offset = offsetof(config, field.tcp_idle),           \
      .min = 0, .max = HOUR, .doc = "How long an unused connection is kept.",                      \
      .source = "RFC 7766 §6.2.3" }

typedef struct DnsClient DnsClient;
typedef struct DnsAsk DnsAsk;

/* random: the name of its stream. cfg is copied. */
DnsClient *dns_client_new(Stack *stack, const DnsClientConfig *cfg, const char *random);
void dns_client_crash(DnsClient *c); /* every ask is gone, as are its connections */
void dns_client_end(DnsClient *c);   /* frees it; sockets are gone already */
const DnsClientConfig *dns_client_config(const DnsClient *c);
void dns_client_set_config(DnsClient *c, const DnsClientConfig *cfg);

typedef struct DnsAsking {
    IpAddr      server;
    DnsQuestion q;
    bool        recurse; /* RD */
    bool        tcp;     /* from the start */
    uint16_t    edns;    /* payload size; 0: no OPT */
} DnsAsking;

typedef enum DnsAskEnd {
    DNS_ANSWERED,
    DNS_REFUSES,     /* ICMP says that nobody is there, or TCP was refused or lost twice */
    DNS_BIZARRE,     /* an answer to this question that is malformed */
} DnsAskEnd;

/* on_end is called once, from a timer, with the reply (its own; borrowed for the call) if there is
 * one. The owner may free the ask in it. */
DnsAsk *dns_ask(DnsClient *c, const DnsAsking *asking,
                void (*on_end)(void *user, DnsAsk *ask, DnsAskEnd end, const DnsMessage *reply),
                void *user);
void dns_ask_free(DnsAsk *ask); /* what comes now is ignored; NULL is fine */
const DnsAsking *dns_ask_asking(const DnsAsk *ask); /* tcp: also if it has turned to it */
uint16_t dns_ask_id(const DnsAsk *ask);
