// SPDX-License-Identifier: BSD-2-Clause
/* Memory and surroundings for libraries that unpack modules (fs/unpack.h). Their objects are those of
 * the build machine's static libraries, compiled for ordinary programs: they use vector registers and
 * a stack guard at %fs:0x28. Nobody else has use for either before the program starts, and interrupts
 * are off. Their names get a prefix (scripts/rooms.mk). */
#include "fs/unpack.h"

#include "arch/x86/context.h"
#include "arch/x86/cpu.h"
#include "arch/x86/paging.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "sched/thread.h"

static const struct format {
	const char *name;
	const char *magic;
	unsigned magic_size;
	const char *(*run)(struct unpack *u);
	uint64_t (*guess)(const uint8_t *data, size_t size);
} formats[] = {
#ifdef CONFIG_MODULE_GZIP
	{ "gzip", "\x1f\x8b", 2, gunzip, gunzip_guess },
#endif
#ifdef CONFIG_MODULE_ZSTD
	{ "zstd", "\x28\xb5\x2f\xfd", 4, unzstd, unzstd_guess },
#endif
#ifdef CONFIG_MODULE_LZ4
	{ "lz4", "\x04\x22\x4d\x18", 4, unlz4, unlz4_guess },
	{ "lz4", "\x02\x21\x4c\x18", 4, unlz4, unlz4_guess },
#endif
};

/* A block of frames that grows by moving. */
static bool room_get(struct unpack *u, unsigned order)
{
	phys_t block = order <= FRAME_ORDER_MAX ? frame_alloc(order) : FRAME_NONE;

	if (block == FRAME_NONE)
		return false;
	u->out = phys_to_virt(block);
	u->room = FRAME_SIZE << order;
	return true;
}

static unsigned order_of(uint64_t size)
{
	unsigned order = 0;

	while (order < FRAME_ORDER_MAX && FRAME_SIZE << order < size)
		order++;
	return order;
}

static void room_free(const struct unpack *u)
{
	frame_free(virt_to_phys(u->out), order_of(u->room));
}

bool unpack_grow(struct unpack *u)
{
	struct unpack larger = *u;

	if (!room_get(&larger, order_of(u->room) + 1))
		return false;
	memcpy(larger.out, u->out, u->used);
	room_free(u);
	*u = larger;
	return true;
}

/* Gives back what is behind the content. */
static void room_trim(const struct unpack *u)
{
	size_t keep = MAX(ALIGN_UP(u->used, FRAME_SIZE), FRAME_SIZE);

	if (keep < u->room)
		frame_free_run(virt_to_phys(u->out) + keep, (u->room - keep) / FRAME_SIZE);
}

static const char *run(const struct format *format, struct unpack *u)
{
	/* The guard lies where the compiler looks for it, 0x28 bytes behind the FS base. */
	static const uint64_t guard[6] = { [5] = 0x9d5fbe0b3a71c200 };
	const char *problem = UNPACK_NO_MEMORY;
	uint64_t flags = irq_save();

	context_set_fs(&current_thread()->ctx, (uint64_t)guard);
	if (room_get(u, order_of(format->guess(u->data, u->size)))) {
		problem = format->run(u);
		if (problem)
			room_free(u);
		else
			room_trim(u);
	}
	context_set_fs(&current_thread()->ctx, 0);
	irq_restore(flags);
	return problem;
}

const void *unpack_module(const void *data, size_t size, size_t *unpacked, const char **format,
                          const char **problem)
{
	struct unpack u = { .data = data, .size = size };

	*unpacked = size;
	*format = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(formats) && !*format; i++) {
		if (size <= formats[i].magic_size ||
		    memcmp(data, formats[i].magic, formats[i].magic_size) != 0)
			continue;
		*format = formats[i].name;
		*problem = run(&formats[i], &u);
		*unpacked = u.used;
		data = *problem ? NULL : u.out;
	}
	return data;
}
