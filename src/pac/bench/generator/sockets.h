/* Connections: opened in the order of the plan, upgraded, read in large pieces, written without waiting (RFC 6455).
 *
 * There is one buffer for all reading; a connection keeps only the beginning of a frame whose end has not come.
 * What the kernel does not take at once waits in the connection, bounded.
 */
#ifndef SOCKETS_H
#define SOCKETS_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "receipts.h"

#define READ_SIZE (1u << 20)
#define FRAME_MAX (1u << 20)
#define OUT_MAX (64u << 20)

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

static int poll_fd;
static uint8_t buffer[READ_SIZE + FRAME_MAX + 1];
static uint32_t opening, completed;
static Histogram opened_in, ready_in;
static uint64_t unsent;

static void note_history(Conn *conn, char direction, const char *text, size_t size)
{
    if (plan.history && conn->flags & NOTED)
        fprintf(plan.history, "%llu\t%c\t%d-%u.%u\t%.*s\n", (unsigned long long)now_ns(), direction, (int)getpid(),
                (unsigned)(conn - conns), conn->generation, (int)size, text);
}

static void watch(Conn *conn, int is_new)
{
    struct epoll_event event = {
        .events = (conn->is_paused ? 0 : EPOLLIN) | (conn->out_size || conn->state == CONNECTING ? EPOLLOUT : 0),
        .data.u32 = (uint32_t)(conn - conns),
    };
    epoll_ctl(poll_fd, is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, conn->fd, &event);
}

