name := test-stress
sources := main.c memory.c arena.c threads.c waits.c times.c
