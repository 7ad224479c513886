name := test-preempt
sources := main.c hold.c
