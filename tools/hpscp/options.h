/* SPDX-License-Identifier: GPL-2.0 */
/* What the command line says. */
#ifndef HPSCP_OPTIONS_H
#define HPSCP_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/sock.h"
#include "proto.h"

/**
 * struct options - all options of all commands
 * @part: --range was given
 * @part_to_end: it has no length
 * @max_clients: of serve
 */
struct options {
	struct sock_params	sock;
	unsigned int		port;
	const char		*key_file;
	bool			quiet;
	bool			json;
	bool			times;
	bool			direct;
	enum cp_checksum	checksum;
	bool			part;
	bool			part_to_end;
	uint64_t		offset;
	uint64_t		length;
	const char		*bind;
	bool			writable;
	unsigned int		max_clients;
};

#endif /* HPSCP_OPTIONS_H */
