// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full debug short
 * timeout: 300
 *
 * Sending and receiving: every flag, vectors, bad pointers, limits.
 */
#include <fcntl.h>
#include <linux/hps.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#include "pair.h"

#define BAD_POINTER	((void *)16)

static char buf[1 << 20];

TEST(send_recv, V_ALL)
{
	struct pair p;

	pair_open(&p);
	send_pattern(p.a, 1000, 0);
	recv_pattern(p.b, 1000, 0);
	send_pattern(p.b, 50, 7);
	recv_pattern(p.a, 50, 7);
}

TEST(write_read, V_ALL)
{
	struct pair p;

	pair_open(&p);
	CHECK_EQ(write(p.a, "hello", 5), 5);
	CHECK_EQ(read(p.b, buf, sizeof(buf)), 5);
	CHECK(!memcmp(buf, "hello", 5));
}

TEST(unconnected, V_ALL)
{
	int fd = new_socket();

	CHECK_ERR(recv(fd, buf, 1, 0), ENOTCONN);
	CHECK_ERR(send(fd, buf, 1, MSG_NOSIGNAL), EPIPE);
	CHECK_ERR(recv(fd, buf, 1, MSG_DONTWAIT), ENOTCONN);
}

TEST(dontwait, V_ALL)
{
	struct pair p;

	pair_open(&p);
	CHECK_ERR(recv(p.a, buf, 1, MSG_DONTWAIT), EAGAIN);
	send_pattern(p.b, 10, 0);
	wait_for(p.a, POLLIN);
	CHECK_EQ(recv(p.a, buf, 100, MSG_DONTWAIT), 10);
	CHECK_ERR(recv(p.a, buf, 1, MSG_DONTWAIT), EAGAIN);
}

TEST(dontwait_send_until_full, V_ALL)
{
	struct pair p;
	long sum = 0;
	ssize_t n;

	pair_open(&p);
	while ((n = send(p.a, buf, 8192, MSG_DONTWAIT)) > 0) {
		sum += n;
		CHECK(sum < 256 << 20);
	}
	CHECK_EQ(errno, EAGAIN);
	CHECK(sum >= 65536);
}

TEST(peek_leaves_data, V_ALL)
{
	struct pair p;
	int i;

	pair_open(&p);
	send_pattern(p.a, 5000, 0);
	wait_in_queue(p.b, 5000);
	for (i = 0; i < 3; i++) {
		CHECK_EQ(recv(p.b, buf, 5000, MSG_PEEK), 5000);
		CHECK(pattern_ok(buf, 5000, 0));
	}
	recv_pattern(p.b, 5000, 0);
	CHECK_ERR(recv(p.b, buf, 1, MSG_PEEK | MSG_DONTWAIT), EAGAIN);
}

TEST(peek_sees_data_of_several_sends, V_STREAM)
{
	struct pair p;
	int i;

	pair_open(&p);
	for (i = 0; i < 10; i++)
		send_pattern(p.a, 300, 300 * i);
	wait_in_queue(p.b, 3000);
	CHECK_EQ(recv(p.b, buf, 10000, MSG_PEEK), 3000);
	CHECK(pattern_ok(buf, 3000, 0));
	recv_pattern(p.b, 1000, 0);
	CHECK_EQ(recv(p.b, buf, 10000, MSG_PEEK), 2000);
	CHECK(pattern_ok(buf, 2000, 1000));
	recv_pattern(p.b, 2000, 1000);
}

TEST(peek_waitall, V_STREAM)
{
	struct pair p;

	pair_open(&p);
	send_pattern(p.a, 3000, 0);
	CHECK_EQ(recv(p.b, buf, 3000, MSG_PEEK | MSG_WAITALL), 3000);
	recv_pattern(p.b, 3000, 0);
}

TEST(peek_at_the_end, V_ALL)
{
	struct pair p;

	pair_open(&p);
	shutdown(p.a, SHUT_WR);
	CHECK_EQ(recv(p.b, buf, 1, MSG_PEEK), 0);
	CHECK_EQ(recv(p.b, buf, 1, MSG_PEEK), 0);
	CHECK_EQ(recv(p.b, buf, 1, 0), 0);
}

static void send_slowly(void *fd)
{
	int i;

	for (i = 0; i < 10; i++) {
		send_pattern(*(int *)fd, 1000, 1000 * i);
		usleep(10000);
	}
}

TEST(waitall_waits_for_all, V_STREAM)
{
	struct pair p;
	pid_t pid;

	pair_open(&p);
	pid = child(send_slowly, &p.a);
	CHECK_EQ(recv(p.b, buf, 10000, MSG_WAITALL), 10000);
	CHECK(pattern_ok(buf, 10000, 0));
	reap(pid);
}

