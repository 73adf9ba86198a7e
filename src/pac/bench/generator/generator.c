/* The load of `pac bench`: one thread, one epoll, an open loop.
 *
 * A message is due when the schedule says so, whatever became of those before it, and its latency runs from then:
 * where the server or this generator is late, the wait counts (Gil Tene, "How NOT to Measure Latency": coordinated
 * omission). The plan comes on standard input (plan.h), the result is one JSON object on standard output.
 *
 * In order: connect; warm up and measure at a rate, or send a count; drain until everything has arrived; the wave
 * (connections that all come at once, resume and are done when they have what they missed); hold; done.
 */
#define _GNU_SOURCE
#include <math.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "sockets.h"

#define EVENTS 256
#define SETTLE (SECOND / 5)

static Histogram lateness;
static struct {
    uint64_t first, next, sent, limit;
} schedule;
static struct {
    double server_cpu, own_cpu, seconds;
    uint64_t delivered, answered, sent, bytes, frames, reads;
} mark, window;
static int is_windowed;
static long long resident_before, resident_ready, resident_paused, resident_end;
static double connect_s, wave_s, wave_cpu, wave_own_cpu;
static uint64_t last_arrival;

static void wait_until(uint64_t at)
{
    struct epoll_event events[EVENTS];
    const uint64_t now = now_ns();
    const uint64_t wait = at > now ? at - now : 0;
    const struct timespec span = { .tv_sec = (time_t)(wait / SECOND), .tv_nsec = (long)(wait % SECOND) };
    const int many = (int)syscall(SYS_epoll_pwait2, poll_fd, events, EVENTS, &span, NULL, 0);
    for (int at_event = 0; at_event < many; at_event++) {
        Conn *conn = &conns[events[at_event].data.u32];
        if (conn->fd < 0)
            continue;
        if (conn->state == CONNECTING) {
            if (events[at_event].events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
                upgrade(conn);
            continue;
        }
        if (events[at_event].events & EPOLLOUT && conn->out_size)
            write_on(conn);
        if (events[at_event].events & (EPOLLIN | EPOLLERR | EPOLLHUP) && !conn->is_paused)
            read_some(conn);
        else if (events[at_event].events & (EPOLLERR | EPOLLHUP))
            epoll_ctl(poll_fd, EPOLL_CTL_DEL, conn->fd, NULL); /* it will be read when it reads again */
        if (schedule.next < UINT64_MAX && now_ns() >= schedule.next)
            return; /* a send is due: what is readable is still so afterwards */
    }
}

/* Sending */

static void emit(Sender *sender, uint64_t due)
{
    char text[8192];
    size_t size = 0;
    const uint32_t number = sender->sent++, index = (uint32_t)(sender - senders);
    rooms[sender->room].sent++;
    if (number == sender->capacity) {
        sender->capacity = sender->capacity ? sender->capacity * 2 : 256;
        sender->due = need(realloc(sender->due, sender->capacity * sizeof *sender->due));
    }
    sender->due[number] = due;
    for (const char *at = rooms[sender->room].send; *at; at++) {
        if (*at != '@') {
            text[size++] = *at;
            continue;
        }
        switch (*++at) {
        case 'I':
            size += (size_t)sprintf(text + size, "%u", FIRST_ID + number);
            break;
        case 'S':
            size += (size_t)sprintf(text + size, "%x", index);
            break;
        case 'B':
            write_body(text + size, due, index, number);
            size += plan.body;
            break;
        default:
            wrong_plan(at);
        }
    }
    say(&conns[sender->conn], 1, text, size);
    const uint64_t now = now_ns();
    if (due >= window_from && due < window_to)
        record(&lateness, now - due);
}

static void advance(void)
{
    schedule.sent++;
    if (schedule.sent >= schedule.limit) {
        schedule.next = UINT64_MAX;
    } else if (plan.seed) { /* Poisson: the gaps are exponential */
        const double even = ((double)(draw() >> 11) + 1) / 9007199254740993.0;
        schedule.next += (uint64_t)(-log(even) / plan.rate * 1e9);
    } else {
        schedule.next = schedule.first + (uint64_t)((double)schedule.sent / plan.rate * 1e9);
    }
    if (!plan.count && schedule.next >= window_to)
        schedule.next = UINT64_MAX;
}

static void send_due(void)
{
    while (schedule.next <= now_ns()) {
        const uint64_t which = plan.seed ? draw() >> 33 : schedule.sent;
        emit(&senders[which % sender_count], schedule.next);
        advance();
    }
}

/* Slow readers */

static void stop_reading(int is_paused)
{
    for (uint32_t at = 0; at < conn_count; at++)
        if (conns[at].flags & SLOW) {
            conns[at].is_paused = (uint8_t)is_paused;
            if (conns[at].fd >= 0) {
                watch(&conns[at], 0);
                if (!is_paused)
                    watch(&conns[at], 1); /* it may have been taken out when the server hung up */
            }
        }
}

/* Who was cut off or turned away comes again, who was told to wait asks again. */
static void bring_back(uint64_t now)
{
    for (uint32_t at = 0; at < conn_count; at++) {
        Conn *conn = &conns[at];
        if (!conn->again_at || conn->again_at > now)
            continue;
        conn->again_at = 0;
        if (conn->state == OVER)
            begin(conn);
        else if (conn->state == GREETING)
            introduce(conn, 1);
    }
}

/* Phases */

static void connect_all(int wave, uint32_t at_once)
{
    const uint64_t until = now_ns() + (uint64_t)(plan.patience * 1e9);
    const uint32_t before = completed;
    uint32_t wanted = 0, next = 0;
    uint64_t now;
    for (uint32_t at = 0; at < conn_count; at++)
        wanted += !(conns[at].flags & WAVE) == !wave;
    while (completed - before < wanted && (now = now_ns()) < until) {
        for (; next < conn_count && opening < at_once; next++)
            if (!(conns[next].flags & WAVE) == !wave)
                begin(&conns[next]);
        bring_back(now);
        if (!wave && next == conn_count && !opening)
            return; /* who is turned away here is not coming again: the run is over */
        wait_until(now + SECOND / 100);
    }
}

static void look(double *server, double *own)
{
    *server = plan.server ? cpu_seconds(plan.server) : 0;
    *own = own_cpu_seconds();
}

static long long server_memory(void)
{
    return plan.server ? resident_bytes(plan.server) : 0;
}

static void begin_window(void)
{
    look(&mark.server_cpu, &mark.own_cpu);
    mark.seconds = (double)now_ns() / 1e9;
    mark.delivered = counts.delivered;
    mark.answered = counts.answered;
    mark.sent = schedule.sent;
    mark.bytes = counts.bytes;
    mark.frames = counts.frames;
    mark.reads = counts.reads;
    is_windowed = 1;
}

static void end_window(void)
{
    look(&window.server_cpu, &window.own_cpu);
    window.server_cpu -= mark.server_cpu;
    window.own_cpu -= mark.own_cpu;
    window.seconds = (double)now_ns() / 1e9 - mark.seconds;
    window.delivered = counts.delivered - mark.delivered;
    window.answered = counts.answered - mark.answered;
    window.sent = schedule.sent - mark.sent;
    window.bytes = counts.bytes - mark.bytes;
    window.frames = counts.frames - mark.frames;
    window.reads = counts.reads - mark.reads;
    is_windowed = 2;
}

/* Messages that some reader, or answers that some sender, is still owed. `wave`: whether the wave has come. */
static uint64_t outstanding(int wave, uint64_t *unanswered)
{
    uint64_t sum = 0;
    *unanswered = 0;
    for (uint32_t at = 0; at < conn_count; at++)
        if (wave || !(conns[at].flags & WAVE)) {
            const uint64_t due = rooms[conns[at].room].sent - rooms[conns[at].room].refused;
            sum += due > conns[at].received ? due - conns[at].received : 0;
        }
    if (plan.dialect != PLAIN)
        for (uint32_t at = 0; at < sender_count; at++)
            *unanswered += senders[at].sent - senders[at].answered;
    return sum;
}

static void run_schedule(void)
{
    schedule.first = schedule.next = now_ns() + SETTLE;
    schedule.limit = plan.count ? plan.count : UINT64_MAX;
    window_from = schedule.first + (uint64_t)(plan.warm * 1e9);
    window_to = plan.count ? UINT64_MAX : window_from + (uint64_t)(plan.window * 1e9);
    const uint64_t pause = plan.pause_for ? window_from + (uint64_t)(plan.pause_at * 1e9) : UINT64_MAX;
    const uint64_t go_on = plan.pause_for ? pause + (uint64_t)(plan.pause_for * 1e9) : UINT64_MAX;
    uint64_t until = UINT64_MAX, look_again = 0, unanswered;
    int paused = 0;
    if (plan.count)
        begin_window();
    for (;;) {
        const uint64_t now = now_ns();
        send_due();
        if (!is_windowed && now >= window_from)
            begin_window();
        if (is_windowed == 1 && (now >= window_to || (plan.count && schedule.next == UINT64_MAX))) {
            if (!plan.count)
                end_window();
            if (until == UINT64_MAX)
                until = (go_on < UINT64_MAX && go_on > now ? go_on : now) + (uint64_t)(plan.drain * 1e9);
        }
        if (!paused && now >= pause)
            stop_reading(paused = 1);
        if (paused == 1 && now >= go_on) {
            resident_paused = server_memory();
            stop_reading(0);
            paused = 2;
        }
        if (now >= look_again) {
            look_again = now + SECOND / 100;
            if (paused == 2)
                bring_back(now);
            if (until < UINT64_MAX && (now >= until || (!outstanding(0, &unanswered) && !unanswered)))
                break;
        }
        uint64_t next = schedule.next < look_again ? schedule.next : look_again;
        if (!is_windowed && window_from < next)
            next = window_from;
        wait_until(next);
    }
    last_arrival = now_ns();
    if (plan.count)
        end_window();
}

static void run_wave(void)
{
    double server, own;
    for (uint32_t at = 0; at < conn_count; at++)
        if (!(conns[at].flags & WAVE) && conns[at].fd >= 0)
            drop(&conns[at], NULL, 0);
    if (plan.has_gate) {
        char line[64];
        printf("gate\n");
        fflush(stdout);
        if (fgets(line, sizeof line, stdin))
            plan.server = atol(line);
    }
    memset(&opened_in, 0, sizeof opened_in);
    memset(&ready_in, 0, sizeof ready_in);
    const double began = (double)now_ns() / 1e9;
    look(&wave_cpu, &wave_own_cpu);
    connect_all(1, plan.wave);
    wave_s = (double)now_ns() / 1e9 - began;
    look(&server, &own);
    wave_cpu = server - wave_cpu;
    wave_own_cpu = own - wave_own_cpu;
}

static void hold(double seconds)
{
    const uint64_t until = now_ns() + (uint64_t)(seconds * 1e9);
    begin_window();
    while (now_ns() < until)
        wait_until(until);
    end_window();
    is_windowed = 0;
}

/* Strangers: connect, be turned away, come again at once; nobody stays. */
static void storm_the_door(void)
{
    const uint64_t until = now_ns() + (uint64_t)(plan.window * 1e9);
    begin_window();
    while (now_ns() < until) {
        for (uint32_t at = 0; at < conn_count && opening < plan.concurrency; at++)
            if (conns[at].fd < 0)
                begin(&conns[at]);
        wait_until(now_ns() + SECOND / 20);
    }
    end_window();
}

static void print_window(void)
{
    printf("\"window\":{\"seconds\":%.6f,\"server_cpu\":%.3f,\"own_cpu\":%.4f,\"sent\":%llu,\"delivered\":%llu,"
           "\"answered\":%llu,\"bytes\":%llu,\"frames\":%llu,\"reads\":%llu},",
           window.seconds, window.server_cpu, window.own_cpu, (unsigned long long)window.sent,
           (unsigned long long)window.delivered, (unsigned long long)window.answered,
           (unsigned long long)window.bytes, (unsigned long long)window.frames,
           (unsigned long long)window.reads);
}

static void print_result(void)
{
    uint64_t unanswered = 0;
    const uint64_t missing = plan.is_strangers ? 0 : outstanding(1, &unanswered);
    for (uint32_t at = 0; at < conn_count; at++)
        for (uint32_t from = 0; from < sender_count && rooms[conns[at].room].senders; from++)
            if (senders[from].room == conns[at].room)
                faults.holes += holes_of(&conns[at], &senders[from]);
    printf("{\"connections\":%u,\"completed\":%u,\"connect_s\":%.4f,\"sent\":%llu,\"answered\":%llu,\"refused\":%llu,"
           "\"delivered\":%llu,\"missing\":%llu,\"unanswered\":%llu,\"unsent\":%llu,\"other\":%llu,",
           conn_count, completed, connect_s, (unsigned long long)schedule.sent,
           (unsigned long long)counts.answered, (unsigned long long)counts.refused,
           (unsigned long long)counts.delivered, (unsigned long long)missing, (unsigned long long)unanswered,
           (unsigned long long)unsent, (unsigned long long)counts.other);
    printf("\"faults\":{\"holes\":%llu,\"repeats\":%llu,\"reorders\":%llu,\"foreign\":%llu,\"altered\":%llu,"
           "\"seq_holes\":%llu,\"seq_repeats\":%llu,\"resets\":%llu,\"answers_unasked\":%llu},",
           (unsigned long long)faults.holes, (unsigned long long)faults.repeats,
           (unsigned long long)faults.reorders, (unsigned long long)faults.foreign,
           (unsigned long long)faults.altered, (unsigned long long)faults.seq_holes,
           (unsigned long long)faults.seq_repeats, (unsigned long long)faults.resets,
           (unsigned long long)faults.answers_unasked);
    printf("\"kinds\":{");
    for (int at = 0; at < KINDS_MAX && kinds[at].count; at++)
        printf("%s\"%s\":%llu", at ? "," : "", kinds[at].name, (unsigned long long)kinds[at].count);
    printf("},");
    print_window();
    printf("\"wave\":{\"seconds\":%.6f,\"server_cpu\":%.3f,\"own_cpu\":%.4f},", wave_s, wave_cpu, wave_own_cpu);
    printf("\"resident\":{\"before\":%lld,\"ready\":%lld,\"paused\":%lld,\"end\":%lld},", resident_before,
           resident_ready, resident_paused, resident_end);
    print_histogram("opened", &opened_in);
    printf(",");
    print_histogram("ready_in", &ready_in);
    printf(",");
    print_histogram("lateness", &lateness);
    printf(",");
    print_histogram("ack", &acks);
    printf(",");
    print_histogram("delivery", &deliveries);
    printf(",");
    print_histogram("late_delivery", &late_deliveries);
    printf("}\n");
}

int main(void)
{
    struct rlimit files;
    uint32_t first = 0, waves = 0;
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_TIMERSLACK, 1);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    memset(padding, '.', sizeof padding);
    read_plan();
    if (!conn_count || plan.body < STAMP || plan.body > sizeof padding || conn_count + 16 > files.rlim_cur)
        wrong_plan("too many connections for the open-file limit, none at all, or a body out of bounds");
    if (plan.seed)
        random_state ^= plan.seed * 0x9e3779b97f4a7c15ull;
    schedule.next = UINT64_MAX;
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    for (uint32_t at = 0; at < conn_count; at++)
        *(conns[at].flags & WAVE ? &waves : &first) += 1;
    if (plan.is_strangers) {
        storm_the_door();
        print_result();
        return 0;
    }
    resident_before = server_memory();
    const double began = (double)now_ns() / 1e9;
    connect_all(0, plan.concurrency);
    connect_s = (double)now_ns() / 1e9 - began;
    if (plan.hold)
        hold(plan.hold);
    resident_ready = server_memory();
    if (sender_count && plan.rate > 0 && completed == first)
        run_schedule();
    if (waves)
        run_wave();
    resident_end = server_memory();
    print_result();
    if (plan.history)
        fclose(plan.history);
    return 0;
}
