// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full debug short
 * timeout: 120
 *
 * The cgroup BPF hooks of addresses: programs that are attached to a cgroup see,
 * refuse and change what its sockets bind and connect to. They are written by
 * hand, for they are a few instructions each.
 */
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/hps.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "pair.h"

#define CTX(field)	offsetof(struct bpf_sock_addr, field)

#define INSN(_code, _dst, _src, _off, _imm) ((struct bpf_insn){		\
	.code = (_code), .dst_reg = (_dst), .src_reg = (_src),		\
	.off = (_off), .imm = (_imm) })
#define MOV_IMM(dst, imm)	INSN(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm)
#define MOV_REG(dst, src)	INSN(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0)
#define ADD_IMM(dst, imm)	INSN(BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, imm)
#define LOAD(dst, src, off)	INSN(BPF_LDX | BPF_MEM | BPF_W, dst, src, off, 0)
#define STORE(dst, off, src)	INSN(BPF_STX | BPF_MEM | BPF_W, dst, src, off, 0)
#define STORE_IMM(dst, off, imm) INSN(BPF_ST | BPF_MEM | BPF_W, dst, 0, off, imm)
#define SKIP_UNLESS(dst, imm, n) INSN(BPF_JMP | BPF_JNE | BPF_K, dst, 0, n, imm)
#define CALL(id)		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, id)
#define EXIT()			INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

#define COUNT(array)		(sizeof(array) / sizeof((array)[0]))

static int protocol(void)
{
	return is_hps() ? IPPROTO_HPS : IPPROTO_TCP;
}

static bool is_v6(void)
{
	return v->family == AF_INET6;
}

static int bind_type(void)
{
	return is_v6() ? BPF_CGROUP_INET6_BIND : BPF_CGROUP_INET4_BIND;
}

static int connect_type(void)
{
	return is_v6() ? BPF_CGROUP_INET6_CONNECT : BPF_CGROUP_INET4_CONNECT;
}

static long bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

/* A cgroup of its own, with this process in it. */
static int enter_cgroup(void)
{
	static const char root[] = "/tmp/hps-cgroup";
	char path[100];
	int fd, dir;

	CHECK(unshare(CLONE_NEWNS) == 0);
	CHECK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	mkdir(root, 0700);
	if (mount("none", root, "cgroup2", 0, NULL))
		test_skip("no cgroup2");
	snprintf(path, sizeof(path), "%s/hooks-%d", root, getpid());
	CHECK(mkdir(path, 0700) == 0);
	dir = open(path, O_RDONLY | O_DIRECTORY);
	CHECK(dir >= 0);
	fd = openat(dir, "cgroup.procs", O_WRONLY);
	CHECK(fd >= 0 && write(fd, "0", 1) == 1);
	close(fd);
	return dir;
}

static void attach(int cgroup, int type, const struct bpf_insn *insn, size_t n)
{
	static char log[65536];
	union bpf_attr load = {
		.prog_type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
		.expected_attach_type = type,
		.insns = (uintptr_t)insn,
		.insn_cnt = n,
		.license = (uintptr_t)"GPL",
		.log_buf = (uintptr_t)log,
		.log_size = sizeof(log),
		.log_level = 1,
	};
	union bpf_attr att = { .target_fd = cgroup, .attach_type = type };
	int fd = bpf(BPF_PROG_LOAD, &load);

	if (fd < 0)
		test_fail(__FILE__, __LINE__, "load: %s", log);
	att.attach_bpf_fd = fd;
	CHECK(bpf(BPF_PROG_ATTACH, &att) == 0);
	close(fd);
}

static void detach(int cgroup, int type)
{
	union bpf_attr att = { .target_fd = cgroup, .attach_type = type };

	CHECK(bpf(BPF_PROG_DETACH, &att) == 0);
}

