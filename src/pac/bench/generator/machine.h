/* What is asked of the machine: the time, and from /proc what a process has used. */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000ull

static inline uint64_t now_ns(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * SECOND + (uint64_t)at.tv_nsec;
}

/* Seconds of CPU, user and system, all threads of the process (proc(5): utime and stime); -1 when it is gone. */
static double cpu_seconds(long pid)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return -1;
    const size_t got = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[got] = 0;
    const char *rest = strrchr(text, ')'); /* the name before it may have spaces and brackets */
    unsigned long user = 0, system = 0;
    if (!rest || sscanf(rest + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
        return -1;
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

/* Bytes of memory the process has now (VmRSS); -1 when it is gone. */
static long long resident_bytes(long pid)
{
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%ld/status", pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return -1;
    long long kb = -1;
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "VmRSS: %lld kB", &kb) == 1)
            break;
    fclose(file);
    return kb < 0 ? -1 : kb * 1024;
}

/* Our own CPU, finer than the clock ticks of /proc. */
static double own_cpu_seconds(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static void *need(void *memory)
{
    if (!memory) {
        fprintf(stderr, "generator: out of memory\n");
        exit(1);
    }
    return memory;
}

static uint64_t random_state = 88172645463325252ull;

/* xorshift64* (Vigna 2016): the same numbers for the same seed. */
static inline uint64_t draw(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * 2685821657736338717ull;
}

#endif
