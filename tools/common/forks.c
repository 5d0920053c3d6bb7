// SPDX-License-Identifier: GPL-2.0
/* A server that gives each client a process, within a limit. */
#include "common/forks.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/fail.h"

static void on_child(int sig)
{
	(void)sig;	/* only interrupts poll(), so that children are reaped */
}

static void reap(unsigned int *running, unsigned int max)
{
	while (*running &&
	       waitpid(-1, NULL, *running >= max ? 0 : WNOHANG) > 0)
		(*running)--;
}

static int accept_any(const struct sock_listeners *listeners,
		      struct sockaddr_storage *peer)
{
	struct pollfd polls[SOCK_LISTEN_MAX];
	socklen_t len = sizeof(*peer);
	unsigned int i;

	for (i = 0; i < listeners->count; i++)
		polls[i] = (struct pollfd){ listeners->fds[i], POLLIN, 0 };
	if (poll(polls, listeners->count, -1) < 0)
		return -1;
	for (i = 0; i < listeners->count; i++)
		if (polls[i].revents)
			return accept4(polls[i].fd, (struct sockaddr *)peer, &len,
				       SOCK_CLOEXEC);
	errno = EAGAIN;
	return -1;
}

/* Errors of one client or of a moment, as accept(2) lists them. */
static bool accept_may_go_on(int err)
{
	static const struct timespec moment = { .tv_nsec = 100000000 };

	switch (err) {
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		nanosleep(&moment, NULL);
		return true;
	case EBADF:
	case EINVAL:
	case ENOTSOCK:
	case EFAULT:
		return false;
	default:
		return true;
	}
}

int forks_serve(const struct sock_listeners *listeners, unsigned int max,
		int (*session)(int fd, const char *peer, const void *arg),
		const void *arg)
{
	struct sigaction action = { .sa_handler = on_child };
	struct sock_listeners copy = *listeners;
	pid_t child, parent = getpid();
	struct sockaddr_storage peer;
	unsigned int running = 0;
	char name[SOCK_NAME_MAX];
	int fd;

	sigaction(SIGCHLD, &action, NULL);
	for (;;) {
		reap(&running, max);
		fd = accept_any(listeners, &peer);
		if (fd < 0) {
			if (accept_may_go_on(errno))
				continue;
			return fail("cannot accept clients: %s", strerror(errno));
		}
		sock_name(&peer, name);
		child = fork();
		if (!child) {
			signal(SIGCHLD, SIG_DFL);
			prctl(PR_SET_PDEATHSIG, SIGTERM);
			if (getppid() != parent)
				_exit(1);
			sock_listeners_close(&copy);
			_exit(session(fd, name, arg));
		}
		if (child > 0)
			running++;
		else
			say_error("cannot serve %s: %s", name, strerror(errno));
		close(fd);
	}
}
