// SPDX-License-Identifier: BSD-2-Clause
/* AF_UNIX sockets. Needs CONFIG_UNIX_SOCKETS. */
#define _GNU_SOURCE
#include "sockets.h"

#include <poll.h>
#include <signal.h>

TAP_STATE;

socklen_t name_of(struct sockaddr_un *address, const char *name)
{
	size_t len = strlen(name);

	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, name, len);
	if (*name != '@')
		return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1);
	address->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

int bind_to(int fd, const char *name)
{
	struct sockaddr_un address;
	socklen_t len = name_of(&address, name);

	return bind(fd, (struct sockaddr *)&address, len);
}

int connect_to(int fd, const char *name)
{
	struct sockaddr_un address;
	socklen_t len = name_of(&address, name);

	return connect(fd, (struct sockaddr *)&address, len);
}

short poll_now(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT | POLLRDHUP };

	return poll(&p, 1, 0) < 0 ? -1 : p.revents;
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	test_pairs();
	test_names();
	test_datagrams();
	test_passing();
	test_options();
	test_hostile();
	return tap_done();
}
