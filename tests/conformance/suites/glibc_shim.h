/* SPDX-License-Identifier: BSD-2-Clause */
/* In front of each test of glibc's: what its own build would define and tests and their helpers use. */
#include <limits.h>

#define TIMEOUTFACTOR 10
#define libc_hidden_proto(name)
#define attribute_hidden
#define SRCDIR_PATH "/src"
#define OBJDIR_PATH "/obj"
#define OBJDIR_ELF_LDSO_PATH "/lib64/ld-linux-x86-64.so.2"
#define INSTDIR_PATH "/usr"
#define LIBDIR_PATH "/usr/lib"
#define SLIBDIR_PATH "/lib"
#define BINDIR_PATH "/usr/bin"
#define SBINDIR_PATH "/usr/sbin"
#define ROOTSBINDIR_PATH "/sbin"
#define COMPLOCALEDIR_PATH "/usr/lib/locale"
#define SYSCONFDIR_PATH "/etc"
#define ROOT_PATH "/"
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
