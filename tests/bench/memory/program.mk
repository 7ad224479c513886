name := bench-memory
sources := main.c