TEST(waitall_ends_with_the_stream, V_STREAM)
{
	struct pair p;

	pair_open(&p);
	send_pattern(p.a, 700, 0);
	shutdown(p.a, SHUT_WR);
	CHECK_EQ(recv(p.b, buf, 10000, MSG_WAITALL), 700);
	CHECK_EQ(recv(p.b, buf, 10000, MSG_WAITALL), 0);
}

/* More than the buffer holds: the reader must make room meanwhile. */
static void send_3mb(void *fd)
{
	send_pattern(*(int *)fd, 3 << 20, 0);
}

TEST(waitall_beyond_the_buffer, V_STREAM)
{
	char *big = malloc(3 << 20);
	struct pair p;
	pid_t pid;

	CHECK(big);
	pair_open_small(&p, 65536, 0);
	pid = child(send_3mb, &p.a);
	CHECK_EQ(recv(p.b, big, 3 << 20, MSG_WAITALL), 3 << 20);
	CHECK(pattern_ok(big, 3 << 20, 0));
	reap(pid);
}

TEST(trunc_discards, V_STREAM)
{
	struct pair p;

	pair_open(&p);
	send_pattern(p.a, 2000, 0);
	wait_in_queue(p.b, 2000);
	memset(buf, 0x77, 1000);
	CHECK_EQ(recv(p.b, buf, 1000, MSG_TRUNC), 1000);
	CHECK_EQ(buf[0], 0x77);
	CHECK_EQ(buf[999], 0x77);
	recv_pattern(p.b, 1000, 1000);
}

TEST(trunc_needs_no_memory, V_STREAM)
{
	struct pair p;

	pair_open(&p);
	send_pattern(p.a, 2000, 0);
	wait_in_queue(p.b, 2000);
	CHECK_EQ(recv(p.b, NULL, 1500, MSG_TRUNC), 1500);
	recv_pattern(p.b, 500, 1500);
}

TEST(oob_is_refused, V_HPS)
{
	struct pair p;

	pair_open(&p);
	CHECK_ERR(send(p.a, "x", 1, MSG_OOB), EOPNOTSUPP);
	CHECK(recv(p.b, buf, 1, MSG_OOB | MSG_DONTWAIT) == -1);
	CHECK(errno == EOPNOTSUPP || errno == EINVAL);
	send_pattern(p.a, 10, 0);
	recv_pattern(p.b, 10, 0);
}

TEST(more_is_sent_in_the_end, V_STREAM)
{
	struct pair p;

	pair_open(&p);
	CHECK_EQ(send(p.a, "ab", 2, MSG_MORE), 2);
	CHECK_EQ(send(p.a, "cd", 2, 0), 2);
	CHECK_EQ(recv(p.b, buf, 4, MSG_WAITALL), 4);
	CHECK(!memcmp(buf, "abcd", 4));
	/* and without a last one after 200 ms */
	CHECK_EQ(send(p.a, "ef", 2, MSG_MORE), 2);
	CHECK_EQ(recv(p.b, buf, 2, MSG_WAITALL), 2);
}

TEST(more_then_shutdown, V_STREAM)
{
	struct pair p;

	pair_open(&p);
	CHECK_EQ(send(p.a, "ab", 2, MSG_MORE), 2);
	shutdown(p.a, SHUT_WR);
	CHECK_EQ(recv(p.b, buf, 4, MSG_WAITALL), 2);
}

static volatile sig_atomic_t pipes;

static void on_pipe(int sig)
{
	(void)sig;
	pipes++;
}

TEST(sigpipe_after_shutdown, V_ALL)
{
	struct pair p;

	pair_open(&p);
	signal(SIGPIPE, on_pipe);
	CHECK(shutdown(p.a, SHUT_WR) == 0);
	CHECK_ERR(send(p.a, "x", 1, MSG_NOSIGNAL), EPIPE);
	CHECK_EQ(pipes, 0);
	CHECK_ERR(send(p.a, "x", 1, 0), EPIPE);
	CHECK_EQ(pipes, 1);
	CHECK_ERR(write(p.a, "x", 1), EPIPE);
	CHECK_EQ(pipes, 2);
}

TEST(epipe_after_the_peer_left, V_ALL)
{
	struct pair p;
	ssize_t n;
	int i;

	pair_open(&p);
	close(p.b);
	recv_eof(p.a);
	for (i = 0; i < 1000; i++) {
		n = send(p.a, "x", 1, MSG_NOSIGNAL);
		if (n < 0)
			break;
		usleep(2000);
	}
	CHECK_EQ(n, -1);
	CHECK_EQ(errno, EPIPE);
}

