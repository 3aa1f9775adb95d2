// SPDX-License-Identifier: Apache-2.0
#ifndef CNCURSES_INTERNAL_H
#define CNCURSES_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

// tty.c: the descriptor is non-blocking; -1 and errno on failure. The locale is set for what is shown: true if it is
// UTF-8.
int tty_open(void);
void tty_close(void);
const struct termios *tty_found(void);
bool tty_use_locale(void);

// signals.c: returns the read end of the wake pipe, or -1.
int cn_signals_install(void);
void cn_signals_uninstall(void);
// From now on cn_restore writes these bytes (copied, at most 512) to tty and sets these modes.
void cn_restore_arm(int tty, const struct termios *modes, const char *bytes, size_t count);
void cn_restore_disarm(void);

// errors.c: what reaches stderr while the screen is ours would ruin it.
int cn_errors_capture(void);
void cn_errors_release(void);  // async-signal-safe

#endif
