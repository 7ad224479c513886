name := test-start
sources := main.c
