// The floor: what a server must at least do to relay. One thread, epoll; what came in one round is framed once and written to each connection
// in one piece; what a socket does not take waits for it. It answers the one handshake of this bench, reads nothing but small text frames,
// and checks nothing: a yardstick, not a server.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS = 65536, READ = 65536, READY = 512, BATCH = 4 << 20 };

struct connection { int open, upgraded; size_t kept, unsent, unsent_room; unsigned char *rest, *waiting; };

static struct connection connections[CONNECTIONS];
static int highest = -1, polling;
static unsigned char buffer[READ * 2], batch[BATCH];
static size_t batched;

static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

static void watch(int operation, int fd, unsigned events)
{
    struct epoll_event event = { .events = events, .data.fd = fd };
    epoll_ctl(polling, operation, fd, &event);
}

static void drop(int fd)
{
    struct connection *c = &connections[fd];
    free(c->rest);
    free(c->waiting);
    memset(c, 0, sizeof *c);
    close(fd);
}

static void put(int fd, const unsigned char *bytes, size_t length)
{
    struct connection *c = &connections[fd];
    ssize_t sent = 0;
    if (c->unsent == 0 && (sent = send(fd, bytes, length, MSG_NOSIGNAL)) < 0) {
        if (errno != EAGAIN) { drop(fd); return; }
        sent = 0;
    }
    size_t left = length - (size_t)sent;
    if (left == 0) return;
    if (c->unsent == 0) watch(EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLOUT);
    if (c->unsent + left > c->unsent_room) c->waiting = realloc(c->waiting, c->unsent_room = (c->unsent + left) * 2);
    memcpy(c->waiting + c->unsent, bytes + sent, left);
    c->unsent += left;
}

static void go_on(int fd)
{
    struct connection *c = &connections[fd];
    ssize_t sent = send(fd, c->waiting, c->unsent, MSG_NOSIGNAL);
    if (sent < 0) { if (errno != EAGAIN) drop(fd); return; }
    c->unsent -= (size_t)sent;
    memmove(c->waiting, c->waiting + sent, c->unsent);
    if (c->unsent == 0) watch(EPOLL_CTL_MOD, fd, EPOLLIN);
}

static void flush(void)
{
    if (batched == 0) return;
    for (int fd = 0; fd <= highest; fd++)
        if (connections[fd].upgraded) put(fd, batch, batched);
    batched = 0;
}

// One masked text frame from the bytes into the batch, unmasked; how many bytes it had, 0 where it is not all there, -1 at any other frame.
static long take(const unsigned char *in, size_t length)
{
    if (length < 6) return 0;
    size_t head = 6, payload = in[1] & 0x7f;
    if (in[0] != 0x81 || payload == 127) return -1;
    if (payload == 126) {
        if (length < 8) return 0;
        head = 8;
        payload = (size_t)in[2] << 8 | in[3];
    }
    if (length < head + payload) return 0;
    if (batched + payload + 4 > BATCH) flush();
    unsigned char *out = batch + batched;
    *out++ = 0x81;
    if (payload >= 126) { *out++ = 126; *out++ = payload >> 8; }
    *out++ = payload & 0xff;
    for (size_t i = 0; i < payload; i++) out[i] = in[head + i] ^ in[head - 4 + (i & 3)];
    batched = (size_t)(out + payload - batch);
    return (long)(head + payload);
}

static void serve(int fd)
{
    struct connection *c = &connections[fd];
    memcpy(buffer, c->rest, c->kept);
    ssize_t got = recv(fd, buffer + c->kept, READ, 0);
    if (got <= 0) { if (got == 0 || errno != EAGAIN) drop(fd); return; }
    size_t length = c->kept + (size_t)got, at = 0;
    if (!c->upgraded) {
        unsigned char *end = memmem(buffer, length, "\r\n\r\n", 4);
        if (end) {
            at = (size_t)(end + 4 - buffer);
            put(fd, (const unsigned char *)answer, sizeof answer - 1);
            c->upgraded = 1;
        }
    }
    if (c->upgraded) {
        long taken;
        while ((taken = take(buffer + at, length - at)) > 0) at += (size_t)taken;
        if (taken < 0) { drop(fd); return; }
    }
    c->kept = length - at;
    if (c->kept > READ) { drop(fd); return; }
    if (c->kept > 0) {
        c->rest = realloc(c->rest, c->kept);
        memcpy(c->rest, buffer + at, c->kept);
    }
}

int main(void)
{
    int listening = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;
    if (bind(listening, (struct sockaddr *)&address, length) || listen(listening, 4096)) return 1;
    getsockname(listening, (struct sockaddr *)&address, &length);
    polling = epoll_create1(0);
    watch(EPOLL_CTL_ADD, listening, EPOLLIN);
    printf("ready :%d\n", ntohs(address.sin_port));
    fflush(stdout);
    for (;;) {
        struct epoll_event ready[READY];
        int count = epoll_wait(polling, ready, READY, -1);
        for (int i = 0; i < count; i++) {
            int fd = ready[i].data.fd;
            if (fd == listening) {
                int joined;
                while ((joined = accept4(listening, 0, 0, SOCK_NONBLOCK)) >= 0) {
                    if (joined >= CONNECTIONS) { close(joined); continue; }
                    int one = 1;
                    setsockopt(joined, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                    connections[joined].open = 1;
                    if (joined > highest) highest = joined;
                    watch(EPOLL_CTL_ADD, joined, EPOLLIN);
                }
                continue;
            }
            if (ready[i].events & EPOLLOUT) go_on(fd);
            if (connections[fd].open && ready[i].events & ~EPOLLOUT) serve(fd);
        }
        flush();
    }
}
