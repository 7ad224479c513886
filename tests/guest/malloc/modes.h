/* SPDX-License-Identifier: BSD-2-Clause */
/* Functions of tests/guest/malloc that run alone. */
#ifndef MODES_H
#define MODES_H

#ifdef __pagurus__
void sparse(void);
void no_memory(void);
#endif
void free_twice(void);
void write_after_free(void);
void free_inside(void);

#endif
