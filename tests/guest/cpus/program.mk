name := test-cpus
sources := main.c memory.c stress.c
