// SPDX-License-Identifier: GPL-2.0
/* hpscp serve: offers the files beneath a directory. */
#include "serve.h"

#include <sys/stat.h>

#include "beneath.h"
#include "common/fail.h"
#include "common/forks.h"
#include "key.h"
#include "options.h"
#include "session.h"

/* Who may not look at process 1 cannot tell, and then the answer is no. */
static bool in_own_network_namespace(void)
{
	struct stat first, self;

	if (stat("/proc/1/ns/net", &first) || stat("/proc/self/ns/net", &self))
		return false;
	return first.st_dev != self.st_dev || first.st_ino != self.st_ino;
}

static int check_exposure(const struct options *options,
			  const struct sock_listeners *listeners)
{
	if (options->key_file || sock_listeners_on_loopback(listeners) ||
	    in_own_network_namespace())
		return 0;
	return fail("'%s' reaches beyond loopback: give --key FILE, so that not everybody can %s these files",
		    options->bind, options->writable ? "write" : "read");
}

int serve_run(const struct options *options, char **args)
{
	struct session_policy policy = {
		.writable = options->writable,
		.quiet = options->quiet,
		.idle_ms = options->sock.timeout_ms,
	};
	struct sock_listeners listeners;
	struct sock_params params = options->sock;
	static struct key key;

	if (options->key_file) {
		if (key_load(&key, options->key_file))
			return -1;
		policy.key = &key;
	}
	policy.root = beneath_open_root(args[0]);
	if (policy.root < 0)
		return -1;
	if (sock_listen(&params, options->bind, options->port, &listeners) ||
	    check_exposure(options, &listeners))
		return -1;
	sock_listeners_announce(&listeners);
	return forks_serve(&listeners, options->max_clients, session_run, &policy);
}
