name := test-files
sources := main.c names.c data.c limits.c locks.c map.c pipes.c proc.c terminals.c watch.c
