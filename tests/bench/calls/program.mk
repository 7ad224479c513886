name := bench-calls
sources := main.c subjects.c
