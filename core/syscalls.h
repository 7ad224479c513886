/* SPDX-License-Identifier: BSD-2-Clause */
/* The system calls by Linux's x86-64 numbers: SYSCALL(number, name) for sys_name, by the option that
 * brings them. Included by core/syscall_table.c and core/syscall_absent.S with their own meaning of
 * SYSCALL. A call that no room of the configuration defines answers ENOSYS. */
SYSCALL(1, write)
SYSCALL(3, close)
SYSCALL(5, fstat)
SYSCALL(8, lseek)
SYSCALL(9, mmap)
SYSCALL(11, munmap)
SYSCALL(12, brk)
SYSCALL(13, rt_sigaction)
SYSCALL(14, rt_sigprocmask)
SYSCALL(16, ioctl)
SYSCALL(20, writev)
SYSCALL(24, sched_yield)
SYSCALL(39, getpid)
SYSCALL(60, exit)
SYSCALL(62, kill)
SYSCALL(158, arch_prctl)
SYSCALL(186, gettid)
SYSCALL(200, tkill)
SYSCALL(218, set_tid_address)
SYSCALL(231, exit_group)
SYSCALL(234, tgkill)

#ifdef CONFIG_SYSCALLS_FILES
SYSCALL(0, read)
SYSCALL(2, open)
SYSCALL(7, poll)
SYSCALL(17, pread64)
SYSCALL(18, pwrite64)
SYSCALL(19, readv)
SYSCALL(23, select)
SYSCALL(32, dup)
SYSCALL(33, dup2)
SYSCALL(72, fcntl)
SYSCALL(79, getcwd)
SYSCALL(95, umask)
SYSCALL(257, openat)
SYSCALL(262, newfstatat)
SYSCALL(270, pselect6)
SYSCALL(271, ppoll)
SYSCALL(292, dup3)
#endif

#ifdef CONFIG_SYSCALLS_MEMORY
SYSCALL(10, mprotect)
SYSCALL(25, mremap)
SYSCALL(26, msync)
SYSCALL(27, mincore)
SYSCALL(28, madvise)
#endif

#ifdef CONFIG_SYSCALLS_TIME
SYSCALL(35, nanosleep)
SYSCALL(96, gettimeofday)
SYSCALL(100, times)
SYSCALL(201, time)
SYSCALL(227, clock_settime)
SYSCALL(228, clock_gettime)
SYSCALL(229, clock_getres)
SYSCALL(230, clock_nanosleep)
#endif

#ifdef CONFIG_SYSCALLS_THREADS
SYSCALL(56, clone_entry)
SYSCALL(142, sched_setparam)
SYSCALL(143, sched_getparam)
SYSCALL(144, sched_setscheduler)
SYSCALL(145, sched_getscheduler)
SYSCALL(146, sched_get_priority_max)
SYSCALL(147, sched_get_priority_min)
SYSCALL(157, prctl)
SYSCALL(202, futex)
SYSCALL(203, sched_setaffinity)
SYSCALL(204, sched_getaffinity)
SYSCALL(273, set_robust_list)
SYSCALL(274, get_robust_list)
SYSCALL(309, getcpu)
SYSCALL(324, membarrier)
SYSCALL(334, rseq)
SYSCALL(435, clone3)
#endif

#ifdef CONFIG_SYSCALLS_INFO
SYSCALL(63, uname)
SYSCALL(97, getrlimit)
SYSCALL(98, getrusage)
SYSCALL(99, sysinfo)
SYSCALL(102, getuid)
SYSCALL(104, getgid)
SYSCALL(107, geteuid)
SYSCALL(108, getegid)
SYSCALL(110, getppid)
SYSCALL(160, setrlimit)
SYSCALL(302, prlimit64)
SYSCALL(318, getrandom)
#endif
