name := bench-malloc
sources := main.c
