/* Peer "floor": what the system calls of a broadcast cost, and next to nothing else.
 *
 * One thread, epoll, one non-blocking send() per reader and message. A frame goes out from where it was read: the
 * server's header has the length of the client's less its mask, so it is written over the mask. What a socket does
 * not take waits in a buffer of its own, at most BACKLOG bytes; a reader who falls behind further is let go.
 *
 * As much of RFC 6455 as a load generator needs: the handshake at /room/<name>, masked client frames, unfragmented
 * text of up to 64 KiB, ping and close. Not done: fragments, binary, extensions, checking that a text is UTF-8.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "accept_key.h"

enum {
	TEXT = 0x1, CLOSE = 0x8, PING = 0x9, PONG = 0xA,
	MAX_TEXT = 65536,
	MAX_HEADER = 14,
	MAX_REQUEST = 8192,
	READ_SIZE = 256 * 1024,
	BACKLOG = 1024 * 1024,
	BUCKETS = 16384,
	EVENTS = 512,
};

struct room {
	struct room *next; /* in its bucket; rooms are never freed */
	struct conn **readers;
	size_t count, capacity;
	char name[];
};

struct conn {
	int fd;
	int gone;           /* closed after the events of this round, which may still point here */
	struct conn *next_gone;
	struct room *room;  /* NULL until the handshake is done */
	size_t place;       /* in room->readers */
	unsigned char *in;  /* the start of a request or frame of which the rest has not come */
	size_t in_length;
	unsigned char *out; /* what the socket did not take yet */
	size_t out_length;
};

static int poller;
static struct room *buckets[BUCKETS];
static struct conn *gone;
static unsigned char buffer[MAX_HEADER + MAX_TEXT + READ_SIZE]; /* the bytes of the connection being read */

static void *or_die(void *memory)
{
	if (memory == NULL)
		abort();
	return memory;
}

static void let_go(struct conn *c)
{
	if (c->gone)
		return;
	c->gone = 1;
	c->next_gone = gone;
	gone = c;
}

static void bury(void)
{
	while (gone != NULL) {
		struct conn *c = gone;
		gone = c->next_gone;
		if (c->room != NULL) {
			struct conn *last = c->room->readers[--c->room->count];
			c->room->readers[c->place] = last;
			last->place = c->place;
		}
		close(c->fd);
		free(c->in);
		free(c->out);
		free(c);
	}
}

static void watch(struct conn *c, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = c};
	epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &event);
}

/* Hand bytes to the socket; keep what it does not take. */
static void put(struct conn *c, const unsigned char *bytes, size_t length)
{
	if (c->gone)
		return;
	if (c->out_length == 0) {
		ssize_t sent = send(c->fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent == (ssize_t)length)
			return;
		if (sent < 0 && errno != EAGAIN) {
			let_go(c);
			return;
		}
		if (sent > 0)
			bytes += sent, length -= (size_t)sent;
		watch(c, EPOLLIN | EPOLLOUT);
	}
	if (c->out_length + length > BACKLOG) {
		let_go(c);
		return;
	}
	if (c->out == NULL)
		c->out = or_die(malloc(BACKLOG)); /* only the pages that are written count */
	memcpy(c->out + c->out_length, bytes, length);
	c->out_length += length;
}

static void flush(struct conn *c)
{
	ssize_t sent = send(c->fd, c->out, c->out_length, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent < 0) {
		if (errno != EAGAIN)
			let_go(c);
		return;
	}
	c->out_length -= (size_t)sent;
	memmove(c->out, c->out + sent, c->out_length);
	if (c->out_length == 0) {
		free(c->out);
		c->out = NULL;
		watch(c, EPOLLIN);
	}
}

static void enter(struct conn *c, const char *name, size_t length)
{
	uint32_t hash = 2166136261u; /* FNV-1a */
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)name[i]) * 16777619u;
	struct room **bucket = &buckets[hash % BUCKETS], *room = *bucket;
	while (room != NULL && (strlen(room->name) != length || memcmp(room->name, name, length) != 0))
		room = room->next;
	if (room == NULL) {
		room = or_die(calloc(1, sizeof *room + length + 1));
		memcpy(room->name, name, length);
		room->next = *bucket;
		*bucket = room;
	}
	if (room->count == room->capacity) {
		room->capacity = room->capacity ? 2 * room->capacity : 8;
		room->readers = or_die(realloc(room->readers, room->capacity * sizeof *room->readers));
	}
	c->room = room;
	c->place = room->count;
	room->readers[room->count++] = c;
}

