// SPDX-License-Identifier: GPL-2.0
/*
 * A qemu plugin that counts how often each block of instructions is run, for
 * `profile`. With -icount all processors run in one thread: counts are exact.
 *
 * Argument control=FIFO: for each line, the name of a file, what was counted
 * since the line before is written there: "address instructions times" per
 * block; "-" only begins anew.
 *
 * Debian has no package with qemu's header, so what is used of it stands here,
 * as in version 1 of the plugin interface (qemu 4.2 to 9.0).
 */
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT	__attribute__((visibility("default")))

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb,
					      enum qemu_plugin_op op, void *ptr,
					      uint64_t imm);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
					   void (*cb)(qemu_plugin_id_t id,
						      struct qemu_plugin_tb *tb));

EXPORT int qemu_plugin_version = 1;

/* Blocks by address and length, of all programs that ran since the boot. */
#define BLOCKS_LOG	23
#define BLOCKS		(1 << BLOCKS_LOG)

static struct block {
	uint64_t	address;
	uint64_t	instructions;
	uint64_t	times;
	uint64_t	told;
} *blocks;

static struct block *find(uint64_t address, uint64_t instructions)
{
	static unsigned int used;
	uint64_t h = (address ^ instructions << 48) * 0x9E3779B97F4A7C15ull;
	struct block *b;

	for (h >>= 64 - BLOCKS_LOG; ; h = (h + 1) % BLOCKS) {
		b = &blocks[h];
		if (b->instructions == instructions && b->address == address)
			return b;
		if (!b->instructions)
			break;
	}
	if (++used > BLOCKS / 4 * 3) {
		fputs("count: too many blocks\n", stderr);
		exit(1);
	}
	b->address = address;
	b->instructions = instructions;
	return b;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	struct block *b = find(qemu_plugin_tb_vaddr(tb),
			       qemu_plugin_tb_n_insns(tb));

	(void)id;
	qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64,
						 &b->times, 1);
}

static void tell(FILE *f)
{
	struct block *b;
	uint64_t times;

	for (b = blocks; b < blocks + BLOCKS; b++) {
		times = b->times;
		if (f && times != b->told)
			fprintf(f, "%" PRIx64 " %" PRIu64 " %" PRIu64 "\n",
				b->address, b->instructions, times - b->told);
		b->told = times;
	}
}

static void *obey(void *path)
{
	char name[4096], part[sizeof(name) + 8];
	FILE *control = fopen(path, "r"), *f;

	while (control && fgets(name, sizeof(name), control)) {
		name[strcspn(name, "\n")] = '\0';
		if (!strcmp(name, "-")) {
			tell(NULL);
			continue;
		}
		/* Renamed when it is whole. */
		snprintf(part, sizeof(part), "%s.part", name);
		f = fopen(part, "w");
		tell(f);
		if (!f || fclose(f) || rename(part, name))
			perror(name);
	}
	return NULL;
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc,
			       char **argv)
{
	static const char key[] = "control=";
	sigset_t all, old;
	pthread_t thread;
	int err;

	(void)info;
	blocks = calloc(BLOCKS, sizeof(*blocks));
	if (!blocks || argc != 1 || strncmp(argv[0], key, strlen(key)))
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	/* qemu's signals are for its own threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&thread, NULL, obey, strdup(argv[0] + strlen(key)));
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return err;
}
