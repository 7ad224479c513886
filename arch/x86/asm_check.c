/* SPDX-License-Identifier: BSD-2-Clause */
/* What arch/x86/asm.h tells the assembler must be what C sees. */
#include "arch/x86/asm.h"

#include "arch/x86/context.h"
#include "arch/x86/cpu.h"
#include "arch/x86/paging.h"
#include "arch/x86/percpu.h"

_Static_assert(IMAGE_BASE_ASM == IMAGE_BASE, "IMAGE_BASE_ASM");
_Static_assert(DIRECT_MAP_BASE_ASM == DIRECT_MAP_BASE, "DIRECT_MAP_BASE_ASM");
_Static_assert(CPU_CURRENT == offsetof(struct cpu, current), "CPU_CURRENT");
_Static_assert(CPU_SCRATCH == offsetof(struct cpu, scratch), "CPU_SCRATCH");
_Static_assert(CPU_SWITCHES == offsetof(struct cpu, switches), "CPU_SWITCHES");
_Static_assert(CPU_READY == offsetof(struct cpu, ready), "CPU_READY");
#ifdef CONFIG_MALLOC_PAGURUS
_Static_assert(CPU_LISTS == offsetof(struct cpu, lists), "CPU_LISTS");
#endif
_Static_assert(CTX_RING == offsetof(struct context, ring.next) && CTX_RING == 0, "CTX_RING");
_Static_assert(CTX_RSP == offsetof(struct context, rsp), "CTX_RSP");
_Static_assert(CTX_RESUME == offsetof(struct context, resume), "CTX_RESUME");
_Static_assert(CTX_RIVALS == offsetof(struct context, rivals), "CTX_RIVALS");
_Static_assert(CTX_RING_BIT == offsetof(struct context, ring_bit), "CTX_RING_BIT");
_Static_assert(CTX_KERNEL_STACK == offsetof(struct context, kernel_stack), "CTX_KERNEL_STACK");
_Static_assert(CTX_FS_BASE == offsetof(struct context, fs_base), "CTX_FS_BASE");
_Static_assert(CTX_XSTATE == offsetof(struct context, xstate), "CTX_XSTATE");
_Static_assert(CTX_FRAME == offsetof(struct context, frame), "CTX_FRAME");
_Static_assert(FEATURE_FSGSBASE == offsetof(struct cpu_features, fsgsbase), "FEATURE_FSGSBASE");
_Static_assert(FEATURE_XSAVE == offsetof(struct cpu_features, xsave), "FEATURE_XSAVE");
_Static_assert(TRAP_FRAME_SIZE == sizeof(struct trap_frame), "TRAP_FRAME_SIZE");
_Static_assert(TRAP_FRAME_RSP == offsetof(struct trap_frame, rsp), "TRAP_FRAME_RSP");
_Static_assert(TRAP_SYSCALL == TRAP_VECTORS, "TRAP_SYSCALL is no vector of the CPU's");
