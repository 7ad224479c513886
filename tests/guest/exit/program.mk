name := test-exit
sources := main.c
