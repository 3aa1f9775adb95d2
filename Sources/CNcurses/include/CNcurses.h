// SPDX-License-Identifier: Apache-2.0
//
// The terminal for Swift: ncurses as an encoder of frames, and the signals. Plain C types only, since ncurses' globals
// and macros do not import into Swift 6. One screen a process; all of it belongs to one thread, unless a function says
// otherwise.
#ifndef CNCURSES_H
#define CNCURSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cn_status {
    CN_OK = 0,
    CN_NOT_A_TERMINAL = 1,   // stdin or stdout
    CN_CANNOT_OPEN = 2,      // errno says why
    CN_UNKNOWN_TYPE = 3,     // nor is one of the fallbacks known
    CN_CANNOT_ADDRESS = 4,   // such as TERM=dumb: no cursor movement
    CN_NO_RESOURCES = 5,     // errno says why
};

struct cn_info {
    int tty;             // non-blocking, for reading and writing; closed by cn_stop
    int wake_read;       // bytes: a signal's number, or 0 for cn_wake
    int errors_read;     // what others write to stderr meanwhile, or -1; hand it to cn_keep_errors
    bool utf8;
    bool color;
    bool extras;         // speaks xterm's private modes: mouse, paste, focus
    char type[64];       // the terminfo entry in use
};

// Opens the controlling terminal and takes it over: raw-ish modes, signal handlers, ncurses. The screen is not touched
// until the first frame. After a failure everything is as before.
int cn_start(const char *type, bool monochrome, struct cn_info *info);
// Puts back modes, signal handlers and stderr. The bytes of cn_leave must have been written (or given up) before.
void cn_stop(void);

// Frames. Coordinates are clipped; attributes: 1 bold, 2 dim, 4 reverse, 8 underline; colours: -1 default, 0...15.
void cn_put(int y, int x, int width, const uint32_t scalars[3], unsigned attributes, int foreground, int background);
void cn_erase(void);
// The next frame clears and draws everything, whatever ncurses believes is there.
void cn_redraw(void);
void cn_resize(int rows, int columns);
// Shows the text cursor at this cell, or hides it.
void cn_cursor(bool visible, int y, int x);
// Encodes the difference since the last frame; the bytes are valid until the next call of any function here.
const uint8_t *cn_frame(size_t *count);
// The bytes that give the screen back (as for a stop or a suspension); the next cn_frame takes it again, in full.
const uint8_t *cn_leave(size_t *count);

// The terminal's modes: ours, or those that were found at the start.
void cn_modes(bool ours);
bool cn_size(int *rows, int *columns);
// The bytes of a terminfo key such as "kcuu1", or NULL.
const char *cn_key(const char *capability);

// Wakes the thread that polls wake_read. From any thread; nothing happens when nothing runs.
void cn_wake(void);
// Stops the process as Ctrl-Z does, and returns when it runs again.
void cn_suspend(void);
// Restores the terminal with nothing but async-signal-safe calls. From anywhere, also twice.
void cn_restore(void);
// Keeps the newest of these bytes, to be shown on stderr once the screen is given back.
void cn_keep_errors(const uint8_t *bytes, size_t count);
// From any thread: gives it a stack for signal handlers, so that a stack overflow restores the terminal too. Cheap when
// it has one.
void cn_alternate_stack(bool install);
void cn_exit_now(int status);

#endif
