/*
 * main.c - stacklab: which command.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/command/run.h"

#include <lua.h>
#include <pcap/pcap.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *arguments, *text;
} commands[] = {
    { "run", cmd_run, "SCENARIO.lua", "play it once; the verdict comes from the checks inside" },
    { "test", cmd_test, "[PATH...]", "every scenario below PATH, default scenarios/" },
    { "pkt", cmd_pkt, "FILE.pkt...", "packetdrill's scripts against a simulated host" },
    { "meta", cmd_meta, "[DIR]", "write what an editor needs to know of the Lua API" },
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

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return STATUS_ERROR;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return STATUS_PASS;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        print_version();
        return STATUS_PASS;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        if (strcmp(argv[1], commands[i].name) == 0) {
            char *name = g_strdup_printf("stacklab %s", commands[i].name);
            g_set_prgname(name);
            g_free(name);
            return commands[i].run(argc - 1, argv + 1);
        }
    return unknown_command(argv[1]);
}
