name := test-hostile
sources := main.c
