/* SPDX-License-Identifier: GPL-2.0 */
/* Reads what users write: sizes, numbers, ports, remote names. */
#ifndef TOOLS_PARSE_H
#define TOOLS_PARSE_H

#include <stdint.h>

/* "64k", "1M", "3G", "2T" (powers of 1024). -1 and fail() when malformed. */
int parse_size(const char *text, uint64_t *size);

/* A decimal number from @min to @max; @what names it in the error. */
int parse_number(const char *text, const char *what, uint64_t min,
		 uint64_t max, uint64_t *number);

/* "0.5", "10": seconds, more than zero. */
int parse_seconds(const char *text, double *seconds);

/**
 * parse_remote() - split HOST:PATH or [HOST]:PATH
 * @text: changed in place; @host and @path point into it
 */
int parse_remote(char *text, const char **host, const char **path);

/**
 * parse_host_port() - split HOST, HOST:PORT or [HOST]:PORT
 * @text: changed in place; @host points into it
 * @port: left alone if there is none; an IPv6 address with one needs []
 */
int parse_host_port(char *text, const char **host, unsigned int *port);

#endif /* TOOLS_PARSE_H */
