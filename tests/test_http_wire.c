/*
 * test_http_wire.c - messages of HTTP/1.1: what is read, what is refused, where bodies end.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/application/http_reader.h"

#include <check.h>
#include <glib.h>
#include <string.h>
#include <time.h>

Suite *http_wire_suite(void);

#define HOST "Host: a\r\n\r\n"
#define OK "HTTP/1.1 200 OK\r\n"

/* What a reader makes of `in`, which comes `step` octets at a time, and then of the end: "head METHOD
 * TARGET 1.x name=value", "head STATUS REASON ...", "body TEXT" (pieces are joined), "done", "closed",
 * "fault STATUS: WHY". */
static char *read_as_text(const char *in, size_t n, size_t step, bool responses, bool to_head)
{
    GString *out = g_string_new(NULL);
    HttpReader *r = http_reader_new(responses);
    bool over = false, in_body = false;

    http_reader_expect(r, to_head);
    for (size_t at = 0; !over; at += step) {
        size_t have = MIN(step, n - MIN(at, n));
        http_reader_feed(r, (Span){ (const uint8_t *)in + MIN(at, n), have });
        if (have == 0)
            http_reader_end(r);
        for (HttpEvent e; !over && (e = http_reader_next(r)) != HTTP_WAITS;) {
            const HttpHead *h = http_reader_head(r);
            Span piece = http_reader_piece(r);
            if (e != HTTP_PIECE || !in_body)
                g_string_append(out, out->len > 0 ? "; " : "");
            if (e == HTTP_HEAD && responses)
                g_string_append_printf(out, "head %u %.*s 1.%u", h->status, (int)h->reason.n,
                                       (const char *)h->reason.p, h->minor);
            else if (e == HTTP_HEAD)
                g_string_append_printf(out, "head %.*s %.*s 1.%u", (int)h->method.n,
                                       (const char *)h->method.p, (int)h->target.n,
                                       (const char *)h->target.p, h->minor);
            for (size_t i = 0; e == HTTP_HEAD && i < h->n; i++)
                g_string_append_printf(out, " %.*s=%.*s", (int)h->fields[i].name.n,
                                       (const char *)h->fields[i].name.p,
                                       (int)h->fields[i].value.n,
                                       (const char *)h->fields[i].value.p);
            if (e == HTTP_PIECE)
                g_string_append_printf(out, "%s%.*s", in_body ? "" : "body ", (int)piece.n,
                                       (const char *)piece.p);
            in_body = e == HTTP_PIECE;
            if (e == HTTP_DONE)
                g_string_append(out, "done");
            else if (e == HTTP_CLOSED)
                g_string_append(out, "closed");
            else if (e == HTTP_FAULT)
                g_string_append_printf(out, "fault %u: %s", http_reader_fault(r).status,
                                       http_reader_fault(r).why);
            over = e == HTTP_CLOSED || e == HTTP_FAULT;
        }
    }
    http_reader_free(r);
    return g_string_free(out, FALSE);
}

typedef struct Case {
    const char *in, *want;
} Case;

static void reads(const Case *c, bool responses, bool to_head)
{
    for (size_t step = 1; step <= 1000; step += step == 1 ? 6 : 993) {
        char *got = read_as_text(c->in, strlen(c->in), step, responses, to_head);
        ck_assert_msg(strcmp(got, c->want) == 0, "%s\nin steps of %zu: %s\nwanted: %s", c->in, step,
                      got, c->want);
        g_free(got);
    }
}

