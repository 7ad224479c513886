// SPDX-License-Identifier: BSD-2-Clause
/* System calls about who the program is: users, groups, sessions, capabilities, niceness. There is
 * one program, process 1, alone in its group and session. It begins as root and may become another
 * user, as daemons do; what it is called changes nothing about what it may do here. */
#include <linux/capability.h>
#include <linux/resource.h>

#include "arch/x86/trap.h"
#include "core/identity.h"
#include "include/errno.h"
#include "lib/string.h"
#include "sched/thread.h"

#define CAPABILITIES 41 /* that Linux 6.1 knows */
#define NICE_MIN (-20)
#define NICE_MAX 19
#define NICE_ANSWER 20 /* getpriority answers 20 - nice: never negative */
#define ROOT 0U
#define LEAVE UINT32_MAX /* -1: stays as it is */
#define FURTHER_MAX 64   /* groups of setgroups() */
#define IOPRIO_DEFAULT 0 /* IOPRIO_CLASS_NONE */

long sys_getpid(void);
long sys_getpgrp(void);
long sys_getpgid(long pid);
long sys_getsid(long pid);
long sys_setpgid(long pid, long group);
long sys_setsid(void);
long sys_getresuid(uint32_t *real, uint32_t *effective, uint32_t *saved);
long sys_getresgid(uint32_t *real, uint32_t *effective, uint32_t *saved);
long sys_setuid(uint32_t id);
long sys_setgid(uint32_t id);
long sys_setreuid(uint32_t real, uint32_t effective);
long sys_setregid(uint32_t real, uint32_t effective);
long sys_setresuid(uint32_t real, uint32_t effective, uint32_t saved);
long sys_setresgid(uint32_t real, uint32_t effective, uint32_t saved);
long sys_setfsuid(void);
long sys_setfsgid(void);
long sys_getgroups(int count, uint32_t *groups);
long sys_setgroups(unsigned long count, const uint32_t *groups);
long sys_capget(struct __user_cap_header_struct *header, struct __user_cap_data_struct *data);
long sys_capset(struct __user_cap_header_struct *header, const struct __user_cap_data_struct *data);
long sys_getpriority(int which, int who);
long sys_setpriority(int which, int who, int nice);
long sys_ioprio_get(void);
long sys_personality(uint32_t persona);

static uint32_t further[FURTHER_MAX];
static unsigned further_count;
static int niceness;

static bool is_self(long pid)
{
	return (int)pid == 0 || (int)pid == sys_getpid();
}

long sys_getpgrp(void)
{
	return sys_getpid();
}

long sys_getpgid(long pid)
{
	return is_self(pid) ? sys_getpid() : -ESRCH;
}

long sys_getsid(long pid)
{
	return sys_getpgid(pid);
}

long sys_setpgid(long pid, long group)
{
	if (!is_self(pid))
		return -ESRCH;
	return is_self(group) ? 0 : -EPERM;
}

/* It leads its group already. */
long sys_setsid(void)
{
	return -EPERM;
}

static long tell_three(const struct ids *ids, uint32_t *real, uint32_t *effective, uint32_t *saved)
{
	if (copy_to_program(real, &ids->real, sizeof(ids->real)) ||
	    copy_to_program(effective, &ids->effective, sizeof(ids->effective)))
		return -EFAULT;
	return copy_to_program(saved, &ids->saved, sizeof(ids->saved));
}

long sys_getresuid(uint32_t *real, uint32_t *effective, uint32_t *saved)
{
	return tell_three(&identity_users, real, effective, saved);
}

long sys_getresgid(uint32_t *real, uint32_t *effective, uint32_t *saved)
{
	return tell_three(&identity_groups, real, effective, saved);
}

/* Root may be anybody; others only whom they are already. LEAVE is always allowed. */
static bool may_be(const struct ids *ids, uint32_t id)
{
	return id == LEAVE || identity_users.effective == ROOT || id == ids->real ||
	       id == ids->effective || id == ids->saved;
}

static long become(struct ids *ids, uint32_t real, uint32_t effective, uint32_t saved)
{
	if (!may_be(ids, real) || !may_be(ids, effective) || !may_be(ids, saved))
		return -EPERM;
	ids->real = real == LEAVE ? ids->real : real;
	ids->effective = effective == LEAVE ? ids->effective : effective;
	ids->saved = saved == LEAVE ? ids->saved : saved;
	return 0;
}

/* For root, all three; for others, only the effective one. */
static long become_one(struct ids *ids, uint32_t id)
{
	bool root = identity_users.effective == ROOT;

	if (id == LEAVE)
		return -EINVAL;
	return become(ids, root ? id : LEAVE, id, root ? id : LEAVE);
}

/* As setreuid(2) has it: the saved one follows where the real one is set, or the effective one to
 * something else than the real one. */
static long become_two(struct ids *ids, uint32_t real, uint32_t effective)
{
	uint32_t before = ids->real;
	long err = become(ids, real, effective, LEAVE);

	if (!err && (real != LEAVE || (effective != LEAVE && effective != before)))
		ids->saved = ids->effective;
	return err;
}

