/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding functions in the vDSO, as C libraries do. */
#ifndef TESTS_GUEST_VDSO_LOOKUP_H
#define TESTS_GUEST_VDSO_LOOKUP_H

/* The function of that name in a version of the object that begins at ehdr; NULL: none. */
void *lookup(const void *ehdr, const char *name, const char *version);

#endif
