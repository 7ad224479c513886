name := basic
sources := main.c measure.c calls.c memory.c
