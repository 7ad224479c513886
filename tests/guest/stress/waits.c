/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting for one another without any timeout, so that a wake-up that is lost stands still for ever:
 * bounded buffers, pairs that play ball, barriers, semaphores. */
#define _GNU_SOURCE
#include <semaphore.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "stress.h"

#define PRODUCERS 2
#define CONSUMERS 3
#define ROOM 4
#define LAST UINT64_MAX
#define PAIRS 2
#define PARTIES 3
#define FUTEX_WAIT_PRIVATE 128
#define FUTEX_WAKE_PRIVATE 129

/* Items carry producer and number; each must come out once, and each producer's in order. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t not_full, not_empty;
	uint64_t items[ROOM];
	unsigned used, first, ended;
	uint64_t next[PRODUCERS];
} buffer = { .lock = PTHREAD_MUTEX_INITIALIZER,
	         .not_full = PTHREAD_COND_INITIALIZER,
	         .not_empty = PTHREAD_COND_INITIALIZER };

static void put(struct worker *worker, uint64_t item)
{
	pthread_mutex_lock(&buffer.lock);
	while (buffer.used == ROOM)
		must(pthread_cond_wait(&buffer.not_full, &buffer.lock) == 0, "pthread_cond_wait");
	buffer.items[(buffer.first + buffer.used++) % ROOM] = item;
	/* Of several that wait, one is enough; all of them may find out too. */
	if (below(worker, 4))
		pthread_cond_signal(&buffer.not_empty);
	else
		pthread_cond_broadcast(&buffer.not_empty);
	pthread_mutex_unlock(&buffer.lock);
}

static void produce(struct worker *worker)
{
	for (uint64_t n = 0; !over; n++) {
		put(worker, (uint64_t)worker->index << 56 | n);
		if (below(worker, 64) == 0)
			usleep(below(worker, 1000));
		worker->turns++;
	}
	pthread_mutex_lock(&buffer.lock);
	buffer.ended++;
	pthread_mutex_unlock(&buffer.lock);
	if (buffer.ended == PRODUCERS)
		for (int i = 0; i < CONSUMERS; i++)
			put(worker, LAST);
}

static void consume(struct worker *worker)
{
	for (uint64_t item = 0; item != LAST; worker->turns++) {
		unsigned producer;

		pthread_mutex_lock(&buffer.lock);
		while (!buffer.used)
			must(pthread_cond_wait(&buffer.not_empty, &buffer.lock) == 0, "pthread_cond_wait");
		item = buffer.items[buffer.first];
		buffer.first = (buffer.first + 1) % ROOM;
		buffer.used--;
		producer = (unsigned)(item >> 56);
		if (item != LAST) {
			must(producer < PRODUCERS && buffer.next[producer] == (item & ~(0xffUL << 56)),
			     "item %#llx came instead of %llu", (unsigned long long)item,
			     (unsigned long long)buffer.next[producer % PRODUCERS]);
			buffer.next[producer]++;
		}
		pthread_cond_signal(&buffer.not_full);
		pthread_mutex_unlock(&buffer.lock);
	}
}

/* The ball is the number of the turn: even ones are the first player's. */
static _Atomic uint32_t balls[PAIRS];

static void play(struct worker *worker)
{
	_Atomic uint32_t *ball = &balls[worker->index / 2];
	uint32_t side = worker->index % 2, value;

	for (;;) {
		while ((value = *ball) % 2 != side && value != UINT32_MAX)
			syscall(SYS_futex, ball, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
		if (value == UINT32_MAX)
			return;
		must(value / 2 == (uint32_t)worker->turns, "the ball is at %u, not %llu", value / 2,
		     (unsigned long long)worker->turns);
		worker->turns++;
		if (below(worker, 64) == 0)
			usleep(below(worker, 200));
		*ball = over ? UINT32_MAX : value + 1;
		syscall(SYS_futex, ball, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
		if (over && *ball == UINT32_MAX)
			return;
	}
}

unsigned add_handovers(struct worker *workers)
{
	unsigned n = 0;

	for (unsigned i = 0; i < PRODUCERS; i++)
		workers[n++] = (struct worker){ .name = "producer", .run = produce, .index = i };
	for (unsigned i = 0; i < CONSUMERS; i++)
		workers[n++] = (struct worker){ .name = "consumer", .run = consume, .index = i };
	for (unsigned i = 0; i < 2 * PAIRS; i++)
		workers[n++] = (struct worker){ .name = "ball by futex", .run = play, .index = i };
	return n;
}

static pthread_barrier_t barrier;
static uint64_t rounds[PARTIES];
static bool last_round;

static void meet(struct worker *worker)
{
	for (bool last = false; !last; worker->turns++) {
		if (worker->index == 0)
			last_round = over;
		rounds[worker->index]++;
		pthread_barrier_wait(&barrier);
		for (int i = 0; i < PARTIES; i++)
			must(rounds[i] == rounds[worker->index], "a barrier lets %d through early", i);
		last = last_round;
		if (below(worker, 32) == 0)
			usleep(below(worker, 300));
		pthread_barrier_wait(&barrier);
	}
}

static sem_t there, back;
static uint64_t posted;

static void post(struct worker *worker)
{
	while (!over) {
		unsigned burst = 1 + below(worker, 5);

		for (unsigned i = 0; i < burst; i++) {
			posted++;
			must(sem_post(&there) == 0, "sem_post");
		}
		for (unsigned i = 0; i < burst; i++)
			while (sem_wait(&back) != 0)
				;
		worker->turns++;
	}
	posted = UINT64_MAX;
	sem_post(&there);
}

static void answer(struct worker *worker)
{
	for (;;) {
		while (sem_wait(&there) != 0)
			;
		if (posted == UINT64_MAX)
			return;
		must(++worker->turns <= posted, "sem_wait returned more often than sem_post");
		sem_post(&back);
	}
}

unsigned add_meetings(struct worker *workers)
{
	unsigned n = 0;

	pthread_barrier_init(&barrier, NULL, PARTIES);
	sem_init(&there, 0, 0);
	sem_init(&back, 0, 0);
	for (unsigned i = 0; i < PARTIES; i++)
		workers[n++] = (struct worker){ .name = "barrier", .run = meet, .index = i };
	workers[n++] = (struct worker){ .name = "semaphore", .run = post, .index = 0 };
	workers[n++] = (struct worker){ .name = "semaphore", .run = answer, .index = 1 };
	return n;
}
