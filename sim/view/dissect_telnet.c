/*
 * dissect_telnet.c - the Telnet commands that a segment begins with, as tcpdump prints them,
 * RFC 854; of what follows the first octet of text it says nothing. What is inside the
 * subnegotiations of AUTHENTICATION and ENCRYPT is not decoded.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/view/dissect_priv.h"

enum { FIRST_COMMAND = 236, SE = 240, SB = 250, DONT = 254, IAC = 255 };

static const char *const commands[] = {
    "EOF", "SUSP", "ABORT", "EOR", "SE", "NOP",  "DMARK", "BRK", "IP",   "AO",
    "AYT", "EC",   "EL",    "GA",  "SB", "WILL", "WONT",  "DO",  "DONT", "IAC",
};
static const char *const options[] = {
    "BINARY", "ECHO", "RCP", "SUPPRESS GO AHEAD", "NAME", "STATUS", "TIMING MARK", "RCTE", "NAOL",
    "NAOP", "NAOCRD", "NAOHTS", "NAOHTD", "NAOFFD", "NAOVTS", "NAOVTD", "NAOLFD", "EXTEND ASCII",
    "LOGOUT", "BYTE MACRO", "DATA ENTRY TERMINAL", "SUPDUP", "SUPDUP OUTPUT", "SEND LOCATION",
    "TERMINAL TYPE", "END OF RECORD", "TACACS UID", "OUTPUT MARKING", "TTYLOC", "3270 REGIME",
    "X.3 PAD", "NAWS", "TSPEED", "LFLOW", "LINEMODE", "XDISPLOC", "OLD-ENVIRON", "AUTHENTICATION",
    "ENCRYPT", "NEW-ENVIRON",
};
static const char *const suboptions[] = { "IS", "SEND" };

typedef enum Extent { COMMAND, NO_COMMAND, COMMAND_CUT } Extent;

/* Where the parameters of the subnegotiation at `s` end: at IAC SE, or at a last IAC. */
static Extent parameters(Span s, size_t length, size_t *end)
{
    size_t at = 3;

    for (; at + 1 < length; at++) {
        if (at + 1 >= s.n)
            return COMMAND_CUT;
        if (s.p[at] == IAC && s.p[at + 1] == SE)
            break;
    }
    if (at >= s.n)
        return COMMAND_CUT;
    *end = at;
    return s.p[at] == IAC ? COMMAND : NO_COMMAND;
}

/* How many octets the command at the start of `s` takes, of `length` that are left. */
static Extent extent(Span s, size_t length, size_t *taken)
{
    if (s.n < 1 || (length > 1 && s.n < 2))
        return COMMAND_CUT;
    if (s.p[0] != IAC || length < 2 || s.p[1] < FIRST_COMMAND)
        return NO_COMMAND;
    *taken = s.p[1] >= SB && s.p[1] <= DONT ? 3 : 2;
    if (length < *taken)
        return NO_COMMAND;
    if (s.n < *taken)
        return COMMAND_CUT;
    if (s.p[1] != SB)
        return COMMAND;
    size_t end = 0;
    Extent result = parameters(s, length, &end);
    *taken = end + 2;
    return result;
}

static void named(Line *l, const char *const *names, size_t n, uint8_t value)
{
    if (value < n)
        g_string_append_printf(l->out, " %s", names[value]);
    else
        g_string_append_printf(l->out, " %#x", value);
}

static void command(Line *l, Span s, size_t taken)
{
    if (s.p[1] == IAC) {
        g_string_append(l->out, "IAC IAC");
        return;
    }
    g_string_append(l->out, commands[s.p[1] - FIRST_COMMAND]);
    if (taken > 2)
        named(l, options, G_N_ELEMENTS(options), s.p[2]);
    if (s.p[1] != SB)
        return;
    if (taken > 5)
        named(l, suboptions, G_N_ELEMENTS(suboptions), s.p[3]);
    for (size_t at = 4; at + 2 < taken; at++)
        g_string_append_printf(l->out, " %#x", s.p[at]);
    g_string_append(l->out, " SE");
}

bool dissect_telnet(Line *l, Span s, size_t length)
{
    bool   any = false;
    Extent result = NO_COMMAND;

    l->proto = "telnet";
    s.n = MIN(s.n, length);
    while (length > 0) {
        size_t taken = 0;

        result = extent(s, length, &taken);
        if (result != COMMAND)
            break;
        g_string_append(l->out, any ? ", " : " [telnet ");
        command(l, s, taken);
        any = true;
        if (taken > length)
            return false;
        length -= taken;
        s = span_from(s, taken);
    }
    if (result == COMMAND_CUT)
        return false;
    if (any)
        g_string_append_c(l->out, ']');
    return true;
}
