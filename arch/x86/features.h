/* SPDX-License-Identifier: BSD-2-Clause */
/* Bringing up a CPU: features, control registers, the syscall instruction, its struct cpu. */
#ifndef PAGURUS_X86_FEATURES_H
#define PAGURUS_X86_FEATURES_H

/* Called on each CPU before anything else; GS already points at cpus[id]. Interrupts off. */
void cpu_init(unsigned id);

#endif
