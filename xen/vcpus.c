/* SPDX-License-Identifier: BSD-2-Clause */
/* Which vCPUs the toolstack lets the domain use (`xl vcpu-set`): cpu/N/availability. */
#include "include/errno.h"
#include "include/log.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "xen/control.h"
#include "xen/xenstore.h"
#include "xen/xenstore_ring.h"

static bool is_online(const char *cpu)
{
	char path[64];
	char *value;
	bool online;

	if ((size_t)fmt_snprintf(path, sizeof(path), "cpu/%s/availability", cpu) >= sizeof(path))
		return false;
	if (xenstore_read(0, path, &value, NULL))
		return false;
	online = !strcmp(value, "online");
	heap_free(value);
	return online;
}

unsigned xen_vcpus_available(void)
{
	unsigned count = 0;
	size_t len;
	char *names;

	if (xenstore_directory(0, "cpu", &names, &len))
		return 1;
	for (const char *name = NULL; (name = xenstore_next_name(names, len, name));)
		count += is_online(name);
	heap_free(names);
	return MAX(count, 1U);
}

void xen_vcpus_changed(void)
{
	static unsigned known;
	unsigned now = xen_vcpus_available();

	if (now != known)
		log_info("xen: %u vCPUs available, at most %u used", now, (unsigned)CONFIG_NR_CPUS);
	known = now;
}
