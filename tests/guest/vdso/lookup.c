/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding functions in the vDSO, by its program headers, dynamic section, hash table and versions. */
#include "lookup.h"

#include <elf.h>
#include <stddef.h>
#include <string.h>

struct object {
	const char *base;
	const Elf64_Sym *symbols;
	const char *strings;
	const uint32_t *hash;
	const uint16_t *versions;
	const Elf64_Verdef *definitions;
};

static uint32_t elf_hash(const char *name)
{
	uint32_t h = 0;

	for (; *name; name++) {
		h = (h << 4) + (unsigned char)*name;
		h ^= h >> 24 & 0xf0;
	}
	return h & 0x0fffffff;
}

static int open_object(struct object *object, const Elf64_Ehdr *ehdr)
{
	const Elf64_Phdr *phdr = (const void *)((const char *)ehdr + ehdr->e_phoff);
	const Elf64_Dyn *dynamic = NULL;
	int loaded = 0;

	memset(object, 0, sizeof(*object));
	for (int i = 0; i < ehdr->e_phnum; i++) {
		if (phdr[i].p_type == PT_LOAD && !loaded) {
			object->base = (const char *)ehdr + phdr[i].p_offset - phdr[i].p_vaddr;
			loaded = 1;
		} else if (phdr[i].p_type == PT_DYNAMIC) {
			dynamic = (const void *)((const char *)ehdr + phdr[i].p_offset);
		}
	}
	if (!loaded || !dynamic)
		return 0;
	for (; dynamic->d_tag != DT_NULL; dynamic++) {
		const void *p = object->base + dynamic->d_un.d_ptr;

		if (dynamic->d_tag == DT_SYMTAB)
			object->symbols = p;
		else if (dynamic->d_tag == DT_STRTAB)
			object->strings = p;
		else if (dynamic->d_tag == DT_HASH)
			object->hash = p;
		else if (dynamic->d_tag == DT_VERSYM)
			object->versions = p;
		else if (dynamic->d_tag == DT_VERDEF)
			object->definitions = p;
	}
	return object->symbols && object->strings && object->hash && object->versions &&
	       object->definitions;
}

static int has_version(const struct object *object, uint32_t symbol, const char *version)
{
	const Elf64_Verdef *definition = object->definitions;

	for (;;) {
		const Elf64_Verdaux *aux = (const void *)((const char *)definition + definition->vd_aux);

		if (!(definition->vd_flags & VER_FLG_BASE) &&
		    definition->vd_ndx == (object->versions[symbol] & 0x7fff))
			return definition->vd_hash == elf_hash(version) &&
			       strcmp(object->strings + aux->vda_name, version) == 0;
		if (!definition->vd_next)
			return 0;
		definition = (const void *)((const char *)definition + definition->vd_next);
	}
}

void *lookup(const void *ehdr, const char *name, const char *version)
{
	struct object object;

	if (!open_object(&object, ehdr))
		return NULL;
	for (uint32_t i = object.hash[2 + elf_hash(name) % object.hash[0]]; i;
	     i = object.hash[2 + object.hash[0] + i]) {
		const Elf64_Sym *symbol = &object.symbols[i];

		if (ELF64_ST_TYPE(symbol->st_info) == STT_FUNC && symbol->st_shndx != SHN_UNDEF &&
		    strcmp(object.strings + symbol->st_name, name) == 0 && has_version(&object, i, version))
			return (void *)(object.base + symbol->st_value);
	}
	return NULL;
}
