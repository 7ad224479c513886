/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside of arch/x86: this CPU's part in another one's tlb_flush_others() (arch/x86/smp.h). */
#ifndef PAGURUS_X86_TLB_H
#define PAGURUS_X86_TLB_H

void tlb_serve(void);

#endif
