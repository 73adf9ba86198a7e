/* Is what came what was sent? Every delivery of every reader is held against the schedule, from the message's own
 * text: `~`, when it was due (16 hex digits of ns), who sent it (4), its number (8), and dots up to its length. So
 * the judgement needs nothing of the server's protocol; for PAC the seqs are checked as well.
 */
#ifndef RECEIPTS_H
#define RECEIPTS_H

#include "histogram.h"
#include "plan.h"

#define STAMP 29 /* ~ and 28 hex digits */
#define FIRST_ID 1000000000u /* ten digits, and above every id of a preamble */

static Histogram acks, deliveries, late_deliveries; /* the latter: of readers that stop for a while */
static struct {
    uint64_t holes, repeats, reorders, foreign, altered, seq_holes, seq_repeats, resets, answers_unasked;
} faults;
static struct {
    uint64_t delivered, answered, refused, frames, bytes, reads, other;
} counts;
static uint64_t window_from = UINT64_MAX, window_to = UINT64_MAX;
static char padding[4096];

#define KINDS_MAX 64
static struct {
    char name[48];
    uint64_t count;
} kinds[KINDS_MAX];

/* Count something that went wrong under its name. */
static void note_kind(const char *prefix, const char *name, size_t length)
{
    char wanted[48];
    snprintf(wanted, sizeof wanted, "%s%.*s", prefix, (int)(length < 30 ? length : 30), name);
    for (int at = 0; at < KINDS_MAX; at++) {
        if (!kinds[at].count)
            snprintf(kinds[at].name, sizeof kinds[at].name, "%s", wanted);
        if (!strcmp(kinds[at].name, wanted)) {
            kinds[at].count++;
            return;
        }
    }
}

/* Eight hex digits, all at once. */
static inline uint64_t hex8(const char *digits)
{
    uint64_t value;
    memcpy(&value, digits, 8);
    value = (value & 0x0f0f0f0f0f0f0f0full) + 9 * ((value >> 6) & 0x0101010101010101ull);
    value = __builtin_bswap64(value);
    value = (value | (value >> 4)) & 0x00ff00ff00ff00ffull;
    value = (value | (value >> 8)) & 0x0000ffff0000ffffull;
    return (value | (value >> 16)) & 0xffffffffull;
}

static inline uint32_t hex4(const char *digits)
{
    uint32_t value = 0;
    for (int at = 0; at < 4; at++)
        value = value << 4 | (((uint32_t)digits[at] & 15) + 9 * ((uint32_t)digits[at] >> 6 & 1));
    return value;
}

static void write_body(char *body, uint64_t due, uint32_t sender, uint32_t number)
{
    char stamp[STAMP + 1];
    snprintf(stamp, sizeof stamp, "~%016llx%04x%08x", (unsigned long long)due, sender, number);
    memcpy(body, stamp, STAMP);
    memcpy(body + STAMP, padding, plan.body - STAMP);
}

/* Whether this number is a new one. A hole is not counted here but at the end (holes_of): what was skipped may come
 * late, or may be told as refused. */
static int take_out_of_order(Conn *conn, uint32_t *next, uint32_t number)
{
    if (number > *next) {
        const uint32_t first = number - *next > SKIPPED_MAX ? number - SKIPPED_MAX : *next;
        for (uint32_t missing = first; missing < number; missing++)
            conn->skipped[conn->skipped_count++ % SKIPPED_MAX] = missing + 1;
        *next = number + 1;
        return 1;
    }
    for (uint32_t at = 0; at < SKIPPED_MAX; at++)
        if (conn->skipped[at] == number + 1) { /* it was not lost, it came late */
            conn->skipped[at] = 0;
            faults.reorders++;
            return 1;
        }
    faults.repeats++;
    return 0;
}

/* Numbers that one reader was never given though later ones of the same sender came, and nobody was told of it. */
static uint64_t holes_of(const Conn *conn, const Sender *sender)
{
    const uint32_t next = conn->next[sender->slot];
    uint64_t holes = next - conn->taken[sender->slot];
    for (uint32_t number = 0; holes && number < next; number++)
        holes -= sender->due[number] == REFUSED;
    return holes;
}

static inline void deliver(Conn *conn, const char *text, size_t room_left, uint64_t now)
{
    if (room_left < plan.body || memcmp(text + STAMP, padding, plan.body - STAMP)) {
        faults.altered++;
        return;
    }
    const uint64_t due = hex8(text + 1) << 32 | hex8(text + 9);
    const uint32_t from = hex4(text + 17), number = (uint32_t)hex8(text + 21);
    if (from >= sender_count || senders[from].room != conn->room || number >= senders[from].sent) {
        faults.foreign++;
        return;
    }
    uint32_t *next = &conn->next[senders[from].slot];
    if (number == *next)
        ++*next;
    else if (!take_out_of_order(conn, next, number))
        return;
    conn->taken[senders[from].slot]++;
    conn->received++;
    counts.delivered++;
    if (due >= window_from && due < window_to && !(conn->flags & WAVE))
        record(conn->flags & SLOW ? &late_deliveries : &deliveries, now > due ? now - due : 0);
}

static inline void check_seq(Conn *conn, uint64_t seq)
{
    if (seq == conn->next_seq) {
        conn->next_seq++;
    } else if (seq > conn->next_seq) {
        faults.seq_holes += seq - conn->next_seq;
        conn->next_seq = seq + 1;
    } else {
        faults.seq_repeats++;
    }
}