static const Case requests[] = {
    { "GET / HTTP/1.1\r\n" HOST, "head GET / 1.1 Host=a; done; closed" },
    { "\r\n\r\nGET / HTTP/1.1\r\n" HOST, "head GET / 1.1 Host=a; done; closed" },
    { "GET / HTTP/1.0\n\n", "head GET / 1.0; done; closed" },
    { "GET /a?b=c HTTP/1.1\r\nHost: \t a \t\r\nX:\r\n\r\n",
      "head GET /a?b=c 1.1 Host=a X=; done; closed" },
    { "GET /1 HTTP/1.1\r\n" HOST "GET /2 HTTP/1.1\r\n" HOST,
      "head GET /1 1.1 Host=a; done; head GET /2 1.1 Host=a; done; closed" },
    { "PUT / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.0\r\n\r\n",
      "head PUT / 1.1 Content-Length=3; body abc; done; head GET / 1.0; done; closed" },
    { "PUT / HTTP/1.1\r\nContent-Length: 3, 3\r\nContent-Length: 3\r\n\r\nabc",
      "head PUT / 1.1 Content-Length=3, 3 Content-Length=3; body abc; done; closed" },
    { "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0A ;x=\"y\"\r\n0123456789\r\n"
      "00\r\nT: v\r\n\r\n",
      "head PUT / 1.1 Transfer-Encoding=chunked; body abc0123456789; done; closed" },
    { "", "closed" },
    { "\r\n", "fault 0: the connection ends within a head" },
    { "GET / HTTP/1.1\r\n", "fault 0: the connection ends within a head" },
    { "PUT / HTTP/1.1\r\nContent-Length: 4\r\n\r\nabc",
      "head PUT / 1.1 Content-Length=4; body abc; fault 0: the connection ends within a body" },
    { "PUT / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n",
      "head PUT / 1.1 Transfer-Encoding=Chunked; body abc; fault 0: the connection ends within a body" },
    /* what could be read in two ways is refused */
    { "GET / HTTP/2.0\r\n\r\n", "fault 505: another version of HTTP" },
    { "GET /\r\n\r\n", "fault 400: no request line" },
    { "GET  / HTTP/1.1\r\n\r\n", "fault 400: a target with blanks or control characters" },
    { "GET / x HTTP/1.1\r\n\r\n", "fault 400: a target with blanks or control characters" },
    { "G\"T / HTTP/1.1\r\n\r\n", "fault 400: a method that is no token" },
    { " GET / HTTP/1.1\r\n\r\n", "fault 400: a method that is no token" },
    { "GET / HTTP/1.1 \r\n\r\n", "fault 400: a target with blanks or control characters" },
    { "GET / http/1.1\r\n\r\n", "fault 400: no version of HTTP" },
    { "GET / HTTP/1.1\r\rX: y\r\n\r\n", "fault 400: a start line with a NUL or a lone CR" },
    { "GET / HTTP/1.1\r\nX : y\r\n\r\n", "fault 400: a field whose name is no token" },
    { "GET / HTTP/1.1\r\n: y\r\n\r\n", "fault 400: a field whose name is no token" },
    { "GET / HTTP/1.1\r\nX\r\n\r\n", "fault 400: a field without a colon" },
    { "GET / HTTP/1.1\r\nX: a\rb\r\n\r\n", "fault 400: a field with a NUL or a lone CR" },
    { "GET / HTTP/1.1\r\n X: y\r\n\r\n", "fault 400: a blank before the first field" },
    { "GET / HTTP/1.1\r\nX: y\r\n z\r\n\r\n", "fault 400: a folded field" },
    { "PUT / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
      "fault 400: Content-Length and Transfer-Encoding" },
    { "PUT / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
      "fault 400: a Content-Length that is no number" },
    { "PUT / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
      "fault 400: a Content-Length that is no number" },
    { "PUT / HTTP/1.1\r\nContent-Length: 9999999999999999999\r\n\r\n",
      "fault 400: a Content-Length that is no number" },
    { "PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
      "fault 400: Transfer-Encoding in HTTP/1.0" },
    { "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
      "fault 400: chunked is not the last coding" },
    { "PUT / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
      "fault 501: a coding that is not known" },
};

START_TEST(requests_are_read_however_they_come)
{
    reads(&requests[_i], false, false);
}
END_TEST

static const Case responses[] = {
    { OK "Content-Length: 2\r\n\r\nhi", "head 200 OK 1.1 Content-Length=2; body hi; done; closed" },
    { "HTTP/1.1 404\r\n\r\n", "head 404  1.1; done; closed" },
    { "HTTP/1.1 404 \r\n\r\n", "head 404  1.1; done; closed" },
    { "HTTP/1.0 200 All is well\r\n\r\nto the end",
      "head 200 All is well 1.0; body to the end; done; closed" },
    { "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n" OK
      "Content-Length: 0\r\n\r\n",
      "head 100 Continue 1.1; done; head 204 No 1.1 Content-Length=5; done; "
      "head 200 OK 1.1 Content-Length=0; done; closed" },
    { "HTTP/1.1 304 x\r\nTransfer-Encoding: chunked\r\n\r\n",
      "head 304 x 1.1 Transfer-Encoding=chunked; done; closed" },
    { OK "Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
      "head 200 OK 1.1 Content-Length=9 Transfer-Encoding=chunked; body a; done; closed" },
    { OK "X: a\r\n  b\r\n\r\n", "head 200 OK 1.1 X=a\r\n  b; done; closed" },
    { "HTTP/1.1 20 OK\r\n\r\n", "fault 502: no status code" },
    { "HTTP/1.1  200 OK\r\n\r\n", "fault 502: no status code" },
    { "HTTP/1.1 2000 OK\r\n\r\n", "fault 502: no status code" },
    { "ICY 200 OK now\r\n\r\n", "fault 502: no status line" },
    { "HTTP/3.0 200 OK\r\n\r\n", "fault 505: another version of HTTP" },
    { OK "Transfer-Encoding: chunked\r\n\r\nx\r\n",
      "head 200 OK 1.1 Transfer-Encoding=chunked; fault 502: a chunk without a size" },
    { OK "Transfer-Encoding: chunked\r\n\r\n1\nab",
      "head 200 OK 1.1 Transfer-Encoding=chunked; fault 502: a chunk's size that is no number" },
    { OK "Transfer-Encoding: chunked\r\n\r\n1;\nab",
      "head 200 OK 1.1 Transfer-Encoding=chunked; "
      "fault 502: a chunk's line that is not ended by CRLF" },
    { OK "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
      "head 200 OK 1.1 Transfer-Encoding=chunked; body a; fault 502: a chunk without CRLF" },
    { OK "Transfer-Encoding: chunked\r\n\r\n1ffffffffffffffff\r\n",
      "head 200 OK 1.1 Transfer-Encoding=chunked; fault 502: a chunk that is too large" },
};

