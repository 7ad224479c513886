name := test-vdso
sources := main.c lookup.c
