name := stream
sources := main.c kernels.c
cflags := -O3
