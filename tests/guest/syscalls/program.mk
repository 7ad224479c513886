name := test-syscalls
sources := main.c door.c