/* The end of this connection; `is_abrupt` leaves nothing behind in TIME_WAIT. */
static void drop(Conn *conn, const char *why, int is_abrupt)
{
    if (conn->fd < 0)
        return;
    if (is_abrupt) {
        const struct linger now = { .l_onoff = 1, .l_linger = 0 };
        setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    close(conn->fd);
    conn->fd = -1;
    if (conn->state < READY)
        opening--;
    conn->left_size = conn->out_size = 0;
    if (why) {
        const int is_back_soon = conn->flags & SLOW || (conn->flags & WAVE && conn->state < READY);
        note_kind(is_back_soon ? "again " : "", why, strlen(why));
        note_history(conn, 'x', why, strlen(why));
        if (is_back_soon) /* PROTOCOL §3, close codes: full jitter, from half a second on */
            conn->again_at = now_ns() + SECOND / 2 + draw() % (SECOND << (conn->attempts < 5 ? conn->attempts : 5));
    }
    conn->state = OVER;
}

static void keep_out(Conn *conn, const uint8_t *bytes, size_t size)
{
    if (conn->out_size + size > OUT_MAX) {
        unsent++;
        return;
    }
    if (conn->out_size + size > conn->out_capacity) {
        conn->out_capacity = (uint32_t)(conn->out_size + size) * 2;
        conn->out = need(realloc(conn->out, conn->out_capacity));
    }
    memcpy(conn->out + conn->out_size, bytes, size);
    conn->out_size += (uint32_t)size;
}

static void write_bytes(Conn *conn, const uint8_t *bytes, size_t size)
{
    ssize_t done = 0;
    if (conn->fd < 0)
        return;
    if (!conn->out_size) {
        done = send(conn->fd, bytes, size, MSG_NOSIGNAL);
        if (done < 0) {
            if (errno != EAGAIN && errno != EWOULDBLOCK)
                return; /* reading tells why */
            done = 0;
        }
        if ((size_t)done == size)
            return;
    }
    const int was_empty = !conn->out_size;
    keep_out(conn, bytes + done, size - (size_t)done);
    if (was_empty)
        watch(conn, 0);
}

static void write_on(Conn *conn)
{
    const ssize_t done = send(conn->fd, conn->out, conn->out_size, MSG_NOSIGNAL);
    if (done <= 0)
        return;
    conn->out_size -= (uint32_t)done;
    memmove(conn->out, conn->out + done, conn->out_size);
    if (!conn->out_size)
        watch(conn, 0);
}

/* One masked frame (RFC 6455 §5.2, §5.3). */
static void say(Conn *conn, int opcode, const char *text, size_t size)
{
    static uint8_t frame[FRAME_MAX + 16];
    size_t at = 0;
    const uint32_t mask = (uint32_t)draw();
    frame[at++] = (uint8_t)(0x80 | opcode);
    if (size < 126)
        frame[at++] = (uint8_t)(0x80 | size);
    else {
        frame[at++] = 0x80 | 126;
        frame[at++] = (uint8_t)(size >> 8);
        frame[at++] = (uint8_t)size;
    }
    memcpy(frame + at, &mask, 4);
    at += 4;
    for (size_t byte = 0; byte < size; byte++)
        frame[at + byte] = (uint8_t)text[byte] ^ (uint8_t)(mask >> 8 * (byte & 3));
    if (opcode == 1)
        note_history(conn, '>', text, size);
    write_bytes(conn, frame, at + size);
}

static void begin(Conn *conn)
{
    const int on = 1;
    const uint32_t index = (uint32_t)(conn - conns);
    conn->began = now_ns();
    conn->attempts++;
    conn->again_at = 0;
    conn->has_ready = 0;
    conn->generation++;
    conn->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (conn->fd < 0) {
        perror("generator: socket");
        exit(1);
    }
    setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (conn->flags & SLOW && plan.receive_buffer)
        setsockopt(conn->fd, SOL_SOCKET, SO_RCVBUF, &plan.receive_buffer, sizeof plan.receive_buffer);
    if (plan.sources) {
        setsockopt(conn->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        const struct sockaddr_in from = {
            .sin_family = AF_INET,
            .sin_addr.s_addr =
                htonl(0x7f000000u + (uint32_t)plan.first_source + index % (uint32_t)plan.sources),
        };
        bind(conn->fd, (const struct sockaddr *)&from, sizeof from);
    }
    const struct sockaddr_in to = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)plan.port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    conn->state = CONNECTING;
    opening++;
    if (connect(conn->fd, (const struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS) {
        drop(conn, strerror(errno), 0);
        return;
    }
    watch(conn, 1);
}

static void upgrade(Conn *conn)
{
    int fault = 0;
    socklen_t size = sizeof fault;
    getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &fault, &size);
    if (fault) {
        drop(conn, strerror(fault), 0);
        return;
    }
    char request[2048];
    const int length = snprintf(request, sizeof request,
                                "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\n"
                                "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n",
                                rooms[conn->room].path, plan.port, plan.headers);
    conn->state = UPGRADING;
    watch(conn, 0);
    write_bytes(conn, (const uint8_t *)request, (size_t)length);
}

static void become_ready(Conn *conn)
{
    conn->state = READY;
    conn->attempts = 0;
    completed += !conn->ready;
    conn->ready = now_ns();
    opening--;
    record(&ready_in, conn->ready - conn->began);
}

/* Go on from the last seq that came (PROTOCOL §3, subscribe). */
static void say_resume(Conn *conn)
{
    char text[1024];
    size_t size = 0;
    const Room *room = &rooms[conn->room];
    for (const char *at = room->resume; *at && size < sizeof text - 128; at++)
        if (at[0] == '@' && at[1] == 'A') {
            size += (size_t)sprintf(text + size, "%llu", (unsigned long long)(conn->next_seq - 1));
            at++;
        } else if (at[0] == '@' && at[1] == 'E') {
            size += (size_t)sprintf(text + size, "%s", room->epoch);
            at++;
        } else
            text[size++] = *at;
    say(conn, 1, text, size);
}

/* The frames of the plan; who has been here before, or is of the wave, resumes instead of starting at the top. */
static void introduce(Conn *conn, int is_greeted)
{
    const Room *room = &rooms[conn->room];
    if (conn->flags & WAVE && !conn->next_seq && room->is_known)
        conn->next_seq = room->top + 1;
    const int resumes = conn->next_seq && *room->resume && conn->frame_count;
    const int frames = resumes ? 1 : conn->frame_count;
    for (int at = is_greeted ? 1 : 0; at < frames; at++)
        say(conn, 1, conn->frames[at], strlen(conn->frames[at]));
    if (resumes)
        say_resume(conn);
}

static void greet(Conn *conn)
{
    record(&opened_in, now_ns() - conn->began);
    conn->state = GREETING;
    if (conn->flags & BARE) {
        become_ready(conn);
        drop(conn, NULL, 1);
        return;
    }
    introduce(conn, 0);
    if (!conn->frame_count || !plan.ready)
        become_ready(conn);
}

static void take(Conn *conn, int opcode, const char *text, size_t size, uint64_t now)
{
    counts.frames++;
    if (opcode == 1 && plan.history)
        note_history(conn, '<', text, size);
    if (opcode == 9) {
        say(conn, 10, text, size);
    } else if (opcode == 8) {
        char why[32] = "close without a code";
        if (size >= 2)
            snprintf(why, sizeof why, "close %d", (uint8_t)text[0] << 8 | (uint8_t)text[1]);
        drop(conn, why, plan.is_strangers);
    } else if (opcode != 1 && opcode != 2) {
        counts.other++;
    } else if (plan.dialect == PAC) {
        take_pac(conn, text, size, now);
    } else if (plan.dialect == PLAIN) {
        take_plain(conn, text, size, now);
    } else if (take_centrifuge(conn, text, size, now)) {
        say(conn, 1, "{}", 2);
    }
    if (conn->state == GREETING && conn->has_ready && (!(conn->flags & WAVE) || conn->received >= rooms[conn->room].sent - rooms[conn->room].refused))
        become_ready(conn);
}

/* The answer to the upgrade; how many bytes it has, 0 while it is not all there. */
static size_t take_upgrade(Conn *conn, const uint8_t *bytes, size_t size)
{
    const uint8_t *end = memmem(bytes, size, "\r\n\r\n", 4);
    if (!end)
        return 0;
    if (size < 12 || memcmp(bytes, "HTTP/1.1 101", 12)) {
        char why[32];
        snprintf(why, sizeof why, "http %.3s", size >= 12 ? (const char *)bytes + 9 : "?");
        drop(conn, why, plan.is_strangers);
        return 0;
    }
    greet(conn);
    return (size_t)(end - bytes) + 4;
}

/* Every whole frame in the bytes; how many of them were used. */
static size_t take_frames(Conn *conn, const uint8_t *bytes, size_t size, uint64_t now)
{
    size_t at = 0;
    while (size - at >= 2 && conn->fd >= 0) {
        const uint8_t *head = bytes + at;
        size_t length = head[1] & 127, header = 2;
        if (length == 126) {
            header = 4;
            if (size - at < header)
                break;
            length = (size_t)head[2] << 8 | head[3];
        } else if (length == 127) {
            header = 10;
            if (size - at < header)
                break;
            length = 0;
            for (int byte = 2; byte < 10; byte++)
                length = length << 8 | head[byte];
        }
        if (length > FRAME_MAX - 16 || !(head[0] & 0x80) || head[1] & 0x80) {
            drop(conn, "a frame that is fragmented, masked or too long", 1);
            return size;
        }
        if (size - at < header + length)
            break;
        take(conn, head[0] & 15, (const char *)head + header, length, now);
        at += header + length;
    }
    return at;
}

static void read_some(Conn *conn)
{
    memcpy(buffer, conn->left, conn->left_size);
    const ssize_t got = recv(conn->fd, buffer + conn->left_size, READ_SIZE, 0);
    if (got <= 0) {
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        drop(conn, got ? strerror(errno) : "end of stream", 0);
        return;
    }
    counts.reads++;
    counts.bytes += (uint64_t)got;
    const uint64_t now = now_ns();
    size_t size = conn->left_size + (size_t)got, used = 0;
    buffer[size] = 0;
    conn->left_size = 0;
    if (conn->state == UPGRADING)
        used = take_upgrade(conn, buffer, size);
    if (conn->state >= GREETING && conn->fd >= 0)
        used += take_frames(conn, buffer + used, size - used, now);
    if (conn->fd < 0 || used == size)
        return;
    size -= used;
    if (size > conn->left_capacity) {
        conn->left_capacity = (uint32_t)size < 1024 ? 1024 : (uint32_t)size * 2;
        conn->left = need(realloc(conn->left, conn->left_capacity));
    }
    memcpy(conn->left, buffer + used, size);
    conn->left_size = (uint32_t)size;
}

#endif
