// SPDX-License-Identifier: GPL-2.0
/*
 * Several clients at once, a process each, that start together.
 *
 * Each member says through one pipe that it is prepared and waits for the end
 * of another one, whose writing end only the parent has: it starts when the
 * parent closes that, and would not hang if the parent died.
 */
#include "crowd.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/fail.h"

enum { READ, WRITE };

/**
 * struct gate - what holds the members back
 * @ready: a member writes an octet, or closes it when it fails
 * @go: closed by the parent
 */
struct gate {
	int ready[2];
	int go[2];
};

/* What a member leaves: why it failed, then its slot. */
struct record {
	char	error[FAIL_TEXT_MAX];
	char	slot[];
};

static size_t record_size(const struct crowd *crowd)
{
	return sizeof(struct record) + (crowd->slot_size + 63) / 64 * 64;
}

static struct record *record_of(const struct crowd *crowd, void *records,
				unsigned int index)
{
	return (void *)((char *)records + index * record_size(crowd));
}

static int be_member(const struct crowd *crowd, unsigned int index,
		     const struct gate *gate, void *slot)
{
	char octet = 0;
	int fd, err;

	fd = crowd->prepare(crowd->arg, index);
	if (fd < 0)
		return -1;
	if (write(gate->ready[WRITE], &octet, 1) != 1)
		return fail("cannot wait for the others: %s", strerror(errno));
	close(gate->ready[WRITE]);
	while (read(gate->go[READ], &octet, 1) < 0 && errno == EINTR)
		;
	err = crowd->run(crowd->arg, index, fd, slot);
	close(fd);
	return err;
}

__attribute__((noreturn))
static void member(const struct crowd *crowd, unsigned int index,
		   const struct gate *gate, struct record *record)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	close(gate->ready[READ]);
	close(gate->go[WRITE]);
	if (!be_member(crowd, index, gate, record->slot))
		_exit(0);
	strcpy(record->error, fail_text());
	_exit(1);
}

static int fork_members(const struct crowd *crowd, const struct gate *gate,
			void *records, pid_t *pids)
{
	unsigned int i;

	for (i = 0; i < crowd->count; i++) {
		pids[i] = fork();
		if (!pids[i])
			member(crowd, i, gate, record_of(crowd, records, i));
		if (pids[i] < 0)
			return fail("cannot make process %u: %s", i + 1,
				    strerror(errno));
	}
	return 0;
}

/* Until all have said so, or those that have not are dead. */
static bool wait_ready(const struct crowd *crowd, int fd)
{
	unsigned int i;
	ssize_t got;
	char octet;

	for (i = 0; i < crowd->count; i++) {
		do
			got = read(fd, &octet, 1);
		while (got < 0 && errno == EINTR);
		if (got != 1)
			return false;
	}
	return true;
}

static int reap(const struct crowd *crowd, void *records, const pid_t *pids)
{
	unsigned int i;
	int status, err = 0;

	for (i = 0; i < crowd->count && pids[i] > 0; i++) {
		while (waitpid(pids[i], &status, 0) < 0 && errno == EINTR)
			;
		if (!status)
			continue;
		err = -1;
		if (record_of(crowd, records, i)->error[0])
			fail("%s", record_of(crowd, records, i)->error);
	}
	return err ? fail("a client was killed") : 0;
}

static int run_members(const struct crowd *crowd, void *records, pid_t *pids)
{
	unsigned int i;
	struct gate gate;
	bool ready;
	int err;

	if (pipe(gate.ready))
		return fail("cannot make a pipe: %s", strerror(errno));
	if (pipe(gate.go)) {
		close(gate.ready[READ]);
		close(gate.ready[WRITE]);
		return fail("cannot make a pipe: %s", strerror(errno));
	}
	err = fork_members(crowd, &gate, records, pids);
	close(gate.ready[WRITE]);
	close(gate.go[READ]);
	ready = !err && wait_ready(crowd, gate.ready[READ]);
	for (i = 0; !ready && i < crowd->count && pids[i] > 0; i++)
		kill(pids[i], SIGTERM);
	close(gate.go[WRITE]);
	close(gate.ready[READ]);
	return reap(crowd, records, pids) || err ? -1 : 0;
}

static void *map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* From records to slots alone, in the same memory. */
static void pack(const struct crowd *crowd, char *records)
{
	unsigned int i;

	for (i = 0; i < crowd->count; i++)
		memmove(records + i * crowd->slot_size,
			record_of(crowd, records, i)->slot, crowd->slot_size);
}

void *crowd_run(const struct crowd *crowd)
{
	size_t size = record_size(crowd) * crowd->count;
	pid_t *pids = calloc(crowd->count, sizeof(*pids));
	void *records = map(size);
	int err;

	if (!pids || !records)
		err = fail("not enough memory for %u clients", crowd->count);
	else
		err = run_members(crowd, records, pids);
	free(pids);
	if (!err) {
		pack(crowd, records);
		return records;
	}
	if (records)
		munmap(records, size);
	return NULL;
}

void crowd_free(const struct crowd *crowd, void *slots)
{
	munmap(slots, record_size(crowd) * crowd->count);
}
