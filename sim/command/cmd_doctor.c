/*
 * cmd_doctor.c - `stacklab doctor`: what is there, what is missing, and what to do about it.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/command/run.h"

#include <glib.h>
#include <lua.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

typedef struct Tool {
    const char *program, *package, *use;
} Tool;

/* None of these is needed to run a scenario. */
static const Tool tools[] = {
    { "tcpdump", "tcpdump", "reads captures; the tests compare our lines with its" },
    { "tshark", "tshark", "reads captures; the tests check every packet with it" },
    { "gcc", "gcc", "builds stacklab" },
    { "clang", "clang", "the tests compare its build with gcc's" },
    { "cmake", "cmake", "builds stacklab" },
    { "ninja", "ninja-build", "builds stacklab" },
    { "valgrind", "valgrind", "the tests look for leaks with it" },
};

static void say(const char *mark, const char *what, const char *more)
{
    printf("  %-7s %-10s %s\n", mark, what, more);
}

static bool say_libraries(void)
{
    g_autofree char *glib = g_strdup_printf("%u.%u.%u", glib_major_version, glib_minor_version,
                                            glib_micro_version);
    bool glib_ok = glib_check_version(2, 74, 0) == NULL;

    puts("libraries");
    say(glib_ok ? "ok" : "MISSING", "GLib", glib_ok ? glib : "2.74 or newer is wanted");
    say("ok", "Lua", LUA_RELEASE);
    say("ok", "libpcap", pcap_lib_version());
    return glib_ok;
}

static void say_tools(void)
{
    puts("tools (for tests and captures; not needed to run a scenario)");
    for (size_t i = 0; i < G_N_ELEMENTS(tools); i++) {
        g_autofree char *path = g_find_program_in_path(tools[i].program);
        g_autofree char *missing =
            g_strdup_printf("%s: install the package %s", tools[i].use, tools[i].package);
        say(path ? "ok" : "missing", tools[i].program, path ? tools[i].use : missing);
    }
}

/* Pcap filters are compiled on a handle without a device: that needs no rights. */
static bool say_filters(void)
{
    pcap_t *dead = pcap_open_dead(DLT_EN10MB, 65535);
    struct bpf_program program;
    bool ok = dead != NULL && pcap_compile(dead, &program, "tcp port 80", 1, 0) == 0;

    if (ok)
        pcap_freecode(&program);
    if (dead != NULL)
        pcap_close(dead);
    puts("what works here");
    say(ok ? "ok" : "MISSING", "filters", ok ? "pcap filters compile" : "libpcap does not compile");
    return ok;
}

static bool say_output(void)
{
    bool ok = access(".", W_OK) == 0;

    say(ok ? "ok" : "missing", "output",
        ok ? "this folder can be written to"
           : "this folder cannot be written to: name others with -w, -o");
    return true;
}

int cmd_doctor(int argc, char **argv)
{
    (void)argv;
    if (argc > 1) {
        fprintf(stderr, "stacklab doctor: takes no arguments\n");
        return STATUS_ERROR;
    }
    bool ok = say_libraries();
    say_tools();
    ok = say_filters() && ok;
    ok = say_output() && ok;
    puts(ok ? "all that is needed is there" : "something that is needed is missing");
    return ok ? STATUS_PASS : STATUS_FAIL;
}
