// SPDX-License-Identifier: BSD-2-Clause
/* areas: maps page after page until there is no memory for another area. That must be ENOMEM while
 * something is left for the program itself. */
#include <errno.h>
#include <sys/mman.h>

#include "../tap.h"
#include "areas.h"

#define PAGE 4096
#define LEFT 48 /* pages that the program wants after that */

int areas(void)
{
	char *untouched =
		mmap(NULL, LEFT * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long n = 0;

	if (!ok(untouched != MAP_FAILED, "%d pages", LEFT))
		return tap_done();
	/* Neighbours that differ are not united. */
	while (mmap(NULL, PAGE, n % 2 ? PROT_READ : PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
	       MAP_FAILED)
		n++;
	is(errno, ENOMEM, "ENOMEM at last");
	for (int i = 0; i < LEFT; i++)
		untouched[i * PAGE] = 1;
	ok(n > 10000, "%lu areas, and memory for the program itself", n);
	return tap_done();
}
