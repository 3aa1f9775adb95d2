// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE 1
#include "CNcurses.h"
#include "internal.h"

#include <fcntl.h>
#include <unistd.h>

// A trap's message goes to stderr right before the crash: on the alternate screen it would be lost with it, and any
// other line would scroll the frame. So stderr goes through a pipe, the newest part is kept, and shown after the
// restore.
enum { kept_size = 8192 };
static unsigned char kept[kept_size];
static volatile size_t kept_count;  // of all bytes ever kept; the newest kept_size of them are there
static volatile int real = -1;
static int reader = -1;

int cn_errors_capture(void) {
    int ends[2];
    if (!isatty(STDERR_FILENO)) return -1;  // A file may well have what is written to it.
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return -1;
    int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (saved < 0 || dup2(ends[1], STDERR_FILENO) < 0) {
        if (saved >= 0) close(saved);
        close(ends[0]);
        close(ends[1]);
        return -1;
    }
    close(ends[1]);
    kept_count = 0;
    reader = ends[0];
    real = saved;
    return reader;
}

void cn_keep_errors(const uint8_t *bytes, size_t count) {
    size_t at = kept_count;
    for (size_t i = 0; i < count; i++) kept[(at + i) % kept_size] = bytes[i];
    kept_count = at + count;
}

static void show(const unsigned char *bytes, size_t count) {
    while (count > 0) {
        ssize_t n = write(STDERR_FILENO, bytes, count);
        if (n <= 0) return;
        bytes += n;
        count -= (size_t)n;
    }
}

void cn_errors_release(void) {
    int saved = real;
    if (saved < 0) return;
    real = -1;
    unsigned char rest[1024];
    ssize_t n;
    for (int rounds = 0; rounds < 64 && (n = read(reader, rest, sizeof rest)) > 0; rounds++) {
        cn_keep_errors(rest, (size_t)n);
    }
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(reader);
    reader = -1;
    size_t end = kept_count % kept_size;
    if (kept_count > kept_size) show(kept + end, kept_size - end);
    show(kept, end);
}
