// SPDX-License-Identifier: GPL-2.0
/* Reads what users write: sizes, numbers, ports, remote names. */
#include "common/parse.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/fail.h"

static int suffix_shift(const char *suffix)
{
	static const char letters[] = "kmgt";
	const char *at;

	if (!*suffix)
		return 0;
	at = strchr(letters, tolower((unsigned char)*suffix));
	if (!at || suffix[1])
		return -1;
	return 10 * (at - letters + 1);
}

int parse_size(const char *text, uint64_t *size)
{
	unsigned long long number;
	char *end;
	int shift;

	if (!isdigit((unsigned char)*text))
		return fail("'%s' is not a size (such as 4096, 64k, 1M or 3G)", text);
	errno = 0;
	number = strtoull(text, &end, 10);
	shift = suffix_shift(end);
	if (shift < 0)
		return fail("'%s' is not a size (such as 4096, 64k, 1M or 3G)", text);
	if (errno || number > (uint64_t)INT64_MAX >> shift)
		return fail("the size '%s' is too large", text);
	*size = number << shift;
	return 0;
}

int parse_number(const char *text, const char *what, uint64_t min,
		 uint64_t max, uint64_t *number)
{
	unsigned long long value = 0;
	char *end = NULL;

	errno = 0;
	if (isdigit((unsigned char)*text))
		value = strtoull(text, &end, 10);
	if (!end || *end || errno || value < min || value > max)
		return fail("%s '%s' is not a number from %llu to %llu", what, text,
			    (unsigned long long)min, (unsigned long long)max);
	*number = value;
	return 0;
}

int parse_seconds(const char *text, double *seconds)
{
	char *end;

	*seconds = strtod(text, &end);
	if (end == text || *end || !isfinite(*seconds) || *seconds <= 0 ||
	    *seconds > 1e9)
		return fail("'%s' is not a time in seconds above zero", text);
	return 0;
}

int parse_remote(char *text, const char **host, const char **path)
{
	char *colon;

	*host = text;
	if (*text == '[') {
		*host = text + 1;
		colon = strchr(text, ']');
		if (!colon || colon[1] != ':')
			return fail("'%s' is not [HOST]:PATH", text);
		*colon++ = 0;
	} else {
		colon = strchr(text, ':');
		if (!colon)
			return fail("'%s' names no host: write HOST:PATH", text);
	}
	*colon = 0;
	*path = colon + 1;
	if (!**host || !**path)
		return fail("HOST:PATH needs both a host and a path");
	return 0;
}

int parse_host_port(char *text, const char **host, unsigned int *port)
{
	char *colon = strchr(text, ':');
	uint64_t number;

	*host = text;
	if (*text == '[') {
		*host = text + 1;
		colon = strchr(text, ']');
		if (!colon || (colon[1] && colon[1] != ':'))
			return fail("'%s' is not [HOST]:PORT", text);
		*colon++ = 0;
	}
	/* An IPv6 address by itself has several. */
	if (colon && *colon && (*text == '[' || !strchr(colon + 1, ':'))) {
		if (parse_number(colon + 1, "the port", 1, 65535, &number))
			return -1;
		*colon = 0;
		*port = number;
	}
	if (!**host)
		return fail("a host is missing before the port");
	return 0;
}
