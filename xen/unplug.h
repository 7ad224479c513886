/* SPDX-License-Identifier: BSD-2-Clause */
/* Emulated devices of an HVM guest. */
#ifndef PAGURUS_XEN_UNPLUG_H
#define PAGURUS_XEN_UNPLUG_H

/* Takes the emulated disks and network cards away (CD-ROMs stay), so that no disk is seen twice.
 * Nothing where there is no such device model. Each of its port accesses is a trip to the device
 * model in dom0 and back, so it is no part of the boot: the control thread calls it soon after, and
 * whoever looks for devices calls it before. Again after each suspension: the device model is then
 * a new one. */
void xen_unplug(void);

#endif
