name := test-threads
sources := main.c sync.c local.c inherit.c order.c
