// SPDX-License-Identifier: BSD-2-Clause
/* Descriptors and credentials in messages. */
#define _GNU_SOURCE
#include "sockets.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

/* A message of one byte with room for control data. */
struct mail {
	struct msghdr m;
	struct iovec iov;
	char byte;
	union {
		struct cmsghdr align;
		char control[256];
	};
};

static struct msghdr *mail(struct mail *mail, size_t control)
{
	memset(mail, 0, sizeof(*mail));
	mail->byte = 'x';
	mail->iov = (struct iovec){ &mail->byte, 1 };
	mail->m = (struct msghdr){
		.msg_iov = &mail->iov,
		.msg_iovlen = 1,
		.msg_control = mail->control,
		.msg_controllen = control,
	};
	return &mail->m;
}

static ssize_t send_fds(int s, const int *fds, size_t count)
{
	struct mail out;
	struct msghdr *m = mail(&out, CMSG_SPACE(count * sizeof(int)));
	struct cmsghdr *c = CMSG_FIRSTHDR(m);

	*c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(count * sizeof(int)),
		                   .cmsg_level = SOL_SOCKET,
		                   .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(c), fds, count * sizeof(int));
	return sendmsg(s, m, 0);
}

/* Returns how many descriptors came. */
static int receive_fds(int s, int *fds, size_t room, int flags, int *result)
{
	struct mail in;
	struct msghdr *m = mail(&in, room);
	struct cmsghdr *c;
	int n = 0;

	if (recvmsg(s, m, flags) != 1)
		return -1;
	*result = m->msg_flags;
	c = CMSG_FIRSTHDR(m);
	if (!c)
		return 0;
	n = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
	memcpy(fds, CMSG_DATA(c), (size_t)n * sizeof(int));
	return n;
}

static void test_descriptors(int type)
{
	int s[2], p[2], fds[4], flags, n;
	char c;

	is(socketpair(AF_UNIX, type, 0, s), 0, "socketpair");
	is(pipe(p), 0, "pipe");
	is(send_fds(s[0], p, 2), 1, "two descriptors sent");
	is(receive_fds(s[1], fds, CMSG_SPACE(8), MSG_PEEK, &flags), 2, "a look");
	close(fds[0]);
	close(fds[1]);
	close(p[1]);
	is(receive_fds(s[1], fds, CMSG_SPACE(8), MSG_CMSG_CLOEXEC, &flags), 2, "received");
	is(flags & MSG_CTRUNC, 0, "all");
	is(fcntl(fds[1], F_GETFD), FD_CLOEXEC, "close-on-exec");
	is(write(fds[1], "y", 1), 1, "they are the pipe");
	is(read(p[0], &c, 1), 1, "indeed");
	close(fds[0]);
	close(fds[1]);
	is(poll_now(p[0]), POLLHUP, "and the last that could write");

	fds[0] = fds[1] = p[0];
	is(send_fds(s[0], fds, 2), 1, "sent");
	n = receive_fds(s[1], fds, CMSG_LEN(4), 0, &flags);
	ok(n == 1 && flags & MSG_CTRUNC, "room for one");
	close(fds[0]);
	fds[0] = p[0];
	is(send_fds(s[0], fds, 1), 1, "sent");
	is(recv(s[1], &c, 1, 0), 1, "who does not ask");
	fds[0] = p[0];
	fds[1] = 99;
	fails(send_fds(s[0], fds, 2), EBADF, "no descriptor");
	is(pipe(p), 0, "another pipe");
	is(send_fds(s[0], &p[1], 1), 1, "sent");
	close(p[1]);
	is(poll_now(p[0]), 0, "it is open on its way");
	close(s[0]);
	close(s[1]);
	is(poll_now(p[0]), POLLHUP, "until nobody can receive it");
	close(p[0]);
}

/* A socket in a socket in a socket: dropping the outermost drops all, on one kernel stack. */
static void test_depth(void)
{
	int s[2], p[2], inner[2];

	is(pipe(p), 0, "pipe");
	is(socketpair(AF_UNIX, SOCK_DGRAM, 0, s), 0, "socketpair");
	is(send_fds(s[0], &p[1], 1), 1, "a pipe in it");
	close(p[1]);
	close(s[0]);
	for (int i = 0; i < 500; i++) {
		inner[0] = s[1];
		socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
		if (send_fds(s[0], inner, 1) != 1)
			break;
		close(inner[0]);
		close(s[0]);
	}
	is(poll_now(p[0]), 0, "deep down it is open");
	close(s[1]);
	is(poll_now(p[0]), POLLHUP, "everything is closed");
	close(p[0]);
}

