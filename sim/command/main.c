/*
 * main.c - stacklab: which command.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/command/run.h"

#include <errno.h>
#include <limits.h>
#include <lua.h>
#include <pcap/pcap.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *arguments, *text;
} commands[] = {
    { "run", cmd_run, "SCENARIO.lua", "play it once; the verdict comes from the checks inside" },
    { "test", cmd_test, "[PATH...]", "every scenario below PATH, default scenarios/" },
    { "demo", cmd_demo, "[list|ID]", "the lessons by name, with narration" },
    { "explain", cmd_explain, "FILE [N[..M]]", "why each packet was sent, accepted or dropped" },
    { "pkt", cmd_pkt, "FILE.pkt...", "packetdrill's scripts against a simulated host" },
    { "meta", cmd_meta, "[DIR]", "write what an editor needs to know of the Lua API" },
    { "knobs", cmd_knobs, "[WORD]", "what a host may be told: defaults, units, sources" },
    { "doctor", cmd_doctor, "", "what is there of what stacklab needs, what is missing" },
};

static void print_help(FILE *out)
{
    fputs("Examples:\n"
          "  stacklab run scenarios/04-handshake/stale-syn-after-close.lua\n"
          "  stacklab run --set handshake=two-way -w syn.pcapng "
          "scenarios/04-handshake/stale-syn-after-close.lua\n"
          "\n"
          "Usage: stacklab COMMAND [OPTION...] [ARGUMENT...]\n"
          "\n"
          "A deterministic network simulator: scenarios in Lua, whole stacks, packets to the bit.\n"
          "\n"
          "Commands:\n",
          out);
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        char *usage = g_strdup_printf("%s %s", commands[i].name, commands[i].arguments);
        fprintf(out, "  %-20s %s\n", usage, commands[i].text);
        g_free(usage);
    }
    fputs("\nstacklab COMMAND --help lists its options.\n", out);
}

static void print_version(void)
{
    printf("stacklab %s\n%s\nGLib %u.%u.%u\n%s\ndigest scheme 1 (SHA-256 over events and frames)\n",
           STACKLAB_VERSION, LUA_RELEASE, glib_major_version, glib_minor_version,
           glib_micro_version, pcap_lib_version());
}

static int unknown_command(const char *name)
{
    const char *names[G_N_ELEMENTS(commands) + 1] = { NULL };

    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        names[i] = commands[i].name;
    const char *near = knob_nearest(names, name);
    fprintf(stderr, "stacklab: there is no command '%s'", name);
    if (near != NULL)
        fprintf(stderr, ", did you mean '%s'?", near);
    else if (g_str_has_suffix(name, ".lua"))
        fprintf(stderr, ", did you mean 'stacklab run %s'?", name);
    fputs(" (stacklab --help lists them)\n", stderr);
    return STATUS_ERROR;
}

/* GLib reads `-j 4` only; POSIX has it that `-j4` is the same. What is short, and takes a value,
 * has one letter for all commands. */
static GPtrArray *split_short_options(int argc, char **argv)
{
    GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
    bool options = true;

    for (int i = 0; i < argc; i++) {
        const char *arg = argv[i];
        options = options && strcmp(arg, "--") != 0;
        if (options && arg[0] == '-' && arg[1] != '\0' && strchr("Djkosw", arg[1]) != NULL &&
            arg[2] != '\0') {
            g_ptr_array_add(out, g_strndup(arg, 2));
            g_ptr_array_add(out, g_strdup(arg + 2));
        } else {
            g_ptr_array_add(out, g_strdup(arg));
        }
    }
    g_ptr_array_add(out, NULL);
    return out;
}

/* A result that did not reach its reader (the disk is full) is no result. */
static int close_stdout(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    if (errno != EPIPE && status != STATUS_ERROR)
        fprintf(stderr, "stacklab: stdout: cannot be written: %s\n", strerror(errno));
    return status == STATUS_BUG ? status : STATUS_ERROR;
}

static int run_command(const char *command, int (*run)(int argc, char **argv), int argc,
                       char **argv)
{
    g_autofree char *name = g_strdup_printf("stacklab %s", command);
    g_autoptr(GPtrArray) words = split_short_options(argc, argv);
    g_autofree char **parsed = g_memdup2(words->pdata, words->len * sizeof(char *));

    g_set_prgname(name);
    return run((int)words->len - 1, parsed);
}

/* An array that grows as the world does is given back half as large, over and over: the C library
 * would have the kernel take it and clear another each time. What is very large the kernel does
 * better: it moves pages. */
static void keep_memory(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
    mallopt(M_TOP_PAD, 1 << 20);
#endif
}

int main(int argc, char **argv)
{
    keep_memory();
    if (argc < 2) {
        print_help(stderr);
        return STATUS_ERROR;
    }
    bool help = strcmp(argv[1], "help") == 0;
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || (help && argc == 2)) {
        print_help(stdout);
        return close_stdout(STATUS_PASS);
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        print_version();
        return close_stdout(STATUS_PASS);
    }
    char *asked[] = { argv[help ? 2 : 1], (char[]){ "--help" }, NULL };
    int words = help ? 2 : argc - 1;
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        if (strcmp(asked[0], commands[i].name) == 0)
            return close_stdout(run_command(commands[i].name, commands[i].run, words,
                                            help ? asked : argv + 1));
    return unknown_command(asked[0]);
}
