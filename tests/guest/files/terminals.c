// SPDX-License-Identifier: BSD-2-Clause
/* Pseudo terminals: both ends in one program. */
#define _GNU_SOURCE
#include "files.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

/* What can be read of fd, at once or soon. */
static const char *text_of(int fd)
{
	static char buf[256];
	ssize_t n = read(fd, buf, sizeof(buf) - 1);

	buf[n > 0 ? n : 0] = '\0';
	return n < 0 ? strerror(errno) : buf;
}

static void set_flags(int fd, tcflag_t on, tcflag_t off)
{
	struct termios t;

	tcgetattr(fd, &t);
	t.c_lflag = (t.c_lflag | on) & ~off;
	tcsetattr(fd, TCSANOW, &t);
}

static void test_opening(int *master, int *slave)
{
	char name[64];
	struct stat st;

	*master = posix_openpt(O_RDWR | O_NOCTTY);
	ok(*master >= 0, "posix_openpt");
	is(ptsname_r(*master, name, sizeof(name)), 0, "ptsname: %s", name);
	is(stat(name, &st), 0, "it is there");
	ok(S_ISCHR(st.st_mode) && major(st.st_rdev) == 136, "a terminal");
	fails(open(name, O_RDWR | O_NOCTTY), EIO, "locked at first");
	is(grantpt(*master), 0, "grantpt");
	is(unlockpt(*master), 0, "unlockpt");
	*slave = open(name, O_RDWR | O_NOCTTY);
	ok(*slave >= 0 && isatty(*slave), "its slave is a terminal");
	is_string(ttyname(*slave), name, "and knows its name");
	fails(open("/dev/pts/777", O_RDWR), ENOENT, "there is no such terminal");
}

static void test_lines(int master, int slave)
{
	is(write(master, "ab\177c\n", 5), 5, "a line is typed");
	is_string(text_of(slave), "ac\n", "and read as it was edited");
	is_string(text_of(master), "ab\b \bc\r\n", "and was echoed");
	is(write(slave, "one\ntwo\n", 8), 8, "two lines are written");
	is_string(text_of(master), "one\r\ntwo\r\n", "and shown");
	is(write(master, "end\004\004", 5), 5, "an end of file behind text, and another one");
	is_string(text_of(slave), "end", "the text");
	is_string(text_of(slave), "", "the end");
	text_of(master);
}

static void test_raw(int master, int slave)
{
	struct winsize size = { .ws_row = 33, .ws_col = 99 }, got = { 0 };
	struct pollfd p = { .fd = slave, .events = POLLIN };
	int n = 0;

	set_flags(slave, 0, ICANON | ECHO | ISIG);
	is(poll(&p, 1, 0), 0, "nothing typed yet");
	is(write(master, "x\003", 2), 2, "in raw mode");
	is(poll(&p, 1, 1000), 1, "poll");
	is(ioctl(slave, FIONREAD, &n), 0, "FIONREAD");
	is(n, 2, "two bytes");
	is_string(text_of(slave), "x\003", "as they were typed");
	is(ioctl(master, TIOCSWINSZ, &size), 0, "the master sets the size");
	is(ioctl(slave, TIOCGWINSZ, &got), 0, "the slave asks for it");
	is(got.ws_col, 99, "columns");
	p.fd = master;
	is(poll(&p, 1, 0), 0, "no echo");
	set_flags(master, ECHO, 0);
	is(write(master, "e", 1), 1, "with an echo");
	is_string(text_of(master), "e", "which comes back");
	is_string(text_of(slave), "e", "and is read");
	fcntl(slave, F_SETFL, O_RDWR | O_NONBLOCK);
	fails(read(slave, &n, 1), EAGAIN, "nothing more");
	fcntl(slave, F_SETFL, O_RDWR);
}

static void *read_all(void *arg)
{
	size_t total = 0;
	char buf[333];
	ssize_t n;

	while ((n = read(*(int *)arg, buf, sizeof(buf))) > 0)
		total += (size_t)n;
	return (void *)total;
}

/* Until the slave is closed: then the master reads an error. */
static void test_much(int master, int slave)
{
	static char data[100000];
	struct pollfd p = { .fd = master };
	pthread_t thread;
	void *total;

	memset(data, 'd', sizeof(data));
	pthread_create(&thread, NULL, read_all, &master);
	is(write(slave, data, sizeof(data)), sizeof(data), "more than it holds");
	usleep(10000);
	close(slave);
	pthread_join(thread, &total);
	is((long)total, (long)sizeof(data), "arrives");
	fails(read(master, data, 1), EIO, "the slave is closed");
	is(poll(&p, 1, 0), 1, "which poll says");
	is(p.revents, POLLHUP, "as a hangup");
}

static void test_hangup(void)
{
	struct pollfd p = { .events = POLLIN };
	int master, slave;

	is(openpty(&master, &slave, NULL, NULL, NULL), 0, "openpty");
	close(master);
	p.fd = slave;
	is(poll(&p, 1, 0), 1, "the master is closed");
	ok(p.revents & POLLHUP && p.revents & POLLIN, "which poll says");
	is_string(text_of(slave), "", "reading is an end of file");
	fails(write(slave, "x", 1), EIO, "writing fails");
	close(slave);
}

static void test_many(void)
{
	int masters[20], slaves[20], bad = 0;
	char name[64];

	for (int i = 0; i < 20; i++)
		bad += openpty(&masters[i], &slaves[i], name, NULL, NULL) != 0;
	is(bad, 0, "many of them");
	for (int i = 0; i < 20; i++)
		bad += close(masters[i]) || close(slaves[i]);
	is(bad, 0, "closed again");
	fails(open(name, O_RDWR | O_NOCTTY), ENOENT, "and gone");
}

void test_terminals(void)
{
	int master, slave;

	test_opening(&master, &slave);
	test_lines(master, slave);
	test_raw(master, slave);
	test_much(master, slave);
	close(master);
	test_hangup();
	test_many();
}