/* Refuses if the context says what it must say about our sockets. */
static void attach_refuse(int cgroup, int type)
{
	const struct bpf_insn refuse[] = {
		MOV_IMM(BPF_REG_0, 1),
		LOAD(BPF_REG_2, BPF_REG_1, CTX(protocol)),
		SKIP_UNLESS(BPF_REG_2, protocol(), 5),
		LOAD(BPF_REG_2, BPF_REG_1, CTX(family)),
		SKIP_UNLESS(BPF_REG_2, v->family, 3),
		LOAD(BPF_REG_2, BPF_REG_1, CTX(type)),
		SKIP_UNLESS(BPF_REG_2, v->type, 1),
		MOV_IMM(BPF_REG_0, 0),
		EXIT(),
	};

	attach(cgroup, type, refuse, COUNT(refuse));
}

/* Changes the port that is named. */
static void attach_port(int cgroup, int type, int port)
{
	const struct bpf_insn change[] = {
		LOAD(BPF_REG_2, BPF_REG_1, CTX(protocol)),
		SKIP_UNLESS(BPF_REG_2, protocol(), 2),
		MOV_IMM(BPF_REG_2, htons(port)),
		STORE(BPF_REG_1, CTX(user_port), BPF_REG_2),
		MOV_IMM(BPF_REG_0, 1),
		EXIT(),
	};

	attach(cgroup, type, change, COUNT(change));
}

static int try_bind(int fd, int port)
{
	union address addr;
	socklen_t len = loopback(&addr, port);

	return bind(fd, &addr.sa, len);
}

TEST(bind_is_refused, V_ALL)
{
	int cgroup = enter_cgroup(), fd = new_socket();

	attach_refuse(cgroup, bind_type());
	CHECK_ERR(try_bind(fd, 0), EPERM);
	detach(cgroup, bind_type());
	CHECK(try_bind(fd, 0) == 0);
}

TEST(bind_is_changed, V_ALL)
{
	int cgroup = enter_cgroup(), fd = new_socket();

	attach_port(cgroup, bind_type(), 4321);
	CHECK(try_bind(fd, 1234) == 0);
	CHECK_EQ(port_of(fd), 4321);
}

/* A program may allow privileged ports. */
TEST(bind_without_capability, V_ALL)
{
	const struct bpf_insn allow[] = {
		MOV_IMM(BPF_REG_0, 3),
		EXIT(),
	};
	int cgroup = enter_cgroup(), fd = new_socket();

	attach(cgroup, bind_type(), allow, COUNT(allow));
	CHECK(seteuid(65534) == 0);
	CHECK(try_bind(fd, 80) == 0);
	CHECK(seteuid(0) == 0);
	detach(cgroup, bind_type());
	CHECK(seteuid(65534) == 0);
	CHECK_ERR(try_bind(new_socket(), 81), EACCES);
}

TEST(connect_is_refused, V_ALL)
{
	int cgroup = enter_cgroup(), port = port_of(listener(1));
	int fd = new_socket();

	attach_refuse(cgroup, connect_type());
	CHECK_ERR(try_connect(fd, port), EPERM);
	detach(cgroup, connect_type());
	CHECK(try_connect(fd, port) == 0);
}

TEST(connect_is_changed, V_ALL)
{
	int cgroup = enter_cgroup(), lst = listener(1), fd = new_socket();

	attach_port(cgroup, connect_type(), port_of(lst));
	CHECK(try_connect(fd, 1) == 0);
	CHECK(accept(lst, NULL, NULL) >= 0);
}

/* Sockets of other cgroups are not concerned, whoever calls connect(). */
TEST(hooks_go_by_the_sockets_cgroup, V_ALL)
{
	int other = new_socket(), port = port_of(listener(1));
	int cgroup = enter_cgroup();

	attach_refuse(cgroup, connect_type());
	CHECK_ERR(try_connect(new_socket(), port), EPERM);
	CHECK(try_connect(other, port) == 0);
}

