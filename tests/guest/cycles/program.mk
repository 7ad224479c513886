name := test-cycles
sources := main.c
