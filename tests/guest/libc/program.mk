# The library is the subject, not what the compiler does in its place.
name := test-libc
sources := main.c format.c text.c heap.c
cflags := -fno-builtin
