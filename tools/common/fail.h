/* SPDX-License-Identifier: GPL-2.0 */
/* Errors: one clear sentence per failure, kept until someone reports it. */
#ifndef TOOLS_FAIL_H
#define TOOLS_FAIL_H

#define FAIL_TEXT_MAX	512

/**
 * fail() - remember why the work cannot go on
 * @fmt: a sentence without program name, full stop and newline
 *
 * The first sentence since fail_clear() is kept: what fails while cleaning up
 * does not hide the cause. Processes handle one job, so there is one sentence.
 *
 * Return: -1, so that a caller can "return fail(...)".
 */
__attribute__((format(printf, 1, 2)))
int fail(const char *fmt, ...);

const char *fail_text(void);
void fail_clear(void);

/* Prints "PROGRAM: sentence" on stderr. */
__attribute__((format(printf, 1, 2)))
void say_error(const char *fmt, ...);

/* Replaces what could drive a terminal; @text may come from the peer. */
void make_printable(char *text);

#endif /* TOOLS_FAIL_H */