/* The answer to a send, by the number in its id. Each send has one and no more. */
static void answer(Conn *conn, const char *id, int is_refusal, uint64_t now)
{
    const uint32_t number = (uint32_t)strtoul(id, NULL, 10) - FIRST_ID;
    Sender *sender = conn->sender >= 0 ? &senders[conn->sender] : NULL;
    if (!sender || number >= sender->sent || !sender->due[number] || sender->due[number] == REFUSED) {
        faults.answers_unasked++;
        return;
    }
    const uint64_t due = sender->due[number];
    sender->due[number] = 0;
    sender->answered++;
    if (is_refusal) {
        sender->due[number] = REFUSED;
        rooms[sender->room].refused++;
        counts.refused++;
        return;
    }
    counts.answered++;
    if (due >= window_from && due < window_to)
        record(&acks, now - due);
}

/* The value behind `"name":` in a JSON object, without its quote; NULL where there is none. */
static const char *value_of(const char *text, size_t size, const char *name)
{
    const char *at = memmem(text, size, name, strlen(name));
    return at ? at + strlen(name) : NULL;
}

static void note_error(const char *text, size_t size)
{
    const char *code = value_of(text, size, "\"code\":");
    if (code && *code == '"')
        code++;
    note_kind("error ", code ? code : "?", code ? strcspn(code, "\",}") : 1);
}

/* What was refused for now is asked for again, at the earliest when we are told that it may be. */
static void ask_again(Conn *conn, const char *text, size_t size)
{
    const char *wait = value_of(text, size, "\"retry_after_ms\":");
    if (wait)
        conn->again_at = now_ns() + strtoull(wait, NULL, 10) * (SECOND / 1000) + draw() % (SECOND / 2);
}

/* A room's answer to `subscribe`: where its numbers go on from. */
static void learn_position(Conn *conn, const char *text, size_t size)
{
    Room *room = &rooms[conn->room];
    const char *top = value_of(text, size, "\"top\":"), *epoch = value_of(text, size, "\"epoch\":\"");
    if (!top || !epoch) {
        note_error(text, size);
        ask_again(conn, text, size);
        return;
    }
    if (memmem(text, size, "\"reset\":true", 12))
        faults.resets++;
    if (!room->is_known) {
        room->top = strtoull(top, NULL, 10);
        snprintf(room->epoch, sizeof room->epoch, "%.*s", (int)strcspn(epoch, "\""), epoch);
        room->is_known = 1;
    }
    if (!conn->next_seq) /* else it resumes, and goes on where it was */
        conn->next_seq = strtoull(top, NULL, 10) + 1;
    conn->has_ready = 1;
}

static inline void take_pac(Conn *conn, const char *text, size_t size, uint64_t now)
{
    if (size > 16 && !memcmp(text, "{\"op\":\"message\"", 15)) {
        static size_t seq_at = 16; /* where it was the last time: a room's name is as long as any other's */
        const char *seq = seq_at + 6 < size && !memcmp(text + seq_at - 6, "\"seq\":", 6)
                              ? text + seq_at
                              : value_of(text + 15, size - 15, "\"seq\":");
        seq_at = seq ? (size_t)(seq - text) : 16;
        if (!seq) {
            faults.altered++;
            return;
        }
        uint64_t number = 0;
        for (; *seq >= '0' && *seq <= '9'; seq++)
            number = number * 10 + (uint64_t)(*seq - '0');
        check_seq(conn, number);
        const char *body = memchr(seq, '~', size - (size_t)(seq - text));
        if (body)
            deliver(conn, body, size - (size_t)(body - text), now);
        else
            counts.other++;
        return;
    }
    const int is_ok = size > 10 && !memcmp(text, "{\"op\":\"ok\"", 10);
    const int is_error = size > 13 && !memcmp(text, "{\"op\":\"error\"", 13);
    const char *id = is_ok || is_error ? value_of(text, size, "\"id\":\"") : NULL;
    if (is_error)
        note_error(text, size);
    if (id && *id == '1')
        answer(conn, id, is_error, now);
    else if (is_ok && plan.ready && memmem(text, size, plan.ready, strlen(plan.ready)))
        learn_position(conn, text, size);
    else if (is_error && conn->state == GREETING)
        ask_again(conn, text, size);
    else
        counts.other++;
}

/* 1 for a ping, which wants `{}` for an answer. */
static inline int take_centrifuge(Conn *conn, const char *text, size_t size, uint64_t now)
{
    int is_ping = 0;
    while (size) {
        const char *end = memchr(text, '\n', size);
        const size_t length = end ? (size_t)(end - text) : size;
        const char *body;
        if (length == 2)
            is_ping = 1;
        else if (length > 8 && !memcmp(text, "{\"push\":", 8) && (body = memchr(text, '~', length)))
            deliver(conn, body, length - (size_t)(body - text), now);
        else if (length > 6 && !memcmp(text, "{\"id\":", 6)) {
            const int is_error = memmem(text, length, "\"error\":", 8) != NULL;
            if (is_error)
                note_error(text, length);
            if (length > 16 && text[15] >= '0' && text[15] <= '9')
                answer(conn, text + 6, is_error, now);
            else if (plan.ready && memmem(text, length, plan.ready, strlen(plan.ready)))
                conn->has_ready = 1;
        } else if (length)
            counts.other++;
        text += length + (end != NULL);
        size -= length + (end != NULL);
    }
    return is_ping;
}

static inline void take_plain(Conn *conn, const char *text, size_t size, uint64_t now)
{
    if (size && *text == '~')
        deliver(conn, text, size, now);
    else
        counts.other++;
}

#endif
