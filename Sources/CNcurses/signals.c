// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE 1
#include "CNcurses.h"
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// Signals that become bytes in the wake pipe, and signals that end the process at once. Swift's traps raise ILL or
// TRAP.
static const int routed[] = {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT, SIGWINCH};
static const int fatal[] = {SIGSEGV, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGQUIT, SIGSYS};
enum { routed_count = sizeof routed / sizeof *routed, fatal_count = sizeof fatal / sizeof *fatal };

static struct sigaction routed_before[routed_count], fatal_before[fatal_count];
static volatile int wake_ends[2] = {-1, -1};
static volatile sig_atomic_t asked_to_end;

// What cn_restore needs, all of it prepared: in a handler nothing may be computed or allocated.
static volatile sig_atomic_t armed;
static int restore_tty;
static struct termios restore_modes;
static char restore_bytes[512];
static size_t restore_count;

void cn_restore_arm(int tty, const struct termios *modes, const char *bytes, size_t count) {
    static bool at_exit_too;
    restore_tty = tty;
    restore_modes = *modes;
    restore_count = count < sizeof restore_bytes ? count : sizeof restore_bytes;
    memcpy(restore_bytes, bytes, restore_count);
    armed = 1;
    // exit() from the midst of a session, as a library might call it.
    if (!at_exit_too) at_exit_too = atexit(cn_restore) == 0;
}

void cn_restore_disarm(void) { armed = 0; }

void cn_restore(void) {
    if (!armed) return;
    armed = 0;
    int saved_errno = errno;
    // In the background, touching the modes would stop the process instead of restoring them.
    sigset_t set, before;
    sigemptyset(&set);
    sigaddset(&set, SIGTTOU);
    pthread_sigmask(SIG_BLOCK, &set, &before);
    bool flushed = false;
    for (size_t done = 0; done < restore_count;) {
        ssize_t n = write(restore_tty, restore_bytes + done, restore_count - done);
        if (n > 0) {
            done += (size_t)n;
            continue;
        }
        if (n == 0 || errno != EAGAIN) break;
        // A full terminal gets a moment; then what it has not taken goes, so that these bytes find room.
        struct pollfd waiting = {.fd = restore_tty, .events = POLLOUT};
        if (poll(&waiting, 1, 200) > 0) continue;
        if (flushed || tcflush(restore_tty, TCOFLUSH) != 0) break;
        flushed = true;
    }
    tcflush(restore_tty, TCIFLUSH);
    tcsetattr(restore_tty, TCSANOW, &restore_modes);
    cn_errors_release();
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = saved_errno;
}

void cn_exit_now(int status) {
    cn_restore();
    _exit(status);
}

static void post(int number) {
    int saved_errno = errno, end = wake_ends[1];
    unsigned char byte = (unsigned char)number;
    // A full pipe is as good as a byte more: the reader wakes anyway.
    if (end >= 0 && write(end, &byte, 1) < 0) errno = saved_errno;
    errno = saved_errno;
}

void cn_wake(void) { post(0); }

static void on_routed(int number) {
    // HUP comes twice as a matter of course, from the kernel and from the shell.
    if (number == SIGINT || number == SIGTERM) {
        if (asked_to_end) cn_exit_now(128 + number);
        asked_to_end = 1;
    }
    post(number);
}

static void on_fatal(int number) {
    cn_restore();
    // SA_RESETHAND has put back the default action: raised again, the signal is delivered when this returns, in the
    // context of the crash, so that the status and the core tell the truth.
    raise(number);
}

int cn_signals_install(void) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return -1;
    wake_ends[0] = ends[0];
    wake_ends[1] = ends[1];
    asked_to_end = 0;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < routed_count; i++) {
        sigaction(routed[i], NULL, &routed_before[i]);
        // As under nohup: who said that a signal be ignored means it.
        bool ignored = routed_before[i].sa_handler == SIG_IGN && routed[i] != SIGTSTP && routed[i] != SIGWINCH;
        action.sa_handler = ignored ? SIG_IGN : on_routed;
        action.sa_flags = SA_RESTART | SA_ONSTACK;
        sigaction(routed[i], &action, NULL);
    }
    for (int i = 0; i < fatal_count; i++) {
        action.sa_handler = on_fatal;
        action.sa_flags = SA_RESETHAND | SA_ONSTACK;
        sigaction(fatal[i], &action, &fatal_before[i]);
    }
    return ends[0];
}

void cn_signals_uninstall(void) {
    for (int i = 0; i < routed_count; i++) sigaction(routed[i], &routed_before[i], NULL);
    for (int i = 0; i < fatal_count; i++) sigaction(fatal[i], &fatal_before[i], NULL);
    int reading = wake_ends[0], writing = wake_ends[1];
    wake_ends[0] = wake_ends[1] = -1;
    close(reading);
    close(writing);
}

void cn_suspend(void) {
    struct sigaction standard, ours;
    memset(&standard, 0, sizeof standard);
    standard.sa_handler = SIG_DFL;
    sigset_t set, before;
    sigemptyset(&set);
    sigaddset(&set, SIGTSTP);
    sigaction(SIGTSTP, &standard, &ours);
    pthread_sigmask(SIG_UNBLOCK, &set, &before);
    raise(SIGTSTP);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    sigaction(SIGTSTP, &ours, NULL);
}

void cn_alternate_stack(bool install) {
    static const size_t size = 64 * 1024;
    static _Thread_local bool installed;
    stack_t stack, none = {.ss_flags = SS_DISABLE};
    if (install == installed) return;
    installed = install;
    if (!install) {
        if (sigaltstack(&none, &stack) == 0 && !(stack.ss_flags & SS_DISABLE)) munmap(stack.ss_sp, stack.ss_size);
        return;
    }
    if (sigaltstack(NULL, &stack) != 0 || !(stack.ss_flags & SS_DISABLE)) return;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return;
    stack = (stack_t){.ss_sp = memory, .ss_size = size, .ss_flags = 0};
    if (sigaltstack(&stack, NULL) != 0) munmap(memory, size);
}
