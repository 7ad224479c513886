// SPDX-License-Identifier: BSD-2-Clause
/* getsockopt and setsockopt: the options that every socket has; others are its family's. */
#include "arch/x86/trap.h"
#include "arch/x86/tsc.h"
#include "fs/socket/socket.h"
#include "include/errno.h"
#include "lib/string.h"

#define VALUE_MAX 256        /* bytes of an option */
#define SEND_BUFFER_MIN 4608 /* as on Linux */
#define RECEIVE_BUFFER_MIN 2304

long sys_getsockopt(long fd, long level, long name, void *value, int *len);
long sys_setsockopt(long fd, long level, long name, const void *value, long len);

/* Kept, and without effect where there is nothing that it could have one on. */
static bool is_switch(int name)
{
	switch (name) {
	case SO_DEBUG:
	case SO_REUSEADDR:
	case SO_DONTROUTE:
	case SO_BROADCAST:
	case SO_KEEPALIVE:
	case SO_OOBINLINE:
	case SO_REUSEPORT:
	case SO_PASSCRED:
	case SO_TIMESTAMP:
		return true;
	default:
		return false;
	}
}

static uint64_t *timeout_of(struct socket *s, int name)
{
	switch (name) {
	case SO_RCVTIMEO_OLD:
	case SO_RCVTIMEO_NEW:
		return &s->receive_timeout;
	case SO_SNDTIMEO_OLD:
	case SO_SNDTIMEO_NEW:
		return &s->send_timeout;
	default:
		return NULL;
	}
}

static int get_number(struct socket *s, int name, int *value)
{
	switch (name) {
	case SO_TYPE:
		*value = s->type;
		return 0;
	case SO_DOMAIN:
		*value = s->family;
		return 0;
	case SO_PROTOCOL:
		*value = s->protocol;
		return 0;
	case SO_ERROR:
		*value = -socket_error(s);
		return 0;
	case SO_SNDBUF:
		*value = (int)s->send_buffer;
		return 0;
	case SO_RCVBUF:
		*value = (int)s->receive_buffer;
		return 0;
	case SO_RCVLOWAT:
	case SO_SNDLOWAT:
		*value = 1;
		return 0;
	default:
		if (!is_switch(name))
			return -ENOPROTOOPT;
		*value = !!(s->flags & BIT(name));
		return 0;
	}
}

static int get(struct socket *s, int level, int name, void *value, uint32_t *len)
{
	const uint64_t *timeout = level == SOL_SOCKET ? timeout_of(s, name) : NULL;
	int err = -ENOPROTOOPT, number;

	if (timeout) {
		uint64_t us = *timeout == WAIT_FOREVER ? 0 : *timeout / NS_PER_US;
		int64_t t[2] = { (int64_t)(us / 1000000), (int64_t)(us % 1000000) };

		memcpy(value, t, sizeof(t));
		*len = sizeof(t);
		return 0;
	}
	if (level == SOL_SOCKET && name == SO_LINGER) {
		memcpy(value, s->linger, sizeof(s->linger));
		*len = sizeof(s->linger);
		return 0;
	}
	if (s->ops->get_option)
		err = s->ops->get_option(s, level, name, value, len);
	else if (level != SOL_SOCKET)
		return -EOPNOTSUPP;
	if (err != -ENOPROTOOPT || level != SOL_SOCKET)
		return err;
	err = get_number(s, name, &number);
	memcpy(value, &number, sizeof(number));
	*len = sizeof(number);
	return err;
}

long sys_getsockopt(long fd, long level, long name, void *user, int *user_len)
{
	char value[VALUE_MAX] = { 0 };
	uint32_t len = sizeof(value);
	long err;
	int room;
	struct socket *s = socket_get(fd, &err);

	if (!s)
		return err;
	if (copy_from_program(&room, user_len, sizeof(room)))
		err = -EFAULT;
	else if (room < 0)
		err = -EINVAL;
	else
		err = get(s, (int)level, (int)name, value, &len);
	file_put(&s->file);
	if (err)
		return err;
	room = MIN(room, (int)len);
	if (copy_to_program(user, value, (size_t)room))
		return -EFAULT;
	return copy_to_program(user_len, &room, sizeof(room));
}

/* What the program asks for, doubled as on Linux, which counts what goes with the bytes. */
static uint32_t buffer_size(int wanted, uint32_t min, bool force)
{
	uint32_t limit = force ? INT32_MAX / 2 : SOCKET_BUFFER_DEFAULT;

	return MAX(2 * MIN((uint32_t)MAX(wanted, 0), limit), min);
}

static int set_number(struct socket *s, int name, int value)
{
	switch (name) {
	case SO_SNDBUF:
	case SO_SNDBUFFORCE:
		s->send_buffer = buffer_size(value, SEND_BUFFER_MIN, name == SO_SNDBUFFORCE);
		return 0;
	case SO_RCVBUF:
	case SO_RCVBUFFORCE:
		s->receive_buffer = buffer_size(value, RECEIVE_BUFFER_MIN, name == SO_RCVBUFFORCE);
		return 0;
	case SO_RCVLOWAT:
		return value == 1 ? 0 : -EINVAL;
	default:
		if (!is_switch(name))
			return -ENOPROTOOPT;
		if (value)
			__atomic_fetch_or(&s->flags, (uint32_t)BIT(name), __ATOMIC_RELAXED);
		else
			__atomic_fetch_and(&s->flags, ~(uint32_t)BIT(name), __ATOMIC_RELAXED);
		return 0;
	}
}

static int set_timeout(uint64_t *timeout, const void *value, uint32_t len)
{
	int64_t t[2];
	uint64_t ns;

	if (len < sizeof(t))
		return -EINVAL;
	memcpy(t, value, sizeof(t));
	if (t[1] < 0 || t[1] >= 1000000)
		return -EDOM;
	if (t[0] < 0)
		ns = 0; /* as on Linux: at once */
	else if (__builtin_mul_overflow((uint64_t)t[0], NS_PER_SEC, &ns) || (!t[0] && !t[1]))
		ns = WAIT_FOREVER;
	else
		ns += (uint64_t)t[1] * NS_PER_US;
	WRITE_ONCE(*timeout, ns);
	return 0;
}

static int set(struct socket *s, int level, int name, const void *value, uint32_t len)
{
	uint64_t *timeout = level == SOL_SOCKET ? timeout_of(s, name) : NULL;
	int err = -ENOPROTOOPT, number;

	if (timeout)
		return set_timeout(timeout, value, len);
	if (s->ops->set_option)
		err = s->ops->set_option(s, level, name, value, len);
	else if (level != SOL_SOCKET)
		return -EOPNOTSUPP;
	if (err != -ENOPROTOOPT || level != SOL_SOCKET)
		return err;
	if (len < sizeof(number))
		return -EINVAL;
	memcpy(&number, value, sizeof(number));
	if (name != SO_LINGER)
		return set_number(s, name, number);
	if (len < sizeof(s->linger))
		return -EINVAL;
	memcpy(s->linger, value, sizeof(s->linger));
	return 0;
}

long sys_setsockopt(long fd, long level, long name, const void *user, long len)
{
	char value[VALUE_MAX];
	long err;
	struct socket *s;

	len = (int)len;
	if (len < 0)
		return -EINVAL;
	s = socket_get(fd, &err);
	if (!s)
		return err;
	len = MIN(len, (long)sizeof(value));
	err = copy_from_program(value, user, (size_t)len);
	if (!err)
		err = set(s, (int)level, (int)name, value, (uint32_t)len);
	file_put(&s->file);
	return err;
}
