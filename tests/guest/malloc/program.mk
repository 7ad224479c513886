name := test-malloc
sources := main.c modes.c
# The compiler must not think that it knows what malloc does, such as leaving errno alone.
cflags := -fno-builtin
