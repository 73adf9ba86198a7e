/* What to do, as Python wrote it: one line a fact, in order.
 *
 *   dialect pac|plain|centrifuge      how to tell a delivery, an answer and a ping
 *   mode load|strangers
 *   port N, server PID                whom to load, and whose CPU and memory to read
 *   sources FIRST COUNT               connect from 127.0.0.FIRST … in turn; without it from wherever
 *   header NAME: VALUE                of every upgrade request
 *   ready MARKER                      a frame with this in it says that a connection may be counted on
 *   rate R, poisson SEED              messages a second in all; evenly spaced without a seed
 *   count N                           send N messages in all, instead of for warm + window seconds
 *   warm S, window S, drain S, hold S, patience S
 *   concurrency N, wave N             connections being opened at once: the first ones, the wave's
 *   pause AT FOR, receive_buffer N    when slow readers stop reading, for how long, and their SO_RCVBUF
 *   body N                            bytes of a message's text
 *   room PATH <tab> SEND <tab> RESUME where a room is, its send frame, its subscribe frame with a cursor
 *   gate 1                            before the wave print `gate`, and go on when a line with the server's PID comes
 *   history FILE                      every frame of connections with the flag h, as it came and went
 *   conn ROOM FLAGS                   a connection: s it sends, z slow, w of the wave, b done with 101, h see history
 *   > FRAME                           said by the connection above, right behind the handshake
 *   .                                 the end
 *
 * In SEND, @I stands for the number of the frame (ten digits, for the answer to name), @S for the sender and @B for
 * the text; in RESUME, @A for the last seq seen and @E for the epoch.
 */
#ifndef PLAN_H
#define PLAN_H

#include "machine.h"

#define FRAMES_MAX 4
#define SKIPPED_MAX 64
#define REFUSED UINT64_MAX

enum dialect { PAC, PLAIN, CENTRIFUGE };
enum state { NEW, CONNECTING, UPGRADING, GREETING, READY, OVER };
enum flag { SENDS = 1, SLOW = 2, WAVE = 4, NOTED = 8, BARE = 16 };

typedef struct {
    char *path, *send, *resume;
    uint32_t senders;
    uint64_t sent, refused; /* of all of them */
    uint64_t top; /* as its first reader was told, before anything was sent */
    char epoch[65];
    uint8_t is_known;
} Room;

typedef struct {
    uint32_t room, slot, conn;
    uint32_t sent, answered;
    uint64_t *due; /* of each number, until it is answered; then 0, or REFUSED */
    uint32_t capacity;
} Sender;

typedef struct {
    int fd;
    uint8_t state, flags, is_paused, has_ready, frame_count;
    uint32_t room, generation, attempts;
    int32_t sender;
    char *frames[FRAMES_MAX];
    uint32_t *next, *taken; /* per sender of its room: the number that comes next, how many different ones came */
    uint64_t next_seq;
    uint64_t received;
    uint32_t skipped[SKIPPED_MAX], skipped_count;
    uint64_t began, ready, again_at;
    uint8_t *left; /* the beginning of a frame whose end has not come */
    uint32_t left_size, left_capacity;
    uint8_t *out; /* what the kernel did not take yet */
    uint32_t out_size, out_capacity;
} Conn;

static struct {
    enum dialect dialect;
    int is_strangers, has_gate;
    int port, first_source, sources;
    long server;
    char *ready;
    char headers[1024];
    double rate, warm, window, drain, hold, patience, pause_at, pause_for;
    uint64_t count, seed;
    uint32_t concurrency, wave, body;
    int receive_buffer;
    FILE *history;
} plan = { .patience = 60, .drain = 10, .concurrency = 64, .wave = 1u << 30, .body = 64, .window = 1 };

static Room *rooms;
static Sender *senders;
static Conn *conns;
static uint32_t room_count, sender_count, conn_count;

static void wrong_plan(const char *line)
{
    fprintf(stderr, "generator: a line of the plan is not understood: %.120s\n", line);
    exit(2);
}

static void add_room(char *path)
{
    rooms = need(realloc(rooms, (room_count + 1) * sizeof *rooms));
    char *send = strchr(path, '\t'), *resume = send ? strchr(send + 1, '\t') : NULL;
    if (!resume)
        wrong_plan(path);
    *send++ = *resume++ = 0;
    rooms[room_count++] = (Room){ .path = path, .send = send, .resume = resume };
}

