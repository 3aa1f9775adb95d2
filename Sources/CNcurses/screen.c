// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE 1
#define _XOPEN_SOURCE_EXTENDED 1
#define NCURSES_WIDECHAR 1
#include "CNcurses.h"
#include "internal.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wchar.h>

// ncurses writes to the descriptor of its FILE, a buffer at a time and often a cursor movement at a time. So behind
// that descriptor is a file in memory, not the terminal: a frame is collected there, and its reader sends it, with
// whatever belongs around it, in one non-blocking write. ncurses reads no keys and sets no modes; it only knows what
// the screen shows.
static struct {
    SCREEN *screen;
    FILE *in, *out;
    int tty, capture;
    uint8_t *bytes;
    size_t room;
    bool color, colors_16, corner_by_insertion;
    int pairs_made, pairs_room;
    short pairs[17][17];  // by colour + 1; 0 is not made yet
} s;

static FILE *stream(int descriptor, const char *mode) {
    int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
    FILE *file = copy < 0 ? NULL : fdopen(copy, mode);
    if (!file && copy >= 0) close(copy);
    return file;
}

static const char *capability(const char *name) {
    char copy[16];
    strncpy(copy, name, sizeof copy - 1);
    copy[sizeof copy - 1] = 0;
    const char *text = tigetstr(copy);
    return text == (char *)-1 || (text && !*text) ? NULL : text;
}

const char *cn_key(const char *name) { return capability(name); }

static void append(char *buffer, size_t size, const char *text) {
    size_t used = strlen(buffer);
    if (text && used + strlen(text) < size) strcat(buffer, text);
}

static void arm(bool extras) {
    char bytes[512] = "";
    // CAN ends an escape sequence that the crash has cut.
    if (extras) append(bytes, sizeof bytes, "\x18\x1b[?2026l\x1b[?1000;1002;1006;1004;2004l");
    append(bytes, sizeof bytes, capability("rmkx"));
    append(bytes, sizeof bytes, capability("cnorm"));
    append(bytes, sizeof bytes, capability("op"));
    append(bytes, sizeof bytes, capability("sgr0"));
    const char *leave = capability("rmcup");
    append(bytes, sizeof bytes, leave ? leave : "\r\n");
    cn_restore_arm(s.tty, tty_found(), bytes, strlen(bytes));
}

static void set_colors(bool monochrome) {
    s.color = !monochrome && has_colors() && start_color() == OK && use_default_colors() == OK && COLORS >= 8;
    s.colors_16 = COLORS >= 16;
    s.pairs_room = COLOR_PAIRS < 512 ? COLOR_PAIRS : 512;
    s.pairs_made = 1;
    memset(s.pairs, 0, sizeof s.pairs);
}

static bool start_screen(const char *type, struct cn_info *info) {
    const char *types[] = {type && *type ? type : "unknown", "xterm-256color", "vt100"};
    for (int i = 0; i < 3 && !s.screen; i++) {
        s.screen = newterm(types[i], s.out, s.in);
        strncpy(info->type, types[i], sizeof info->type - 1);
    }
    if (!s.screen) return false;
    set_term(s.screen);
    nonl();
    typeahead(-1);
    idlok(stdscr, FALSE);
    leaveok(stdscr, TRUE);
    scrollok(stdscr, FALSE);
    return true;
}

// ncurses flushes at each cursor movement until it has been through one endwin and back. That once happens here,
// unseen.
static void end_flushing(void) {
    refresh();
    endwin();
    lseek(s.capture, 0, SEEK_SET);
}

static int fail(int status) {
    int saved_errno = errno;
    if (s.screen) {
        endwin();
        delscreen(s.screen);
    }
    cn_modes(false);
    cn_restore_disarm();
    cn_errors_release();
    cn_signals_uninstall();
    if (s.in) fclose(s.in);
    if (s.out) fclose(s.out);
    if (s.capture >= 0) close(s.capture);
    tty_close();
    memset(&s, 0, sizeof s);
    errno = saved_errno;
    return status;
}

int cn_start(const char *type, bool monochrome, struct cn_info *info) {
    memset(&s, 0, sizeof s);
    memset(info, 0, sizeof *info);
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) return CN_NOT_A_TERMINAL;
    s.tty = tty_open();
    if (s.tty < 0) return CN_CANNOT_OPEN;
    // Before newterm: ncurses then finds the signals taken and leaves them alone.
    info->wake_read = cn_signals_install();
    if (info->wake_read < 0) {
        tty_close();
        return CN_NO_RESOURCES;
    }
    info->utf8 = tty_use_locale();
    s.capture = memfd_create("frame", MFD_CLOEXEC);
    s.in = stream(s.tty, "r");
    s.out = stream(s.tty, "w");
    if (s.capture < 0 || !s.in || !s.out) return fail(CN_NO_RESOURCES);
    if (!start_screen(type, info)) return fail(CN_UNKNOWN_TYPE);
    if (!capability("cup") || !capability("clear")) return fail(CN_CANNOT_ADDRESS);
    if (dup2(s.capture, fileno(s.out)) < 0) return fail(CN_NO_RESOURCES);
    info->tty = s.tty;
    info->extras = capability("kmous") != NULL;
    s.corner_by_insertion = !capability("rmam");
    set_colors(monochrome);
    info->color = s.color;
    end_flushing();
    arm(info->extras);
    cn_modes(true);
    info->errors_read = cn_errors_capture();
    return CN_OK;
}