/* A program may choose the source address; a port it cannot choose so. */
TEST(connect_source_is_chosen, V_ALL)
{
	const struct bpf_insn choose[] = {
		MOV_REG(BPF_REG_6, BPF_REG_1),
		LOAD(BPF_REG_2, BPF_REG_1, CTX(protocol)),
		SKIP_UNLESS(BPF_REG_2, protocol(), 8),
		STORE_IMM(BPF_REG_10, -16, AF_INET),
		STORE_IMM(BPF_REG_10, -12, htonl(0x7f000309)),
		STORE_IMM(BPF_REG_10, -8, 0),
		STORE_IMM(BPF_REG_10, -4, 0),
		MOV_REG(BPF_REG_2, BPF_REG_10),
		ADD_IMM(BPF_REG_2, -16),
		MOV_IMM(BPF_REG_3, 16),
		CALL(BPF_FUNC_bind),
		MOV_IMM(BPF_REG_0, 1),
		EXIT(),
	};
	int cgroup = enter_cgroup(), lst = listener(1), fd = new_socket();
	socklen_t len = sizeof(union address);
	union address addr;

	/* It takes a second loopback address. */
	if (is_v6())
		return;
	attach(cgroup, connect_type(), choose, COUNT(choose));
	CHECK(try_connect(fd, port_of(lst)) == 0);
	CHECK(getsockname(fd, &addr.sa, &len) == 0);
	CHECK_EQ(ntohl(addr.in.sin_addr.s_addr), 0x7f000309);
	fd = accept(lst, &addr.sa, &len);
	CHECK(fd >= 0);
	CHECK_EQ(ntohl(addr.in.sin_addr.s_addr), 0x7f000309);
}

/* Options that a program sets must not harm a socket of any family. */
TEST(connect_sets_options, V_ALL)
{
	const struct bpf_insn set[] = {
		MOV_REG(BPF_REG_6, BPF_REG_1),
		LOAD(BPF_REG_2, BPF_REG_1, CTX(protocol)),
		SKIP_UNLESS(BPF_REG_2, protocol(), 14),
		STORE_IMM(BPF_REG_10, -4, 42),
		MOV_IMM(BPF_REG_2, SOL_SOCKET),
		MOV_IMM(BPF_REG_3, SO_MARK),
		MOV_REG(BPF_REG_4, BPF_REG_10),
		ADD_IMM(BPF_REG_4, -4),
		MOV_IMM(BPF_REG_5, 4),
		CALL(BPF_FUNC_setsockopt),
		MOV_REG(BPF_REG_1, BPF_REG_6),
		MOV_IMM(BPF_REG_2, is_v6() ? IPPROTO_IPV6 : IPPROTO_IP),
		MOV_IMM(BPF_REG_3, is_v6() ? IPV6_TCLASS : IP_TOS),
		MOV_REG(BPF_REG_4, BPF_REG_10),
		ADD_IMM(BPF_REG_4, -4),
		MOV_IMM(BPF_REG_5, 4),
		CALL(BPF_FUNC_setsockopt),
		MOV_IMM(BPF_REG_0, 1),
		EXIT(),
	};
	int cgroup = enter_cgroup(), lst = listener(1), fd = new_socket();

	attach(cgroup, connect_type(), set, COUNT(set));
	CHECK(try_connect(fd, port_of(lst)) == 0);
	CHECK_EQ(get_int(fd, SOL_SOCKET, SO_MARK), 42);
	/* without the ECN bits */
	CHECK_EQ(is_v6() ? get_int(fd, IPPROTO_IPV6, IPV6_TCLASS) :
			   get_int(fd, IPPROTO_IP, IP_TOS), 40);
}

TEST(names_are_changed, V_ALL)
{
	int type = is_v6() ? BPF_CGROUP_INET6_GETPEERNAME :
			     BPF_CGROUP_INET4_GETPEERNAME;
	int cgroup = enter_cgroup();
	union address addr;
	socklen_t len = sizeof(addr);
	struct pair p;

	attach_port(cgroup, type, 4321);
	pair_open(&p);
	CHECK(getpeername(p.a, &addr.sa, &len) == 0);
	CHECK_EQ(ntohs(is_v6() ? addr.in6.sin6_port : addr.in.sin_port), 4321);
	detach(cgroup, type);
	CHECK(getpeername(p.a, &addr.sa, &len) == 0);
	CHECK_EQ(ntohs(is_v6() ? addr.in6.sin6_port : addr.in.sin_port),
		 port_of(p.lst));
}
