name := test-memory
sources := main.c ahead.c areas.c
