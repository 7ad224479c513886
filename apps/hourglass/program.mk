name := hourglass
sources := main.c
