name := test-time
sources := main.c
