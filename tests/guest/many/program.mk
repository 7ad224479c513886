name := test-many
sources := main.c
