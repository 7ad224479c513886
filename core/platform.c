/* SPDX-License-Identifier: BSD-2-Clause */
/* The shells in this image, and which one is in use. */
#include "include/platform.h"

extern const struct platform xen_platform; /* xen/platform.c */
extern const struct platform kvm_platform; /* kvm/platform.c */

const struct platform *platform;

/* Asked in this order; the list is never empty, and the last takes what nobody else knows. */
static const struct platform *const shells[] = {
#ifdef CONFIG_XEN
	&xen_platform,
#endif
#ifdef CONFIG_KVM
	&kvm_platform,
#endif
	NULL,
};

void platform_select(void)
{
	const struct platform *const *shell = shells;

	while (shell[1] && !(*shell)->detect())
		shell++;
	platform = *shell;
}
