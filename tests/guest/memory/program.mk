name := test-memory
sources := main.c ahead.c
