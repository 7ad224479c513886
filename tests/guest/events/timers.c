// SPDX-License-Identifier: BSD-2-Clause
/* timerfd. */
#include "events.h"

#include <poll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define MS 1000000L

static int set(int fd, int flags, long value_ms, long interval_ms)
{
	struct itimerspec s = {
		.it_value = { value_ms / 1000, value_ms % 1000 * MS },
		.it_interval = { interval_ms / 1000, interval_ms % 1000 * MS },
	};

	return timerfd_settime(fd, flags, &s, NULL);
}

static void test_once(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct itimerspec left;
	int64_t start = now_ms();
	uint64_t n = 0;

	is(set(fd, 0, 30, 0), 0, "in 30 ms");
	is(timerfd_gettime(fd, &left), 0, "timerfd_gettime");
	ok(left.it_value.tv_nsec > 0 && left.it_value.tv_nsec <= 30 * MS && !left.it_value.tv_sec,
	   "some of it is left");
	is(poll(&p, 1, 0), 0, "not yet");
	is(poll(&p, 1, 1000), 1, "then");
	ok(now_ms() - start >= 29, "30 ms later");
	is(read(fd, &n, 8), 8, "read");
	is(n, 1, "once");
	is(poll(&p, 1, 0), 0, "and no more");
	is(timerfd_gettime(fd, &left), 0, "timerfd_gettime");
	ok(!left.it_value.tv_sec && !left.it_value.tv_nsec, "nothing is left");
	start = now_ms();
	is(set(fd, 0, 20, 0), 0, "in 20 ms");
	is(read(fd, &n, 8), 8, "a read waits");
	ok(now_ms() - start >= 19, "that long");
}

static void test_interval(int fd)
{
	struct itimerspec now, old, off = { 0 };
	uint64_t n = 0, sum = 0;
	int64_t start = now_ms();

	is(set(fd, 0, 5, 5), 0, "every 5 ms");
	while (sum < 4 && read(fd, &n, 8) == 8)
		sum += n;
	ok(now_ms() - start >= 19, "four of them take 20 ms");
	usleep(22000);
	is(read(fd, &n, 8), 8, "later");
	ok(n >= 4, "all are counted that nobody has read");
	is(timerfd_gettime(fd, &now), 0, "timerfd_gettime");
	is(now.it_interval.tv_nsec, 5 * MS, "tells the interval");
	is(timerfd_settime(fd, 0, &off, &old), 0, "switched off");
	is(old.it_interval.tv_nsec, 5 * MS, "tells what it was");
	off.it_value.tv_nsec = 1;
	off.it_interval.tv_nsec = 1;
	is(timerfd_settime(fd, 0, &off, NULL), 0, "every nanosecond");
	usleep(5000);
	is(read(fd, &n, 8), 8, "leaves time for others");
	ok(n > 1000000, "and counts them");
}

void test_timerfd(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, 0), other;
	struct timespec ts;
	uint64_t n = 0;
	struct itimerspec s = { .it_value.tv_nsec = 1000000000 };

	ok(fd >= 0, "timerfd_create");
	test_once(fd);
	test_interval(fd);
	fails(read(fd, &n, 4), EINVAL, "too small");
	fails(write(fd, &n, 8), EINVAL, "no writing");
	fails(timerfd_settime(fd, 0, &s, NULL), EINVAL, "too many nanoseconds");
	fails(timerfd_settime(fd, 0, BAD, NULL), EFAULT, "no setting");
	fails(timerfd_settime(fd, 64, &s, NULL), EINVAL, "unknown flag");
	fails(timerfd_settime(0, 0, &(struct itimerspec){ 0 }, NULL), EINVAL, "another file");
	fails(timerfd_settime(99, 0, &(struct itimerspec){ 0 }, NULL), EBADF, "no file");
	fails(timerfd_gettime(fd, BAD), EFAULT, "setting to nowhere");
	fails(timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0), EINVAL, "not of this clock");
	fails(timerfd_create(CLOCK_MONOTONIC, 1), EINVAL, "unknown flag");
	close(fd);

	other = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
	clock_gettime(CLOCK_REALTIME, &ts);
	s.it_value = ts;
	s.it_value.tv_sec++;
	is(timerfd_settime(other, TFD_TIMER_ABSTIME, &s, NULL), 0, "at a time of day to come");
	fails(read(other, &n, 8), EAGAIN, "not yet");
	s.it_value = ts;
	is(timerfd_settime(other, TFD_TIMER_ABSTIME, &s, NULL), 0, "at one that is past");
	usleep(2000);
	is(read(other, &n, 8), 8, "at once");
	close(other);
}