TEST(zero_length_send, V_STREAM)
{
	struct pair p;

	pair_open(&p);
	CHECK_EQ(send(p.a, buf, 0, 0), 0);
	CHECK_EQ(write(p.a, buf, 0), 0);
	CHECK_ERR(recv(p.b, buf, 1, MSG_DONTWAIT), EAGAIN);
	send_pattern(p.a, 10, 0);
	recv_pattern(p.b, 10, 0);
}

TEST(zero_length_recv, V_STREAM)
{
	struct pair p;

	pair_open(&p);
	send_pattern(p.a, 10, 0);
	wait_in_queue(p.b, 10);
	CHECK_EQ(recv(p.b, buf, 0, 0), 0);
	recv_pattern(p.b, 10, 0);
}

TEST(vectors, V_ALL)
{
	struct iovec iov[1024];
	struct pair p;
	size_t i, sum = 0;

	pair_open(&p);
	for (i = 0; i < 1024; i++) {
		iov[i].iov_base = buf + sum;
		iov[i].iov_len = i % 53;
		sum += i % 53;
	}
	pattern(buf, sum, 0);
	CHECK_EQ(writev(p.a, iov, 1024), sum);
	wait_in_queue(p.b, sum);
	memset(buf, 0, sum);
	CHECK_EQ(readv(p.b, iov, 1024), sum);
	CHECK(pattern_ok(buf, sum, 0));
}

TEST(vectors_too_many, V_ALL)
{
	static struct iovec iov[1025];
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 1025 };
	struct pair p;

	pair_open(&p);
	CHECK_ERR(sendmsg(p.a, &msg, 0), EMSGSIZE);
	CHECK_ERR(recvmsg(p.a, &msg, MSG_DONTWAIT), EMSGSIZE);
}

TEST(msghdr_is_filled, V_STREAM)
{
	struct iovec iov = { buf, 100 };
	union address name;
	char control[200];
	struct msghdr msg = {
		.msg_name = &name, .msg_namelen = sizeof(name),
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
		.msg_flags = -1,
	};
	struct pair p;

	pair_open(&p);
	send_pattern(p.a, 100, 0);
	CHECK_EQ(recvmsg(p.b, &msg, 0), 100);
	CHECK_EQ(msg.msg_namelen, 0);
	CHECK_EQ(msg.msg_controllen, 0);
	CHECK_EQ(msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC | MSG_OOB | MSG_EOR),
		 0);
}

TEST(mmsg, V_ALL)
{
	struct iovec iov[4];
	struct mmsghdr msg[4] = {};
	struct pair p;
	int i;

	pair_open(&p);
	pattern(buf, 400, 0);
	for (i = 0; i < 4; i++) {
		iov[i].iov_base = buf + 100 * i;
		iov[i].iov_len = 100;
		msg[i].msg_hdr.msg_iov = &iov[i];
		msg[i].msg_hdr.msg_iovlen = 1;
	}
	CHECK_EQ(sendmmsg(p.a, msg, 4, 0), 4);
	wait_in_queue(p.b, 400);
	memset(buf, 0, 400);
	CHECK_EQ(recvmmsg(p.b, msg, 4, MSG_WAITFORONE, NULL), 4);
	CHECK(pattern_ok(buf, 400, 0));
}

TEST(recv_to_bad_pointer_loses_nothing, V_ALL)
{
	struct pair p;

	pair_open(&p);
	send_pattern(p.a, 3000, 0);
	wait_in_queue(p.b, 3000);
	CHECK_ERR(recv(p.b, BAD_POINTER, 3000, 0), EFAULT);
	recv_pattern(p.b, 3000, 0);
}

TEST(peek_to_bad_pointer, V_ALL)
{
	struct pair p;

	pair_open(&p);
	send_pattern(p.a, 3000, 0);
	wait_in_queue(p.b, 3000);
	CHECK_ERR(recv(p.b, BAD_POINTER, 3000, MSG_PEEK), EFAULT);
	recv_pattern(p.b, 3000, 0);
}

TEST(recv_to_half_bad_vector, V_STREAM)
{
	struct iovec iov[2] = { { buf, 1000 }, { BAD_POINTER, 1000 } };
	struct pair p;
	ssize_t n;

	pair_open(&p);
	send_pattern(p.a, 2000, 0);
	wait_in_queue(p.b, 2000);
	n = readv(p.b, iov, 2);
	if (n < 0) {
		CHECK_EQ(errno, EFAULT);
		n = 0;
	}
	CHECK(n <= 1000);
	CHECK(pattern_ok(buf, n, 0));
	recv_pattern(p.b, 2000 - n, n);
}

TEST(send_from_bad_pointer, V_ALL)
{
	struct pair p;

	pair_open(&p);
	CHECK_ERR(send(p.a, BAD_POINTER, 3000, 0), EFAULT);
	send_pattern(p.a, 100, 0);
	recv_pattern(p.b, 100, 0);
}

