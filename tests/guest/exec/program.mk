name := test-exec
sources := main.c refused.c after.c busy.c
