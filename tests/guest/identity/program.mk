name := test-identity
sources := main.c