long sys_setuid(uint32_t id)
{
	return become_one(&identity_users, id);
}

long sys_setgid(uint32_t id)
{
	return become_one(&identity_groups, id);
}

long sys_setreuid(uint32_t real, uint32_t effective)
{
	return become_two(&identity_users, real, effective);
}

long sys_setregid(uint32_t real, uint32_t effective)
{
	return become_two(&identity_groups, real, effective);
}

long sys_setresuid(uint32_t real, uint32_t effective, uint32_t saved)
{
	return become(&identity_users, real, effective, saved);
}

long sys_setresgid(uint32_t real, uint32_t effective, uint32_t saved)
{
	return become(&identity_groups, real, effective, saved);
}

/* These two answer what it was, and nothing asks for it: it stays the effective one. */
long sys_setfsuid(void)
{
	return identity_users.effective;
}

long sys_setfsgid(void)
{
	return identity_groups.effective;
}

long sys_getgroups(int count, uint32_t *user)
{
	if (count < 0 || (count && (unsigned)count < further_count))
		return -EINVAL;
	if (count && copy_to_program(user, further, further_count * sizeof(further[0])))
		return -EFAULT;
	return further_count;
}

long sys_setgroups(unsigned long count, const uint32_t *user)
{
	uint32_t copy[FURTHER_MAX];

	if (identity_users.effective != ROOT)
		return -EPERM;
	if (count > FURTHER_MAX)
		return -EINVAL;
	if (count && copy_from_program(copy, user, count * sizeof(copy[0])))
		return -EFAULT;
	memcpy(further, copy, count * sizeof(copy[0]));
	further_count = (unsigned)count;
	return 0;
}

/* Reads the version that the program speaks. Returns how many words each set has, or -errno; a
 * version that is not known is answered with the one to use. */
static long capability_words(struct __user_cap_header_struct *user)
{
	struct __user_cap_header_struct header;

	if (copy_from_program(&header, user, sizeof(header)))
		return -EFAULT;
	switch (header.version) {
	case _LINUX_CAPABILITY_VERSION_1:
	case _LINUX_CAPABILITY_VERSION_2:
	case _LINUX_CAPABILITY_VERSION_3:
		if (!is_self(header.pid))
			return -ESRCH;
		return header.version == _LINUX_CAPABILITY_VERSION_1 ? _LINUX_CAPABILITY_U32S_1
		                                                     : _LINUX_CAPABILITY_U32S_3;
	default:
		header.version = _LINUX_CAPABILITY_VERSION_3;
		return copy_to_program(&user->version, &header.version, sizeof(header.version)) ? -EFAULT
		                                                                                : -EINVAL;
	}
}

static struct __user_cap_data_struct all_capabilities(long word)
{
	uint32_t all = (uint32_t)((BIT(CAPABILITIES) - 1) >> 32 * word);

	return (struct __user_cap_data_struct){ .effective = all, .permitted = all };
}

long sys_capget(struct __user_cap_header_struct *header, struct __user_cap_data_struct *data)
{
	long words = capability_words(header);

	if (!data)
		return words == -EINVAL ? 0 : MIN(words, 0L); /* only asks for the version */
	for (long i = 0; i < words; i++) {
		struct __user_cap_data_struct all = all_capabilities(i);

		if (copy_to_program(&data[i], &all, sizeof(all)))
			return -EFAULT;
	}
	return MIN(words, 0L);
}

/* Giving some up would not make the program any less than all that there is. */
long sys_capset(struct __user_cap_header_struct *header, const struct __user_cap_data_struct *data)
{
	struct __user_cap_data_struct wanted;
	long words = capability_words(header);

	for (long i = 0; i < words; i++) {
		struct __user_cap_data_struct all = all_capabilities(i);

		if (copy_from_program(&wanted, &data[i], sizeof(wanted)))
			return -EFAULT;
		if (wanted.permitted != all.permitted || wanted.effective & ~all.effective)
			return -EPERM;
	}
	return MIN(words, 0L);
}

/* Does the call mean the program, or a thread of it? */
static long is_ours(int which, int who)
{
	struct thread *thread;

	switch (which) {
	case PRIO_PROCESS:
		thread = who ? thread_get(who) : NULL;
		if (thread)
			thread_put(thread);
		return !who || thread ? 0 : -ESRCH;
	case PRIO_PGRP:
		return is_self(who) ? 0 : -ESRCH;
	case PRIO_USER:
		return who ? -ESRCH : 0;
	default:
		return -EINVAL;
	}
}

long sys_getpriority(int which, int who)
{
	long err = is_ours(which, who);

	return err ? err : NICE_ANSWER - niceness;
}

/* Kept, and without effect: nobody else is there to be nice to. */
long sys_setpriority(int which, int who, int nice)
{
	long err = is_ours(which, who);

	if (!err)
		niceness = MIN(MAX(nice, NICE_MIN), NICE_MAX);
	return err;
}

long sys_ioprio_get(void)
{
	return IOPRIO_DEFAULT;
}

/* Of Linux's personalities, this is Linux. */
long sys_personality(uint32_t persona)
{
	return persona == 0 || persona == UINT32_MAX ? 0 : -EINVAL;
}
