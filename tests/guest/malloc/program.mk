name := test-malloc
sources := main.c
