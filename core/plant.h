/* SPDX-License-Identifier: BSD-2-Clause */
/* Bugs on request (core/plant.c). */
#ifndef PAGURUS_CORE_PLANT_H
#define PAGURUS_CORE_PLANT_H

/* Has the bug of that name happen; NULL: none. Threads only. */
void plant_bug(const char *name);

#endif
