name := test-sockets
sources := main.c pairs.c names.c datagrams.c passing.c options.c hostile.c
