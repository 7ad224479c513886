name := test-console
sources := main.c
