// SPDX-License-Identifier: GPL-2.0
/* Errors: one clear sentence per failure, kept until someone reports it. */
#include "common/fail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static char text[FAIL_TEXT_MAX];

int fail(const char *fmt, ...)
{
	va_list args;

	if (text[0])
		return -1;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return -1;
}

const char *fail_text(void)
{
	return text[0] ? text : "failed without a reason (this is a bug)";
}

void fail_clear(void)
{
	text[0] = 0;
}

void say_error(const char *fmt, ...)
{
	char line[FAIL_TEXT_MAX + 5120];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	/* One write, or the lines of several processes mix. */
	fflush(stdout);
	dprintf(STDERR_FILENO, "%s: %s\n", program_invocation_short_name, line);
}

void make_printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f ||
		    ((unsigned char)*text >= 0x80 && (unsigned char)*text < 0xa0))
			*text = '?';
}
