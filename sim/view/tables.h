/*
 * tables.h - ss, netstat, arp, route and bridge tables as the real tools print them.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/stack.h"

/* Each appends a table with its header line; no trailing blanks; sockets sorted by local address,
 * then peer, routes most specific first, ARP entries by address. timers: the column of -o. */
void table_ss(const Stack *stack, bool timers, GString *out);
void table_ss_all(const Sim *sim, bool timers, GString *out); /* every host's, its name in front */
void table_netstat(const Stack *stack, bool timers, GString *out);
void table_arp(const Stack *stack, GString *out);
void table_routes(const Stack *stack, GString *out);

/* The names of states there: "SYN-RECV", "SYN_RECV". */
const char *ss_state_name(TcpState s);
const char *netstat_state_name(TcpState s);
