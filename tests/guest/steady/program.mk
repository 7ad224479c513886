name := test-steady
sources := main.c
