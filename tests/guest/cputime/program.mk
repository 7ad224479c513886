name := test-cputime
sources := main.c
