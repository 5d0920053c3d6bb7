/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The printer: what a tool reports goes through here, as text or, after
 * out_open(true), as one JSON object at the end.
 *
 * Every value has a JSON @key, which may be NULL when the value is only for
 * readers, and a text @fmt, which may be NULL when it is only for programs.
 */
#ifndef TOOLS_OUT_H
#define TOOLS_OUT_H

#include <stdbool.h>
#include <stdint.h>

void out_open(bool json);
bool out_is_json(void);

/* JSON from now on in one line, as a stream of objects needs it. */
void out_compact(void);

void out_str(const char *key, const char *fmt, const char *value);
void out_u64(const char *key, const char *fmt, uint64_t value);
void out_double(const char *key, const char *fmt, double value);
void out_bool(const char *key, bool value);
void out_null(const char *key);

/* Text alone: headings, line ends. */
__attribute__((format(printf, 1, 2)))
void out_text(const char *fmt, ...);

/* Objects and lists nest; an element of a list has no key. */
void out_object_begin(const char *key);
void out_object_end(void);
void out_list_begin(const char *key);
void out_list_end(void);

/* Prints the JSON object. Return: 0, or -1 after fail(): output is lost. */
int out_close(void);

#endif /* TOOLS_OUT_H */
