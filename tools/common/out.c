// SPDX-License-Identifier: GPL-2.0
/* The printer: text or JSON from the same calls. */
#include "common/out.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "common/fail.h"

#define DEPTH_MAX	8

static bool json;
static int json_style = JSON_C_TO_STRING_PRETTY;
static struct json_object *stack[DEPTH_MAX];
static unsigned int depth;

void out_open(bool as_json)
{
	json = as_json;
	depth = 0;
	if (json)
		stack[depth] = json_object_new_object();
}

bool out_is_json(void)
{
	return json;
}

void out_compact(void)
{
	json_style = JSON_C_TO_STRING_PLAIN;
}

/* Octets of the character at @s, which does not end before; 0: it is not UTF-8. */
static unsigned int utf8_length(const unsigned char *s)
{
	/* What must stand second: no overlong form, no surrogate, none beyond U+10FFFF. */
	unsigned char least = *s == 0xe0 ? 0xa0 : *s == 0xf0 ? 0x90 : 0x80;
	unsigned char most = *s == 0xed ? 0x9f : *s == 0xf4 ? 0x8f : 0xbf;
	unsigned int n, i;

	if (*s < 0x80)
		return 1;
	if (*s < 0xc2 || *s > 0xf4 || s[1] < least || s[1] > most)
		return 0;
	n = *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : 4;
	for (i = 2; i < n; i++)
		if (s[i] >> 6 != 2)
			return 0;
	return n;
}

/* Names of files and links can be any octets, JSON must be UTF-8: others become "?". */
static struct json_object *json_text(const char *value)
{
	struct json_object *text = NULL;
	unsigned char *c, *copy;
	unsigned int n;

	copy = (unsigned char *)strdup(value);
	if (!copy)
		return NULL;
	for (c = copy; *c; c += n) {
		n = utf8_length(c);
		if (!n) {
			*c = '?';
			n = 1;
		}
	}
	text = json_object_new_string((char *)copy);
	free(copy);
	return text;
}

static void add(const char *key, struct json_object *value)
{
	if (json_object_is_type(stack[depth], json_type_array))
		json_object_array_add(stack[depth], value);
	else
		json_object_object_add(stack[depth], key, value);
}

static bool wants_json(const char *key)
{
	return json && (key || json_object_is_type(stack[depth], json_type_array));
}

/* The formats are literals of the callers; a table row passes them through. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
void out_str(const char *key, const char *fmt, const char *value)
{
	if (wants_json(key))
		add(key, json_text(value));
	else if (!json && fmt)
		printf(fmt, value);
}

void out_u64(const char *key, const char *fmt, uint64_t value)
{
	if (wants_json(key))
		add(key, json_object_new_uint64(value));
	else if (!json && fmt)
		printf(fmt, (unsigned long long)value);
}

void out_double(const char *key, const char *fmt, double value)
{
	char digits[64];

	snprintf(digits, sizeof(digits), "%.9g", value);
	if (wants_json(key))
		add(key, json_object_new_double_s(value, digits));
	else if (!json && fmt)
		printf(fmt, value);
}

void out_text(const char *fmt, ...)
{
	va_list args;

	if (json)
		return;
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
}
#pragma GCC diagnostic pop

void out_bool(const char *key, bool value)
{
	if (wants_json(key))
		add(key, json_object_new_boolean(value));
}

void out_null(const char *key)
{
	if (wants_json(key))
		add(key, NULL);
}

static void push(const char *key, struct json_object *(*create)(void))
{
	struct json_object *child;

	if (!json)
		return;
	if (depth + 1 == DEPTH_MAX)
		abort();
	child = create();
	add(key, child);
	stack[++depth] = child;
}

static struct json_object *new_list(void)
{
	return json_object_new_array();
}

static struct json_object *new_object(void)
{
	return json_object_new_object();
}

void out_object_begin(const char *key)
{
	push(key, new_object);
}

void out_object_end(void)
{
	if (json)
		depth--;
}

void out_list_begin(const char *key)
{
	push(key, new_list);
}

void out_list_end(void)
{
	if (json)
		depth--;
}

int out_close(void)
{
	if (json) {
		puts(json_object_to_json_string_ext(stack[0],
				json_style | JSON_C_TO_STRING_NOSLASHESCAPE));
		json_object_put(stack[0]);
		stack[0] = NULL;
	}
	if (fflush(stdout) || ferror(stdout))
		return fail("cannot write the report: %s", strerror(errno));
	return 0;
}
