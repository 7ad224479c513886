// SPDX-License-Identifier: BSD-2-Clause
/* Events as descriptors: epoll, eventfd, timerfd, signalfd. Needs CONFIG_EPOLL, CONFIG_EVENT_FILES. */
#include "events.h"

#include <time.h>

TAP_STATE;

int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int main(void)
{
	test_eventfd();
	test_epoll();
	test_epoll_modes();
	test_timerfd();
	test_signalfd();
	return tap_done();
}