TEST(send_from_half_bad_vector, V_STREAM)
{
	struct iovec iov[2] = { { buf, 1000 }, { BAD_POINTER, 1000 } };
	struct pair p;
	ssize_t n;

	pair_open(&p);
	pattern(buf, 1000, 0);
	n = writev(p.a, iov, 2);
	if (n < 0) {
		CHECK_EQ(errno, EFAULT);
		n = 0;
	}
	CHECK(n <= 1000);
	send_pattern(p.a, 100, n);
	recv_pattern(p.b, n + 100, 0);
}

TEST(send_across_a_page_that_is_not_there, V_STREAM)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct pair p;
	ssize_t n;

	CHECK(page != MAP_FAILED);
	CHECK(munmap(page + 4096, 4096) == 0);
	pattern(page, 4096, 0);
	pair_open(&p);
	n = send(p.a, page, 8192, 0);
	if (n < 0) {
		CHECK_EQ(errno, EFAULT);
		n = 0;
	}
	CHECK(n <= 4096);
	send_pattern(p.a, 100, n);
	recv_pattern(p.b, n + 100, 0);
}

TEST(unknown_flags_do_no_harm, V_STREAM)
{
	struct pair p;

	pair_open(&p);
	CHECK_EQ(send(p.a, "x", 1, MSG_CONFIRM | MSG_EOR | MSG_DONTROUTE), 1);
	CHECK_EQ(recv(p.b, buf, 10, MSG_CMSG_CLOEXEC), 1);
}

TEST(control_message_of_unknown_level, V_STREAM)
{
	char control[CMSG_SPACE(4)] = {};
	struct iovec iov = { buf, 10 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	struct pair p;

	pair_open(&p);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = 9999;
	c->cmsg_len = CMSG_LEN(4);
	CHECK_ERR(sendmsg(p.a, &msg, MSG_NOSIGNAL), EINVAL);
	send_pattern(p.a, 10, 0);
	recv_pattern(p.b, 10, 0);
}

TEST(sendfile, V_ALL)
{
	int file = memfd_create("file", 0);
	struct pair p;
	off_t off = 0;
	ssize_t n;
	pid_t pid;

	pattern(buf, sizeof(buf), 0);
	CHECK_EQ(write(file, buf, sizeof(buf)), sizeof(buf));
	pair_open(&p);
	pid = fork();
	if (!pid) {
		recv_pattern(p.b, sizeof(buf), 0);
		_exit(0);
	}
	while (off < (off_t)sizeof(buf)) {
		n = sendfile(p.a, file, &off, sizeof(buf) - off);
		CHECK(n > 0);
	}
	reap(pid);
}

TEST(splice_in_and_out, V_STREAM)
{
	int in[2], out[2];
	struct pair p;
	size_t got = 0;

	pair_open(&p);
	CHECK(pipe(in) == 0 && pipe(out) == 0);
	pattern(buf, 30000, 0);
	CHECK_EQ(write(in[1], buf, 30000), 30000);
	CHECK_EQ(splice(in[0], NULL, p.a, NULL, 30000, 0), 30000);
	while (got < 30000) {
		ssize_t n = splice(p.b, NULL, out[1], NULL, 30000 - got, 0);

		CHECK(n > 0);
		CHECK_EQ(read(out[0], buf, n), n);
		CHECK(pattern_ok(buf, n, got));
		got += n;
	}
}

TEST(splice_nonblocking, V_STREAM)
{
	struct pair p;
	int out[2];

	pair_open(&p);
	CHECK(pipe(out) == 0);
	/* the socket's own flag decides, as on TCP */
	nonblocking(p.b, true);
	CHECK_ERR(splice(p.b, NULL, out[1], NULL, 100, SPLICE_F_NONBLOCK),
		  EAGAIN);
	shutdown(p.a, SHUT_WR);
	wait_for(p.b, POLLIN);
	CHECK_EQ(splice(p.b, NULL, out[1], NULL, 100, SPLICE_F_NONBLOCK), 0);
}

TEST(no_seek, V_ALL)
{
	struct pair p;

	pair_open(&p);
	CHECK_ERR(lseek(p.a, 0, SEEK_SET), ESPIPE);
	CHECK_ERR(pread(p.a, buf, 1, 0), ESPIPE);
}

TEST(recv_of_a_blocked_reader_is_woken, V_ALL)
{
	struct pair p;
	pid_t pid;
	int i;

	pair_open(&p);
	pid = fork();
	if (!pid) {
		for (i = 0; i < 200; i++) {
			recv_pattern(p.b, 10, i);
			send_pattern(p.b, 10, i);
		}
		_exit(0);
	}
	for (i = 0; i < 200; i++) {
		send_pattern(p.a, 10, i);
		recv_pattern(p.a, 10, i);
	}
	reap(pid);
}
