// SPDX-License-Identifier: GPL-2.0
/* Bare sockets: pairs, messages with notes, what is known of them. */
#include "barepair.h"

int bare_socket(void)
{
	int fd = socket(AF_HPS, SOCK_SEQPACKET, HPS_PROTO_BARE);

	CHECK(fd >= 0);
	return fd;
}

int bare_listener(void)
{
	union address addr;
	socklen_t len = loopback(&addr, 0);
	int fd = bare_socket();

	CHECK(bind(fd, &addr.sa, len) == 0);
	CHECK(listen(fd, 8) == 0);
	return fd;
}

void bare_setup(int fd, unsigned int flags, int ird, int ord)
{
	const struct hps_bare_setup setup = {
		.flags = flags, .ird = ird, .ord = ord,
	};

	CHECK(setsockopt(fd, SOL_HPS, HPS_BARE_SETUP, &setup,
			 sizeof(setup)) == 0);
}

void bare_private(int fd, const char *data)
{
	CHECK(setsockopt(fd, SOL_HPS, HPS_BARE_PRIVATE, data,
			 strlen(data)) == 0);
}

/* The peer answers in accept(): do not wait for it here. */
static void dial(int fd, int port)
{
	union address addr;
	socklen_t len = loopback(&addr, port);

	nonblocking(fd, true);
	CHECK_ERR(connect(fd, &addr.sa, len), EINPROGRESS);
}

int bare_dial(int port)
{
	int fd = bare_socket();

	dial(fd, port);
	return fd;
}

void bare_dialed(int fd)
{
	wait_for(fd, POLLOUT);
	CHECK_EQ(so_error(fd), 0);
	nonblocking(fd, false);
}

void bare_pair_of(struct pair *p, unsigned int a_flags, unsigned int b_flags)
{
	p->lst = bare_listener();
	bare_setup(p->lst, b_flags, 0, 0);
	p->a = bare_socket();
	bare_setup(p->a, a_flags, 0, 0);
	dial(p->a, port_of(p->lst));
	p->b = accept(p->lst, NULL, NULL);
	CHECK(p->b >= 0);
	bare_dialed(p->a);
}

void bare_pair(struct pair *p)
{
	bare_pair_of(p, 0, 0);
}

struct hps_bare_info bare_info(int fd)
{
	struct hps_bare_info info;
	socklen_t len = sizeof(info);

	CHECK(getsockopt(fd, SOL_HPS, HPS_BARE_INFO, &info, &len) == 0);
	CHECK_EQ(len, sizeof(info));
	return info;
}

/* It has ended with this Terminate, and the program is told. */
void bare_terminated(int fd, int by, unsigned int code, int error)
{
	struct hps_bare_info info;

	wait_for(fd, POLLIN);
	info = bare_info(fd);
	CHECK_EQ(info.terminated, by);
	CHECK_EQ(info.terminate, code);
	CHECK_EQ(info.error, error);
	CHECK_EQ(so_error(fd), error);
}

ssize_t bare_send(int fd, const void *buf, size_t len, unsigned int flags,
		  uint32_t stag)
{
	const struct hps_bare_send send = { .flags = flags, .stag = stag };
	union {
		struct cmsghdr	head;
		char		room[CMSG_SPACE(sizeof(send))];
	} control = {
		.head.cmsg_level = SOL_HPS,
		.head.cmsg_type = HPS_BARE_SEND,
		.head.cmsg_len = CMSG_LEN(sizeof(send)),
	};
	struct iovec iov = { (void *)buf, len };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};

	memcpy(CMSG_DATA(&control.head), &send, sizeof(send));
	return sendmsg(fd, &msg, MSG_NOSIGNAL);
}

ssize_t bare_recv(int fd, void *buf, size_t len,
		  struct hps_bare_received *note)
{
	char control[CMSG_SPACE(sizeof(*note))];
	struct iovec iov = { buf, len };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;
	ssize_t n = recvmsg(fd, &msg, 0);

	memset(note, 0, sizeof(*note));
	cmsg = CMSG_FIRSTHDR(&msg);
	if (n >= 0 && cmsg) {
		CHECK_EQ(cmsg->cmsg_level, SOL_HPS);
		CHECK_EQ(cmsg->cmsg_type, HPS_BARE_RECEIVED);
		memcpy(note, CMSG_DATA(cmsg), sizeof(*note));
	}
	return n;
}
