name := test-memory
sources := main.c
