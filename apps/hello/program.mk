name := hello
sources := main.c
