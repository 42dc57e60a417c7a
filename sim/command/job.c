/*
 * job.c - forks, waits, and hands over in order.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/command/job.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

Job *job_new(const char *file, uint64_t seed, char **argv)
{
    Job *job = g_new0(Job, 1);

    job->file = g_strdup(file);
    job->seed = seed;
    job->argv = argv;
    job->out = g_string_new(NULL);
    job->err = g_string_new(NULL);
    return job;
}

void job_free(Job *job)
{
    g_free(job->file);
    g_strfreev(job->argv);
    g_string_free(job->out, TRUE);
    g_string_free(job->err, TRUE);
    g_free(job);
}

/* What a process prints goes into memory files: it never blocks on a reader. */
static void job_start(Job *job)
{
    job->out_fd = memfd_create("out", MFD_CLOEXEC);
    job->err_fd = memfd_create("err", MFD_CLOEXEC);
    g_assert(job->out_fd >= 0 && job->err_fd >= 0);
    job->seconds = (double)g_get_monotonic_time() / 1e6;
    fflush(NULL);
    job->pid = fork();
    g_assert(job->pid >= 0);
    if (job->pid == 0) {
        dup2(job->out_fd, STDOUT_FILENO);
        dup2(job->err_fd, STDERR_FILENO);
        execv("/proc/self/exe", job->argv);
        _exit(127);
    }
}

static void read_back(int fd, GString *into)
{
    char buf[65536];
    ssize_t n;

    lseek(fd, 0, SEEK_SET);
    while ((n = read(fd, buf, sizeof buf)) > 0)
        g_string_append_len(into, buf, n);
    close(fd);
}

static void job_end(Job *job, int wait_status)
{
    job->seconds = (double)g_get_monotonic_time() / 1e6 - job->seconds;
    job->status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
    job->pid = -1;
    read_back(job->out_fd, job->out);
    read_back(job->err_fd, job->err);
}

static void wait_for_one(GPtrArray *jobs)
{
    int wait_status;
    pid_t pid = waitpid(-1, &wait_status, 0);

    for (guint i = 0; i < jobs->len; i++) {
        Job *job = g_ptr_array_index(jobs, i);
        if (job->pid == pid)
            job_end(job, wait_status);
    }
}

void jobs_run(GPtrArray *jobs, unsigned parallel, bool (*done)(void *self, Job *job), void *self)
{
    guint started = 0, ended = 0, told = 0;
    bool go_on = true;

    while (told < started || (go_on && started < jobs->len)) {
        while (go_on && started < jobs->len && started - ended < parallel)
            job_start(g_ptr_array_index(jobs, started++));
        wait_for_one(jobs);
        ended++;
        for (; told < started; told++) {
            Job *job = g_ptr_array_index(jobs, told);
            if (job->pid != -1)
                break;
            if (go_on)
                go_on = done(self, job);
        }
    }
}