static void add_conn(char *text)
{
    unsigned room;
    char flags[8] = "";
    if (sscanf(text, "%u %7s", &room, flags) < 1 || room >= room_count)
        wrong_plan(text);
    conns = need(realloc(conns, (conn_count + 1) * sizeof *conns));
    Conn *conn = &conns[conn_count];
    *conn = (Conn){ .fd = -1, .room = room, .sender = -1 };
    conn->flags = (uint8_t)((strchr(flags, 's') ? SENDS : 0) | (strchr(flags, 'z') ? SLOW : 0) |
                            (strchr(flags, 'w') ? WAVE : 0) | (strchr(flags, 'h') ? NOTED : 0) |
                            (strchr(flags, 'b') ? BARE : 0));
    if (conn->flags & SENDS) {
        senders = need(realloc(senders, (sender_count + 1) * sizeof *senders));
        senders[sender_count] = (Sender){ .room = room, .slot = rooms[room].senders++, .conn = conn_count };
        conn->sender = (int32_t)sender_count++;
    }
    conn_count++;
}

static void read_line(char *line)
{
    char *value = strchr(line, ' ');
    if (!*line)
        return;
    if (!value)
        wrong_plan(line);
    *value++ = 0;
    if (!strcmp(line, ">")) {
        Conn *conn = &conns[conn_count - 1];
        if (!conn_count || conn->frame_count == FRAMES_MAX)
            wrong_plan(value);
        conn->frames[conn->frame_count++] = value;
    } else if (!strcmp(line, "conn"))
        add_conn(value);
    else if (!strcmp(line, "room"))
        add_room(value);
    else if (!strcmp(line, "dialect"))
        plan.dialect = !strcmp(value, "pac") ? PAC : !strcmp(value, "plain") ? PLAIN : CENTRIFUGE;
    else if (!strcmp(line, "mode"))
        plan.is_strangers = !strcmp(value, "strangers");
    else if (!strcmp(line, "port"))
        plan.port = atoi(value);
    else if (!strcmp(line, "server"))
        plan.server = atol(value);
    else if (!strcmp(line, "sources")) {
        if (sscanf(value, "%d %d", &plan.first_source, &plan.sources) != 2)
            wrong_plan(value);
    } else if (!strcmp(line, "header")) {
        const size_t used = strlen(plan.headers);
        snprintf(plan.headers + used, sizeof plan.headers - used, "%s\r\n", value);
    } else if (!strcmp(line, "ready"))
        plan.ready = value;
    else if (!strcmp(line, "rate"))
        plan.rate = atof(value);
    else if (!strcmp(line, "poisson"))
        plan.seed = strtoull(value, NULL, 10);
    else if (!strcmp(line, "count"))
        plan.count = strtoull(value, NULL, 10);
    else if (!strcmp(line, "warm"))
        plan.warm = atof(value);
    else if (!strcmp(line, "window"))
        plan.window = atof(value);
    else if (!strcmp(line, "drain"))
        plan.drain = atof(value);
    else if (!strcmp(line, "hold"))
        plan.hold = atof(value);
    else if (!strcmp(line, "patience"))
        plan.patience = atof(value);
    else if (!strcmp(line, "pause")) {
        if (sscanf(value, "%lf %lf", &plan.pause_at, &plan.pause_for) != 2)
            wrong_plan(value);
    } else if (!strcmp(line, "receive_buffer"))
        plan.receive_buffer = atoi(value);
    else if (!strcmp(line, "concurrency"))
        plan.concurrency = (uint32_t)atol(value);
    else if (!strcmp(line, "wave"))
        plan.wave = (uint32_t)atol(value);
    else if (!strcmp(line, "gate"))
        plan.has_gate = 1;
    else if (!strcmp(line, "body"))
        plan.body = (uint32_t)atol(value);
    else if (!strcmp(line, "history")) {
        plan.history = fopen(value, "a");
        if (!plan.history)
            wrong_plan(value);
    } else
        wrong_plan(line);
}

/* Standard input up to the line `.`; its lines stay in memory, and everything points into them. */
static void read_plan(void)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;
    while ((size = getline(&line, &capacity, stdin)) > 0 && strcmp(line, ".\n")) {
        if (line[size - 1] == '\n')
            line[size - 1] = 0;
        read_line(need(strdup(line)));
    }
    free(line);
    for (uint32_t at = 0; at < conn_count; at++) {
        const uint32_t many = rooms[conns[at].room].senders;
        conns[at].next = need(calloc(many ? 2 * many : 2, sizeof(uint32_t)));
        conns[at].taken = conns[at].next + many;
    }
}

#endif
