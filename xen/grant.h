/* SPDX-License-Identifier: BSD-2-Clause */
/* Sharing frames with other domains. The table grows as grants are taken. Any context. */
#ifndef PAGURUS_XEN_GRANT_H
#define PAGURUS_XEN_GRANT_H

#include "xen/interface.h"

#include <xen/grant_table.h>

/* Lets domain read, and unless readonly write, the frame that begins at p. Returns the number that
 * the other domain needs (> 0), -ENOSPC (no more grants: Xen's limit for this domain), -ENOMEM, or
 * Xen's error. */
int gnttab_grant_access(domid_t domain, phys_t p, bool readonly);

/* Ends that. Returns 0, -EBUSY (the other domain still has the frame mapped: it must not be used for
 * anything else; try again), or -EINVAL. */
int gnttab_end_access(grant_ref_t ref);

/* Grants that can be taken without growing the table. */
unsigned gnttab_free_count(void);

#endif