/* A socket in a message to itself, and two in messages to each other: nobody can receive them. Where
 * nobody let go of them, there would soon be as many as there can be. */
static int make_circle(int other)
{
	int a[2], b[2], bad;

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, a) || socketpair(AF_UNIX, SOCK_STREAM, 0, b))
		return 1;
	bad = send_fds(a[1], a, 2) != 1;
	bad |= send_fds(a[0], (int[]){ b[0], other }, 2) != 1;
	bad |= send_fds(b[1], a, 2) != 1;
	close(a[0]);
	close(a[1]);
	close(b[0]);
	close(b[1]);
	return bad;
}

static void test_circles(void)
{
	struct rlimit before, few = { 200, 200 };
	int s[2], kept[2], fd = -1, bad = 0, result;
	char c = 0;

	getrlimit(RLIMIT_NOFILE, &before);
	few.rlim_max = before.rlim_max;
	is(setrlimit(RLIMIT_NOFILE, &few), 0, "few descriptors");
	is(socketpair(AF_UNIX, SOCK_STREAM, 0, s) | socketpair(AF_UNIX, SOCK_STREAM, 0, kept), 0,
	   "pairs");
	/* kept[1] is nowhere but in a message, with one to itself: it can be reached, through s. */
	is(write(kept[0], "k", 1), 1, "a message");
	is(send_fds(kept[0], &kept[1], 1), 1, "itself");
	is(send_fds(s[0], &kept[1], 1), 1, "in flight");
	close(kept[1]);
	for (int i = 0; i < 2000 && !bad; i++)
		bad = make_circle(kept[0]);

	is(bad, 0, "thousands of circles");
	is(receive_fds(s[1], &fd, CMSG_SPACE(sizeof(int)), 0, &result), 1,
	   "who can be reached is there");
	is(read(fd, &c, 1), 1, "and has its message");
	is(c, 'k', "this one");
	is(write(fd, "x", 1), 1, "it is connected");
	is(read(kept[0], &c, 1), 1, "as before");
	close(fd);
	close(kept[0]);
	close(s[0]);
	close(s[1]);
	setrlimit(RLIMIT_NOFILE, &before);
}

static void test_credentials(void)
{
	struct mail in, out;
	struct msghdr *m;
	struct cmsghdr *c;
	struct ucred who;
	int s[2], on = 1;

	socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
	is(setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)), 0, "SO_PASSCRED");
	is(send(s[0], "x", 1, 0), 1, "send");
	m = mail(&in, sizeof(in.control));
	is(recvmsg(s[1], m, 0), 1, "receive");
	c = CMSG_FIRSTHDR(m);
	ok(c && c->cmsg_type == SCM_CREDENTIALS && c->cmsg_len == CMSG_LEN(sizeof(who)), "by whom");
	if (!c)
		return;
	memcpy(&who, CMSG_DATA(c), sizeof(who));
	ok(who.pid == getpid() && who.uid == getuid() && who.gid == getgid(), "us");
	m = mail(&out, CMSG_SPACE(sizeof(who)));
	c = CMSG_FIRSTHDR(m);
	*c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(who)),
		                   .cmsg_level = SOL_SOCKET,
		                   .cmsg_type = SCM_CREDENTIALS };
	memcpy(CMSG_DATA(c), &who, sizeof(who));
	is(sendmsg(s[0], m, 0), 1, "told by ourselves");
	who.pid = 99999999;
	memcpy(CMSG_DATA(c), &who, sizeof(who));
	ok(sendmsg(s[0], m, 0) == -1 && (errno == ESRCH || errno == EPERM), "a lie");
	c->cmsg_type = 99;
	fails(sendmsg(s[0], m, 0), EINVAL, "nothing that is known");
	c->cmsg_len = 3;
	fails(sendmsg(s[0], m, 0), EINVAL, "no length");
	close(s[0]);
	close(s[1]);
}

void test_passing(void)
{
	test_descriptors(SOCK_STREAM);
	test_descriptors(SOCK_DGRAM);
	test_descriptors(SOCK_SEQPACKET);
	test_depth();
	test_circles();
	test_credentials();
}
