name := test-signals
sources := main.c wait.c fault.c frame.c thread.c cancel.c timer.c stop.c
