/*
 * leaks.c - preloaded into stacklab, makes many runs of one process: valgrind takes a second of processor time to read
 * and translate the program before it plays a scenario, and what is forked has it already. Each line of standard input
 * is the words of a command line. The first is done here, so that the program is translated; then each, that one again,
 * in a child of its own, which ends as the program does: each has its own leaks looked for, and its own status. Prints
 * a line `NUMBER STATUS` for each; what line 1 says on stderr goes to 1.err. LEAKS_JOBS are done at once.
 */
/* SPDX-License-Identifier: MIT */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_LINES = 1000, MOST_LETTERS = 1000, MOST_WORDS = 40 };

typedef int Main(int argc, char **argv, char **env);
typedef int Start(Main *its_main, int argc, char **argv, void (*init)(void), void (*fini)(void),
                  void (*rtld_fini)(void), void *stack_end);

Start __libc_start_main;

static Main *program;
static char lines[MOST_LINES][MOST_LETTERS];
static pid_t children[MOST_LINES];

static int perform(const char *line, char *name, char **env)
{
    static char words[MOST_LETTERS];
    char *argv[MOST_WORDS + 2] = { name };
    int argc = 1;

    memcpy(words, line, sizeof words);
    for (char *word = strtok(words, " \n"); word != NULL && argc <= MOST_WORDS;
         word = strtok(NULL, " \n"))
        argv[argc++] = word;
    return program(argc, argv, env);
}

static void redirect(const char *path, int to)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);

    if (fd < 0 || dup2(fd, to) < 0)
        abort();
    close(fd);
}

static void report(int out)
{
    int status, n = 0;
    pid_t pid = wait(&status);

    while (children[n] != pid)
        n++;
    dprintf(out, "%d %d\n", n + 1, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static int serve(int argc, char **argv, char **env)
{
    const char *jobs = getenv("LEAKS_JOBS");
    int at_once = jobs != NULL ? atoi(jobs) : 1, running = 0, n = 0, out = dup(STDOUT_FILENO);

    (void)argc;
    unsetenv("LD_PRELOAD");
    redirect("/dev/null", STDOUT_FILENO);
    while (n < MOST_LINES && fgets(lines[n], MOST_LETTERS, stdin) != NULL)
        n++;
    perform(lines[0], argv[0], env);
    for (int i = 0; i < n; i++) {
        if (running == at_once) {
            report(out);
            running--;
        }
        fflush(NULL);
        children[i] = fork();
        if (children[i] == 0) {
            char path[32];
            snprintf(path, sizeof path, "%d.err", i + 1);
            redirect(path, STDERR_FILENO);
            exit(perform(lines[i], argv[0], env));
        }
        running++;
    }
    for (; running > 0; running--)
        report(out);
    _exit(EXIT_SUCCESS);
}

int __libc_start_main(Main *its_main, int argc, char **argv, void (*init)(void), void (*fini)(void),
                      void (*rtld_fini)(void), void *stack_end)
{
    union { void *found; Start *start; } real = { dlsym(RTLD_NEXT, "__libc_start_main") };

    program = its_main;
    if (strcmp(program_invocation_short_name, "stacklab") == 0) /* and not a part of valgrind */
        its_main = serve;
    return real.start(its_main, argc, argv, init, fini, rtld_fini, stack_end);
}