static void refuse(struct conn *c)
{
	static const char answer[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
	put(c, (const unsigned char *)answer, sizeof answer - 1);
	let_go(c);
}

/* The bytes of the request at the start of the given ones, 0 if it is not complete yet. */
static size_t handshake(struct conn *c, unsigned char *bytes, size_t length)
{
	static const char path[] = "GET /room/", field[] = "\r\nSec-WebSocket-Key:";
	char *request = (char *)bytes, *end = memmem(request, length, "\r\n\r\n", 4);
	if (end == NULL) {
		if (length > MAX_REQUEST)
			refuse(c);
		return 0;
	}
	*end = 0;
	size_t name_length = strncmp(request, path, sizeof path - 1) ? 0 : strcspn(request + sizeof path - 1, " ?\r\n");
	char *key = strcasestr(request, field);
	if (name_length == 0 || key == NULL) {
		refuse(c);
		return 0;
	}
	key += sizeof field - 1;
	key += strspn(key, " \t");

	char accept[29], answer[160];
	accept_key(key, strcspn(key, " \t\r"), accept);
	int size = snprintf(answer, sizeof answer,
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Accept: %s\r\n\r\n", accept);
	put(c, (unsigned char *)answer, (size_t)size);
	enter(c, request + sizeof path - 1, name_length);
	return (size_t)(end - request) + 4;
}

/* Write an unmasked header in front of the payload, over the client's, and return where the frame starts. */
static unsigned char *framed(unsigned char *payload, size_t length, int opcode)
{
	unsigned char *frame;
	if (length < 126) {
		frame = payload - 2;
		frame[1] = (unsigned char)length;
	} else if (length < 65536) {
		frame = payload - 4;
		frame[1] = 126, frame[2] = (unsigned char)(length >> 8), frame[3] = (unsigned char)length;
	} else {
		frame = payload - 10;
		memset(frame + 2, 0, 8);
		frame[1] = 127, frame[7] = (unsigned char)(length >> 16);
		frame[8] = (unsigned char)(length >> 8), frame[9] = (unsigned char)length;
	}
	frame[0] = (unsigned char)(0x80 | opcode);
	return frame;
}

static void close_with(struct conn *c, int code)
{
	unsigned char frame[4] = {0x80 | CLOSE, 2, (unsigned char)(code >> 8), (unsigned char)code};
	put(c, frame, sizeof frame);
	let_go(c);
}

static void broadcast(struct room *room, const unsigned char *frame, size_t length)
{
	for (size_t i = 0; i < room->count; i++)
		put(room->readers[i], frame, length);
}

/* The bytes of the frame at the start of the given ones, 0 if it is not complete yet or ends the connection. */
static size_t receive(struct conn *c, unsigned char *bytes, size_t length)
{
	if (length < 2)
		return 0;
	int opcode = bytes[0] & 0xF;
	size_t size = bytes[1] & 0x7F, header = 2;
	if ((bytes[0] & 0xF0) != 0x80 || !(bytes[1] & 0x80) || (opcode >= CLOSE && size > 125)) {
		close_with(c, 1002);
		return 0;
	}
	if (opcode != TEXT && opcode != CLOSE && opcode != PING && opcode != PONG) {
		close_with(c, 1003);
		return 0;
	}
	if (size >= 126) {
		int digits = size == 126 ? 2 : 8;
		header += (size_t)digits;
		if (length < header)
			return 0;
		size = 0;
		for (int i = 0; i < digits; i++)
			size = size << 8 | bytes[2 + i];
	}
	if (size > MAX_TEXT) {
		close_with(c, 1009);
		return 0;
	}
	if (length < header + 4 + size)
		return 0;

	unsigned char *mask = bytes + header, *payload = mask + 4;
	for (size_t i = 0; i < size; i++)
		payload[i] ^= mask[i & 3];
	if (opcode == PONG)
		return header + 4 + size;
	unsigned char *frame = framed(payload, size, opcode == PING ? PONG : opcode);
	size_t frame_length = (size_t)(payload - frame) + size;
	if (opcode == TEXT)
		broadcast(c->room, frame, frame_length);
	else
		put(c, frame, frame_length); /* a pong, or the client's own close */
	if (opcode == CLOSE)
		let_go(c);
	return header + 4 + size;
}

static void read_from(struct conn *c)
{
	if (c->in_length > 0)
		memcpy(buffer, c->in, c->in_length);
	ssize_t got = recv(c->fd, buffer + c->in_length, READ_SIZE, 0);
	if (got <= 0) {
		if (got == 0 || errno != EAGAIN)
			let_go(c);
		return;
	}
	size_t length = c->in_length + (size_t)got, done = 0;
	while (!c->gone && done < length) {
		size_t used = c->room ? receive(c, buffer + done, length - done) : handshake(c, buffer, length);
		if (used == 0)
			break;
		done += used;
	}
	c->in_length = c->gone ? 0 : length - done;
	free(c->in);
	c->in = NULL;
	if (c->in_length > 0)
		c->in = memcpy(or_die(malloc(c->in_length)), buffer + done, c->in_length);
}

static void welcome(int listener)
{
	int fd, yes = 1;
	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
		struct conn *c = or_die(calloc(1, sizeof *c));
		c->fd = fd;
		struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
		epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
	}
}

int main(int argc, char **argv)
{
	if (argc != 3 || strcmp(argv[1], "--port") != 0) {
		fprintf(stderr, "usage: %s --port PORT\n", argv[0]);
		return 2;
	}
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[2]))};
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int yes = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 4096) < 0) {
		perror("listen");
		return 1;
	}
	poller = epoll_create1(0);
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
	epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
	puts("ready");
	fflush(stdout);

	struct epoll_event events[EVENTS];
	for (;;) {
		int count = epoll_wait(poller, events, EVENTS, -1);
		for (int i = 0; i < count; i++) {
			struct conn *c = events[i].data.ptr;
			if (c == NULL) {
				welcome(listener);
				continue;
			}
			if (!c->gone && events[i].events & EPOLLOUT)
				flush(c);
			if (!c->gone && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
				read_from(c);
		}
		bury();
	}
}
