/* SPDX-License-Identifier: BSD-2-Clause */
/* Emulated devices of an HVM guest. */
#ifndef PAGURUS_XEN_UNPLUG_H
#define PAGURUS_XEN_UNPLUG_H

/* Takes the emulated disks and network cards away (CD-ROMs stay), so that no disk is seen twice.
 * Nothing where there is no such device model. */
void xen_unplug(void);

#endif
