// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE 1
#include "CNcurses.h"
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

// The terminal itself, below ncurses: its descriptor, its modes, its size.
static int tty = -1;
static struct termios found, ours;

bool tty_use_locale(void) {
    const char *names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    bool said = false;
    for (int i = 0; i < 3; i++) {
        const char *value = getenv(names[i]);
        said = said || (value && *value);
    }
    if (!setlocale(LC_CTYPE, said ? "" : "C.UTF-8")) setlocale(LC_CTYPE, "C");
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static void make_modes(void) {
    ours = found;
    // Signals stay keys (Ctrl-C, Ctrl-Z); Ctrl-S, Ctrl-Q, Ctrl-V and Ctrl-O become keys; Enter is CR.
    ours.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ECHONL | IEXTEN);
    ours.c_lflag |= ISIG;
    ours.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IGNCR | IXON | ISTRIP);
    ours.c_oflag &= ~(tcflag_t)ONLCR;
    ours.c_cc[VMIN] = 1;
    ours.c_cc[VTIME] = 0;
}

void tty_close(void) {
    int saved_errno = errno;
    close(tty);
    tty = -1;
    errno = saved_errno;
}

const struct termios *tty_found(void) { return &found; }

// A description of its own, so that O_NONBLOCK does not reach the shell's.
int tty_open(void) {
    const int flags = O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK;
    char path[256];
    tty = open("/dev/tty", flags);
    if (tty < 0 && ttyname_r(STDOUT_FILENO, path, sizeof path) == 0) tty = open(path, flags);
    if (tty >= 0 && tcgetattr(tty, &found) != 0) tty_close();
    make_modes();
    return tty;
}

void cn_modes(bool use_ours) {
    if (!use_ours) tcflush(tty, TCIFLUSH);  // Late mouse reports would be typed into the shell.
    tcsetattr(tty, TCSANOW, use_ours ? &ours : &found);
}

bool cn_size(int *rows, int *columns) {
    struct winsize size;
    if (ioctl(tty, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return false;
    *rows = size.ws_row;
    *columns = size.ws_col;
    return true;
}
