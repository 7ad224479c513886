name := test-events
sources := main.c epoll.c edge.c counters.c timers.c signals.c