START_TEST(responses_are_read_however_they_come)
{
    reads(&responses[_i], true, false);
}
END_TEST

START_TEST(an_answer_to_head_has_no_body)
{
    static const Case c = { OK "Content-Length: 5\r\n\r\n" OK "Transfer-Encoding: chunked\r\n\r\n",
                            "head 200 OK 1.1 Content-Length=5; done; "
                            "head 200 OK 1.1 Transfer-Encoding=chunked; done; closed" };

    reads(&c, true, true);
}
END_TEST

START_TEST(a_nul_is_refused)
{
    static const char in[] = "GET / HTTP/1.1\r\nX: a\0b\r\n\r\n";
    char *got = read_as_text(in, sizeof in - 1, 3, false, false);

    ck_assert_str_eq(got, "fault 400: a field with a NUL or a lone CR");
    g_free(got);
}
END_TEST

/* `times` copies of `text` between front and back. */
static char *repeated(const char *front, const char *text, unsigned times, const char *back)
{
    GString *out = g_string_new(front);

    for (unsigned i = 0; i < times; i++)
        g_string_append(out, text);
    g_string_append(out, back);
    return g_string_free(out, FALSE);
}

static void ends_with(char *in, bool of_response, const char *want)
{
    char *got = read_as_text(in, strlen(in), 1460, of_response, false);

    ck_assert_msg(g_str_has_suffix(got, want), "%s", got);
    g_free(got);
    g_free(in);
}

START_TEST(nothing_grows_without_bound)
{
    static const char chunked[] = OK "Transfer-Encoding: chunked\r\n\r\n";
    char *front = g_strconcat(chunked, "0\r\n", NULL), *extended = g_strconcat(chunked, "1;", NULL);

    ends_with(repeated("GET / HTTP/1.1\r\n", "X: y\r\n", 100, "\r\n"), false, "done; closed");
    ends_with(repeated("GET / HTTP/1.1\r\n", "X: y\r\n", 101, "\r\n"), false,
              "fault 431: too many fields");
    ends_with(repeated("GET /", "x", 70000, ""), false, "fault 431: a head that is too long");
    ends_with(repeated("", "\r\n", 40000, ""), false, "fault 431: a head that is too long");
    ends_with(repeated(extended, "x", 5000, ""), true, "fault 502: a chunk's long line");
    ends_with(repeated(chunked, "0", 5000, ""), true, "fault 502: a chunk's long line");
    ends_with(repeated(front, "T: v\r\n", 20000, ""), true,
              "fault 502: a trailer that is too long");
    g_free(front);
    g_free(extended);
}
END_TEST

/* A head whose octets come one by one costs its length, not the square of it. */
START_TEST(a_slow_peer_costs_no_more)
{
    char *in = repeated("GET / HTTP/1.1\r\nX: ", "y", 60000, "\r\n\r\n");
    size_t n = strlen(in);
    clock_t from = clock();
    char *got = read_as_text(in, n, 1, false, false);

    ck_assert(g_str_has_suffix(got, "done; closed"));
    ck_assert_int_lt(clock() - from, 5 * CLOCKS_PER_SEC);
    g_free(got);
    g_free(in);
}
END_TEST

Suite *http_wire_suite(void)
{
    Suite *s = suite_create("http_wire");
    TCase *t = tcase_create("messages");

    tcase_add_loop_test(t, requests_are_read_however_they_come, 0, G_N_ELEMENTS(requests));
    tcase_add_loop_test(t, responses_are_read_however_they_come, 0, G_N_ELEMENTS(responses));
    tcase_add_test(t, an_answer_to_head_has_no_body);
    tcase_add_test(t, a_nul_is_refused);
    tcase_add_test(t, nothing_grows_without_bound);
    tcase_add_test(t, a_slow_peer_costs_no_more);
    suite_add_tcase(s, t);
    return s;
}
