/* The least that a probe can cost: only the system calls, without names, deadlines, protocols or reports.
   floor tcp|http PORT RATE: dials 127.0.0.1:PORT RATE times a second until it is stopped. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char REQUEST[] = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void await(int fd, short event) {
    struct pollfd wanted = {.fd = fd, .events = event};
    if (poll(&wanted, 1, 5000) != 1) fail("poll");
}

static void probe(const struct sockaddr_in *peer, int http) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) fail("socket");
    connect(fd, (const struct sockaddr *)peer, sizeof *peer);
    await(fd, POLLOUT);
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) fail("connect");
    if (http) {
        char answer[4096];
        if (send(fd, REQUEST, sizeof REQUEST - 1, MSG_NOSIGNAL) < 0) fail("send");
        await(fd, POLLIN);
        if (recv(fd, answer, sizeof answer, 0) < 12 || strncmp(answer + 9, "200", 3) != 0) fail("answer");
    }
    close(fd);
}

int main(int count, char **words) {
    if (count != 4) {
        fprintf(stderr, "usage: floor tcp|http PORT RATE\n");
        return 2;
    }
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons(atoi(words[2]))};
    peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    long pause = 1000000000L / atol(words[3]);
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (;;) {
        probe(&peer, strcmp(words[1], "http") == 0);
        next.tv_nsec += pause;
        if (next.tv_nsec >= 1000000000L) {
            next.tv_nsec -= 1000000000L;
            next.tv_sec++;
        }
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
    }
}