void cn_stop(void) {
    endwin();
    // The screen is given back already; the modes and stderr follow, whether or not the terminal took the bytes.
    cn_modes(false);
    cn_restore_disarm();
    cn_errors_release();
    cn_signals_uninstall();
    delscreen(s.screen);
    fclose(s.in);
    fclose(s.out);
    close(s.capture);
    tty_close();
    free(s.bytes);
    memset(&s, 0, sizeof s);
}

static short pair_for(int foreground, int background) {
    short *pair = &s.pairs[foreground + 1][background + 1];
    if (*pair == 0 && s.pairs_made < s.pairs_room
        && init_extended_pair(s.pairs_made, foreground, background) == OK) {
        *pair = (short)s.pairs_made++;
    }
    return *pair;
}

static attr_t attributes_for(unsigned attributes, int *foreground, int *background) {
    attr_t result = A_NORMAL;
    bool reverse = attributes & 4;
    if (attributes & 1) result |= A_BOLD;
    if (attributes & 2) result |= A_DIM;
    if (attributes & 8) result |= A_UNDERLINE;
    if (!s.color) {
        // A background is there to stand out.
        reverse = reverse || *background >= 0;
        *foreground = *background = -1;
    } else if (!s.colors_16) {
        if (*foreground == 8 && *background < 0) {
            // Grey is what is quiet: without it the default colour, dimmed, not a bold black.
            *foreground = -1;
            result |= A_DIM;
        } else if (*foreground > 7) {
            *foreground -= 8;
            result |= A_BOLD;
        }
        if (*background > 7) *background -= 8;
    }
    return reverse ? result | A_REVERSE : result;
}

void cn_put(int y, int x, int width, const uint32_t scalars[3], unsigned attributes, int foreground, int background) {
    if (!s.screen || y < 0 || x < 0 || y >= LINES || x + width > COLS || foreground > 15 || background > 15) return;
    attr_t look = attributes_for(attributes, &foreground, &background);
    short pair = foreground < 0 && background < 0 ? 0 : pair_for(foreground, background);
    wchar_t text[4] = {(wchar_t)scalars[0], (wchar_t)scalars[1], (wchar_t)scalars[2], 0};
    cchar_t cell;
    // Where the C library sees another width than the canvas, ncurses would shift the rest of the row. And where
    // automatic margins cannot be turned off (tmux, screen), ncurses fills the last corner by insertion, which cuts a
    // wide neighbour.
    bool cut = s.corner_by_insertion && width == 2 && y == LINES - 1 && x == COLS - 3;
    if (cut || wcwidth(text[0]) != width || setcchar(&cell, text, look, pair, NULL) == ERR) {
        wchar_t instead[2] = {L'?', 0};
        setcchar(&cell, instead, look, pair, NULL);
        if (width == 2) mvadd_wch(y, x + 1, &cell);
    }
    mvadd_wch(y, x, &cell);
}

void cn_erase(void) {
    if (s.screen) erase();
}

void cn_redraw(void) {
    if (s.screen) clearok(curscr, TRUE);
}

void cn_resize(int rows, int columns) {
    if (!s.screen || (rows == LINES && columns == COLS)) return;
    resize_term(rows, columns);
    clearok(curscr, TRUE);
}

void cn_cursor(bool visible, int y, int x) {
    if (!s.screen) return;
    visible = visible && y >= 0 && x >= 0 && y < LINES && x < COLS;
    leaveok(stdscr, !visible);
    if (visible) move(y, x);
    curs_set(visible ? 1 : 0);
}

static const uint8_t *collect(size_t *count) {
    off_t end = lseek(s.capture, 0, SEEK_CUR);
    size_t length = end > 0 ? (size_t)end : 0;
    *count = 0;
    if (length > s.room) {
        uint8_t *larger = realloc(s.bytes, length);
        if (!larger) return s.bytes;
        s.bytes = larger;
        s.room = length;
    }
    ssize_t n = length > 0 ? pread(s.capture, s.bytes, length, 0) : 0;
    lseek(s.capture, 0, SEEK_SET);
    *count = n > 0 ? (size_t)n : 0;
    return s.bytes;
}

const uint8_t *cn_frame(size_t *count) {
    wnoutrefresh(stdscr);
    doupdate();
    return collect(count);
}

const uint8_t *cn_leave(size_t *count) {
    endwin();
    return collect(count);
}
