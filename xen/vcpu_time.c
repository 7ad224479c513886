/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading Xen's time structures: xen/include/public/xen.h, struct vcpu_time_info and the wc_ fields
 * of shared_info. Both are written under a version counter that is odd while Xen writes. */
#include "xen/clock.h"

/* Xen writes only while this vCPU does not run, or for a moment, so the loop is short. */
void xen_time_read(const struct vcpu_time_info *t, struct vcpu_time_info *copy)
{
	uint32_t version;

	do {
		version = READ_ONCE(t->version);
		barrier();
		*copy = *t;
		barrier();
	} while ((version & 1) || version != READ_ONCE(t->version));
}

uint64_t xen_time_at(const struct vcpu_time_info *t, uint64_t tsc)
{
	uint64_t delta = tsc > t->tsc_timestamp ? tsc - t->tsc_timestamp : 0;

	if (t->tsc_shift >= 0)
		delta <<= t->tsc_shift & 63;
	else
		delta >>= -t->tsc_shift & 63;
	return t->system_time + (uint64_t)(((unsigned __int128)delta * t->tsc_to_system_mul) >> 32);
}

uint64_t xen_wall_base(const struct shared_info *shared)
{
	uint64_t sec;
	uint32_t version, nsec;

	do {
		version = READ_ONCE(shared->wc_version);
		barrier();
		sec = (uint64_t)shared->wc_sec_hi << 32 | shared->wc_sec;
		nsec = shared->wc_nsec;
		barrier();
	} while ((version & 1) || version != READ_ONCE(shared->wc_version));
	return sec * NS_PER_SEC + nsec;
}
