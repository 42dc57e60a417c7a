/*
 * dns_text.h - records and messages as people read them: RFC 1035 §5.1 text, and what dig prints.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/application/dns_message.h"

/* "10 mail.example.", "203.0.113.80", "\# 3 00FF01". */
void dns_data_text(uint16_t type, Span data, GString *out);
/* A line for each record, as dig has it: "www.example.\t\t300\tIN\tA\t203.0.113.80\n". */
void dns_set_text(const DnsSet *set, GString *out);
/* The message as dig prints it: header, question, sections with records. */
void dns_message_text(const DnsMessage *m, GString *out);
