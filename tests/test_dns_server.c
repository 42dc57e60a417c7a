/*
 * test_dns_server.c - a name server over TCP: lengths, pieces, several questions, idle clients.
 */
/* SPDX-License-Identifier: MIT */
#include "support/dnsnet.h"

#include "protocols/application/dns_stream.h"

#include <check.h>
#include <string.h>

Suite *dns_server_suite(void);

static DnsNet d;
static DnsStream client;

static void start(void)
{
    NetError err;

    dnsnet_init(&d);
    dnsnet_zone(&d, "example.", "a A 10.9.0.1\nb A 10.9.0.2\nc A 10.9.0.3\n");
    dns_stream_init(&client, tcp_connect(stack_tcp(d.c), IP_NONE, 0, ip("10.0.0.1"), DNS_PORT, &err));
    conn_set_nodelay(client.conn, true);
    dnsnet_wait(&d, 20 * MSEC);
    ck_assert_int_eq(conn_connected(client.conn), NET_OK);
}

static void finish(void)
{
    dns_stream_clear(&client);
    dnsnet_free(&d);
}

static void send_bytes(const uint8_t *p, size_t n)
{
    NetError err;

    ck_assert_uint_eq(conn_send(client.conn, (Span){ p, n }, &err), n);
}

/* A question with its length in front. */
static size_t framed(uint16_t id, const char *question, uint8_t *out)
{
    size_t n = dnsnet_query(id, question, out + 2, 510);

    put16(out, (uint16_t)n);
    return n + 2;
}

/* The answers that have come: "7 NOERROR aa; an ...", one a line. */
static void expect_answers(const char *want)
{
    GString *got = g_string_new(NULL);
    Span message;

    dns_stream_fill(&client);
    while (dns_stream_take(&client, &message)) {
        DnsMessage *m = dns_message_new();
        ck_assert_int_eq(dns_message_read(m, message), DNS_READ);
        char *text = dnsnet_text(m);
        g_string_append_printf(got, "%u %s\n", m->h.id, text);
        g_free(text);
        dns_message_free(m);
    }
    ck_assert_str_eq(got->str, want);
    g_string_free(got, TRUE);
}

#define A "1 NOERROR aa; an a.example. 3600 A 10.9.0.1\n"
#define B "2 NOERROR aa; an b.example. 3600 A 10.9.0.2\n"

/* DNS-59, DNS-67: the same answers over TCP, on the connection on which they were asked for. */
START_TEST(answers_come_on_the_connection_of_the_question)
{
    uint8_t out[512];
    NetError err;
    DnsStream first;

    start();
    first = client;
    dns_stream_init(&client, tcp_connect(stack_tcp(d.c), IP_NONE, 0, ip("10.0.0.1"), DNS_PORT, &err));
    dnsnet_wait(&d, 20 * MSEC);
    send_bytes(out, framed(2, "b.example. A", out));
    DnsStream second = client;
    client = first;
    send_bytes(out, framed(1, "a.example. A", out));
    dnsnet_wait(&d, 20 * MSEC);
    expect_answers(A);
    first = client;
    client = second;
    expect_answers(B);
    dns_stream_clear(&first);
    finish();
}
END_TEST

/* DNS-61: octet by octet, and two in one segment: each is read by its length. */
START_TEST(messages_are_cut_by_their_lengths)
{
    uint8_t out[1024];

    start();
    size_t n = framed(1, "a.example. A", out);
    for (size_t i = 0; i < n; i++) {
        send_bytes(out + i, 1);
        dnsnet_wait(&d, 20 * MSEC);
    }
    expect_answers(A);
    n = framed(1, "a.example. A", out);
    n += framed(2, "b.example. A", out + n);
    send_bytes(out, n);
    dnsnet_wait(&d, 20 * MSEC);
    expect_answers(A B);
    ck_assert_uint_eq(net_count(d.net, "h>c 10.0.0.1.53 > 10.0.0.2.49152 tcp P."), 2);
    finish();
}
END_TEST

/* DNS-63: a message that is not complete yet does not end the connection. */
START_TEST(half_a_message_is_waited_for)
{
    uint8_t out[512];

    start();
    size_t n = framed(1, "a.example. A", out);
    send_bytes(out, 2);
    dnsnet_wait(&d, SEC);
    send_bytes(out + 2, n - 2);
    dnsnet_wait(&d, 20 * MSEC);
    expect_answers(A);
    finish();
}
END_TEST

/* DNS-68: whole messages keep a connection open, single octets do not. */
START_TEST(an_idle_connection_is_closed)
{
    uint8_t out[512];

    start();
    size_t n = framed(1, "a.example. A", out);
    for (int i = 0; i < 3; i++) {
        dnsnet_wait(&d, 9 * SEC);
        send_bytes(out, n);
        dnsnet_wait(&d, 20 * MSEC);
        expect_answers(A);
    }
    for (int i = 0; i < 9; i++) {
        send_bytes(out + i, 1);
        dnsnet_wait(&d, SEC);
    }
    ck_assert_int_eq(conn_state(client.conn), TCP_ESTABLISHED);
    dnsnet_wait(&d, 2 * SEC);
    ck_assert_int_ne(conn_state(client.conn), TCP_ESTABLISHED);
    finish();
}
END_TEST

/* A client that sends no more still gets what it asked for; then the server closes too. */
START_TEST(a_half_closed_client_is_answered)
{
    uint8_t out[512];

    start();
    send_bytes(out, framed(1, "a.example. A", out));
    conn_shutdown(client.conn);
    dnsnet_wait(&d, 50 * MSEC);
    expect_answers(A);
    ck_assert_int_eq(conn_state(client.conn), TCP_TIME_WAIT);
    finish();
}
END_TEST

/* What a peer could write into a stream: nonsense gets FORMERR or silence, and the next an answer. */
START_TEST(nonsense_in_a_stream_is_got_over)
{
    uint8_t out[512] = { 0, 0, 0, 1, 0xff, 0, 12, 0, 9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0 };

    start();
    size_t n = 19 + framed(1, "a.example. A", out + 19);
    send_bytes(out, n);
    dnsnet_wait(&d, 50 * MSEC);
    expect_answers("9 FORMERR\n" A);
    finish();
}
END_TEST

START_TEST(a_server_that_crashes_is_gone)
{
    start();
    stack_crash(d.h);
    stack_boot(d.h);
    ck_assert_ptr_null(dns_of(d.h)->server);
    ck_assert_str_eq(dnsnet_ask(&d, "a.example. A"), "nothing");
    finish();
}
END_TEST

Suite *dns_server_suite(void)
{
    Suite *s = suite_create("dns_server");
    TCase *t = tcase_create("tcp");

    tcase_add_test(t, answers_come_on_the_connection_of_the_question);
    tcase_add_test(t, messages_are_cut_by_their_lengths);
    tcase_add_test(t, half_a_message_is_waited_for);
    tcase_add_test(t, an_idle_connection_is_closed);
    tcase_add_test(t, a_half_closed_client_is_answered);
    tcase_add_test(t, nonsense_in_a_stream_is_got_over);
    tcase_add_test(t, a_server_that_crashes_is_gone);
    suite_add_tcase(s, t);
    return s;
}
