/* sources: tests/unit/host_sched.c xen/xenstore.c xen/xenstore_life.c xen/xenstore_ops.c xen/xenstore_ring.c xen/xenstore_watch.c sched/schedule.c sched/thread.c sched/timer.c sched/wait.c sched/futex.c sched/robust.c lib/fmt.c lib/tree.c lib/string.c */
/* flags: -DCONFIG_PREEMPT=1 -DCONFIG_TIMESLICE_MS=10 -DCONFIG_FUTEX_HASH_BITS=2 */
// SPDX-License-Identifier: BSD-2-Clause
/* The xenstore client against a daemon that answers at once, slowly, in pieces, wrongly or not at
 * all. Time stands still but for the daemon's delays and the client's patience. */
#include "tests/unit/host_sched.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/x86/paging.h"
#include "mm/heap.h"
#include "sched/timer.h"
#include "xen/clock.h"
#include "xen/event.h"
#include "xen/hypercall.h"
#include "xen/xenstore_client.h"

#define RING_FRAME 16
#define PORT 3
#define MS 1000000ULL

static struct xenstore_domain_interface *page;
static event_handler handler;

static struct {
	bool deaf;          /* reads nothing */
	bool silent;        /* reads and does not answer */
	bool wrong_type;    /* the next answer only */
	bool wrong_id;      /* the next answer only */
	bool lying_length;  /* the next answer only */
	bool no_memory;     /* XS_DIRECTORY says E2BIG */
	uint64_t delay;     /* ns until an answer */
	size_t piece;       /* bytes put into the ring at once; 0: all */
	unsigned conflicts; /* so many transactions end with EAGAIN */
	unsigned requests;
	uint32_t generation, changes_at; /* the directory changes when part changes_at is asked for */
	uint32_t watch_types;
	char token[16];
	char written[64];
	char in[8192], out[65536];
	size_t in_len, out_len, out_at;
	struct timer timer;
} d;

static void answer(const struct xsd_sockmsg *to, uint32_t type, const void *body, size_t len)
{
	struct xsd_sockmsg header = { type, to->req_id, to->tx_id, (uint32_t)len };

	if (d.silent)
		return;
	if (d.wrong_type)
		header.type = XS_MKDIR;
	if (d.wrong_id)
		header.req_id += 1000;
	if (d.lying_length)
		header.len = 100000;
	d.wrong_type = d.wrong_id = d.lying_length = false;
	assert_true(d.out_len + sizeof(header) + len <= sizeof(d.out));
	memcpy(d.out + d.out_len, &header, sizeof(header));
	memcpy(d.out + d.out_len + sizeof(header), body, len);
	d.out_len += sizeof(header) + len;
}

static void fire(void)
{
	struct xsd_sockmsg none = { 0 };
	char body[64];
	int n = snprintf(body, sizeof(body), "watched/below%c%s", 0, d.token);

	answer(&none, XS_WATCH_EVENT, body, (size_t)n + 1);
}

/* 3000 names of four letters: "0000" to "2999". */
static size_t names(char *to, size_t from, size_t max)
{
	static char all[15001];
	size_t n;

	for (unsigned i = 0; i < 3000; i++)
		snprintf(all + 5UL * i, 6, "%04u", i);
	n = MIN(sizeof(all) - from, max); /* the empty name at the end counts */
	if (n < sizeof(all) - from)
		n -= n % 5;
	memcpy(to, all + from, n);
	return n;
}

static void part(const struct xsd_sockmsg *m, const char *body)
{
	static char text[XENSTORE_PAYLOAD_MAX];
	size_t offset = strtoul(body + strlen(body) + 1, NULL, 10), n;

	if (d.changes_at && offset && --d.changes_at == 0)
		d.generation++;
	n = (size_t)snprintf(text, sizeof(text), "%u", d.generation) + 1;
	n += names(text + n, offset, sizeof(text) - n);
	answer(m, XS_DIRECTORY_PART, text, n);
}

static void error(const struct xsd_sockmsg *m, const char *name)
{
	answer(m, XS_ERROR, name, strlen(name) + 1);
}

static void handle(const struct xsd_sockmsg *m, const char *body)
{
	static char big[XENSTORE_PAYLOAD_MAX];

	d.requests++;
	switch (m->type) {
	case XS_READ:
		if (!strcmp(body, "big")) {
			memset(big, 'x', sizeof(big));
			answer(m, m->type, big, sizeof(big));
		} else if (!strcmp(body, "number")) {
			answer(m, m->type, "12345", 5);
		} else if (!strcmp(body, "hello")) {
			answer(m, m->type, "world", 5);
		} else {
			error(m, "ENOENT");
		}
		break;
	case XS_WRITE:
		snprintf(d.written, sizeof(d.written), "%s=%.*s", body,
		         (int)MIN(m->len - strlen(body) - 1, (size_t)40), body + strlen(body) + 1);
		answer(m, m->type, "OK", 3);
		break;
	case XS_DIRECTORY:
		if (d.no_memory)
			error(m, "E2BIG");
		else
			answer(m, m->type, "one\0two", 8);
		break;
	case XS_DIRECTORY_PART:
		part(m, body);
		break;
	case XS_TRANSACTION_START:
		answer(m, m->type, "77", 3);
		break;
	case XS_TRANSACTION_END:
		assert_int_equal(m->tx_id, 77);
		if (body[0] == 'T' && d.conflicts) {
			d.conflicts--;
			error(m, "EAGAIN");
		} else {
			answer(m, m->type, "OK", 3);
		}
		break;
	case XS_WATCH:
		d.watch_types++;
		memcpy(d.token, body + strlen(body) + 1, XENSTORE_TOKEN_MAX);
		answer(m, m->type, "OK", 3);
		fire();
		break;
	default:
		answer(m, m->type, "OK", 3);
	}
}

static void work(struct timer *timer)
{
	const struct xsd_sockmsg *m = (const struct xsd_sockmsg *)d.in;
	size_t max = d.piece ? d.piece : sizeof(page->rsp);

	(void)timer;
	while (page->req_cons != page->req_prod)
		d.in[d.in_len++] = page->req[page->req_cons++ % sizeof(page->req)];
	while (d.in_len >= sizeof(*m) && d.in_len >= sizeof(*m) + m->len) {
		size_t n = sizeof(*m) + m->len;

		handle(m, d.in + sizeof(*m));
		memmove(d.in, d.in + n, d.in_len - n);
		d.in_len -= n;
	}
	while (max-- && d.out_at < d.out_len && page->rsp_prod - page->rsp_cons < sizeof(page->rsp))
		page->rsp[page->rsp_prod++ % sizeof(page->rsp)] = d.out[d.out_at++];
	if (d.out_at == d.out_len)
		d.out_at = d.out_len = 0;
	else
		timer_arm(&d.timer, host_now + d.delay + 1);
	handler(PORT, NULL);
}

/* What the client sees of Xen. */

int event_send(unsigned port)
{
	assert_int_equal(port, PORT);
	if (!d.deaf && !d.timer.armed)
		timer_arm(&d.timer, host_now + d.delay + 1);
	return 0;
}

int event_bind(unsigned port, event_handler h, void *ctx)
{
	(void)ctx;
	assert_int_equal(port, PORT);
	handler = h;
	return 0;
}

int xen_get_param(unsigned index, uint64_t *value)
{
	*value = index == HVM_PARAM_STORE_PFN ? RING_FRAME : PORT;
	return 0;
}

int paging_direct_map(phys_t start, phys_t end, phys_t (*alloc)(void))
{
	(void)alloc;
	assert_int_equal(start, RING_FRAME * FRAME_SIZE);
	assert_int_equal(end - start, FRAME_SIZE);
	return 0;
}

phys_t upcall_table_alloc(void)
{
	return 0;
}

uint64_t xen_time_now(void)
{
	return host_now + 1;
}

/* Interrupts are off: the daemon works, nobody is told. */
uint64_t xen_nap(uint64_t ns)
{
	host_now += ns;
	if (!d.deaf && d.timer.armed && d.timer.deadline <= host_now) {
		event_handler h = handler;

		timer_cancel(&d.timer);
		handler = NULL;
		while (page->req_cons != page->req_prod)
			d.in[d.in_len++] = page->req[page->req_cons++ % sizeof(page->req)];
		handler = h;
		handle((const struct xsd_sockmsg *)d.in, d.in + sizeof(struct xsd_sockmsg));
		while (d.out_at < d.out_len)
			page->rsp[page->rsp_prod++ % sizeof(page->rsp)] = d.out[d.out_at++];
		d.in_len = d.out_at = d.out_len = 0;
	}
	return ns;
}

static int start(void **state)
{
	(void)state;
	memset(page, 0, sizeof(*page));
	memset(&d, 0, sizeof(d));
	d.generation = 1;
	timer_init(&d.timer, work);
	memset(&xenstore_client.ring, 0, sizeof(xenstore_client.ring));
	xenstore_client.bound = false;
	xenstore_client.broken = false;
	list_init(&xenstore_client.calls);
	list_init(&xenstore_client.watches);
	return 0;
}

static int end(void **state)
{
	(void)state;
	timer_cancel(&d.timer);
	heap_free(xenstore_client.buffers);
	xenstore_client.buffers = NULL;
	return host_memory_blocks != 0 || !host_interrupts;
}

static int machine(void **state)
{
	(void)state;
	host_memory_init(0, 32 * FRAME_SIZE);
	page = phys_to_virt(RING_FRAME * FRAME_SIZE);
	host_sched_start();
	return 0;
}

static void expect_hello(void)
{
	char *value;
	size_t len;

	assert_int_equal(xenstore_read(0, "hello", &value, &len), 0);
	assert_string_equal(value, "world");
	assert_int_equal(len, 5);
	heap_free(value);
}

static void test_read_and_write(void **state)
{
	uint64_t number;
	char *value;

	(void)state;
	expect_hello();
	assert_int_equal(xenstore_read(0, "none", &value, NULL), -ENOENT);
	assert_int_equal(xenstore_read_u64(0, "number", &number), 0);
	assert_int_equal(number, 12345);
	assert_int_equal(xenstore_read_u64(0, "hello", &number), -EINVAL);
	assert_int_equal(xenstore_printf(0, "a/b", "%d %s", 7, "x"), 0);
	assert_string_equal(d.written, "a/b=7 x");
	assert_int_equal(xenstore_mkdir(0, "c"), 0);
	assert_int_equal(xenstore_rm(0, "c"), 0);
}

static void test_large_values(void **state)
{
	static char big[XENSTORE_PAYLOAD_MAX + 1];
	char *value;
	size_t len;

	(void)state;
	assert_int_equal(xenstore_read(0, "big", &value, &len), 0);
	assert_int_equal(len, XENSTORE_PAYLOAD_MAX);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(value[i], 'x');
	heap_free(value);
	memset(big, 'y', sizeof(big));
	assert_int_equal(xenstore_write(0, "v", big, XENSTORE_PAYLOAD_MAX - 2), 0);
	assert_int_equal(xenstore_write(0, "v", big, XENSTORE_PAYLOAD_MAX - 1), -E2BIG);
	expect_hello();
}

static void test_slow_and_in_pieces(void **state)
{
	(void)state;
	d.delay = 900 * MS;
	expect_hello();
	d.delay = 10 * MS;
	for (d.piece = 1; d.piece < 30; d.piece++)
		expect_hello();
}

static void test_no_answer(void **state)
{
	uint64_t before = host_now;
	char *value;

	(void)state;
	d.silent = true;
	assert_int_equal(xenstore_read(0, "hello", &value, NULL), -ETIMEDOUT);
	assert_true(host_now - before >= XENSTORE_PATIENCE_NS);
	assert_true(host_now - before < XENSTORE_PATIENCE_NS + 100 * MS);
	d.silent = false;
	expect_hello();
}

static void test_late_answer_is_dropped(void **state)
{
	char *value;

	(void)state;
	d.delay = XENSTORE_PATIENCE_NS + 1000 * MS;
	assert_int_equal(xenstore_read(0, "big", &value, NULL), -ETIMEDOUT);
	d.delay = 0;
	expect_hello(); /* the answer about "big" comes first */
	expect_hello();
	assert_true(d.requests >= 3);
}

/* A daemon that stops reading in the middle of a request: the next one sends the rest first. */
static void test_half_a_request(void **state)
{
	static char big[4000];

	(void)state;
	d.deaf = true;
	assert_int_equal(xenstore_write(0, "v", big, sizeof(big)), -ETIMEDOUT);
	assert_int_equal(xenstore_write(0, "w", big, sizeof(big)), -ETIMEDOUT);
	d.deaf = false;
	timer_arm(&d.timer, host_now + 1); /* the event is still pending */
	expect_hello();
	assert_int_equal(d.requests, 2); /* the half one, and this */
}

static void test_wrong_answers(void **state)
{
	char *value;

	(void)state;
	d.wrong_type = true;
	assert_int_equal(xenstore_read(0, "hello", &value, NULL), -EIO);
	expect_hello();
	d.wrong_id = true;
	assert_int_equal(xenstore_read(0, "hello", &value, NULL), -ETIMEDOUT);
	expect_hello();
	d.lying_length = true;
	assert_int_equal(xenstore_read(0, "hello", &value, NULL), -EIO);
	expect_hello();
	page->rsp_prod += 3000;
	handler(PORT, NULL);
	expect_hello();
}

static void test_directories(void **state)
{
	const char *name = NULL;
	unsigned count = 0;
	char *list;
	size_t len;

	(void)state;
	assert_int_equal(xenstore_directory(0, "dir", &list, &len), 0);
	assert_int_equal(len, 8);
	heap_free(list);
	d.no_memory = true;
	d.changes_at = 2;
	assert_int_equal(xenstore_directory(0, "dir", &list, &len), 0);
	while ((name = xenstore_next_name(list, len, name)))
		assert_int_equal(atoi(name), count++);
	assert_int_equal(count, 3000);
	heap_free(list);
}

static int body(uint32_t tx, void *ctx)
{
	assert_int_equal(tx, 77);
	++*(unsigned *)ctx;
	return *(unsigned *)ctx == 50 ? -EPERM : xenstore_write(tx, "t", "1", 1);
}

static void test_transactions(void **state)
{
	unsigned runs = 0;

	(void)state;
	d.conflicts = 3;
	assert_int_equal(xenstore_transaction(body, &runs), 0);
	assert_int_equal(runs, 4);
	d.conflicts = 1000;
	runs = 0;
	assert_int_equal(xenstore_transaction(body, &runs), -EAGAIN);
	d.conflicts = 0;
	runs = 49;
	assert_int_equal(xenstore_transaction(body, &runs), -EPERM);
}

static unsigned fired;

static void on_fire(struct xenstore_watch *watch)
{
	(void)watch;
	fired++;
}

static void test_watches(void **state)
{
	struct xenstore_watch watch = { .path = "watched", .fired = on_fire };

	(void)state;
	fired = 0;
	assert_int_equal(xenstore_watch(&watch), 0);
	expect_hello();
	assert_int_equal(fired, 1);
	assert_true(xenstore_watch_fired(&watch));
	assert_false(xenstore_watch_fired(&watch));
	fire();
	fire();
	expect_hello();
	assert_int_equal(fired, 3);
	assert_true(xenstore_watch_fired(&watch));
	assert_false(xenstore_watch_fired(&watch));
	assert_int_equal(xenstore_unwatch(&watch), 0);
	fire(); /* on its way when the watch was taken off */
	expect_hello();
	assert_int_equal(fired, 3);
}

static void test_watch_that_cannot_be_set(void **state)
{
	struct xenstore_watch watch = { .path = "watched" };

	(void)state;
	d.silent = true;
	assert_int_equal(xenstore_watch(&watch), -ETIMEDOUT);
	assert_true(list_empty(&xenstore_client.watches));
}

/* In a new domain: another ring at position 0, and the watch is set there too. */
static void test_resume(void **state)
{
	struct xenstore_watch watch = { .path = "watched", .fired = on_fire };

	(void)state;
	assert_int_equal(xenstore_watch(&watch), 0);
	expect_hello();
	xenstore_suspend();
	memset(page, 0, sizeof(*page));
	d.watch_types = 0;
	xenstore_resume(true);
	assert_int_equal(d.watch_types, 1);
	expect_hello();
	xenstore_suspend();
	xenstore_resume(false); /* called off */
	expect_hello();
	assert_int_equal(d.watch_types, 1);
	assert_int_equal(xenstore_unwatch(&watch), 0);
}

static void test_last_write(void **state)
{
	uint64_t before;

	(void)state;
	host_interrupts = false;
	assert_int_equal(xenstore_last_write("data/x", "143", 100 * MS), 0);
	assert_string_equal(d.written, "data/x=143");
	d.deaf = true;
	before = host_now;
	assert_int_equal(xenstore_last_write("data/x", "144", 100 * MS), -ETIMEDOUT);
	assert_true(host_now - before < 150 * MS);
	host_interrupts = true;
}

static void test_no_memory(void **state)
{
	char *value;

	(void)state;
	host_memory_fails = 1;
	assert_int_equal(xenstore_read(0, "hello", &value, NULL), -ENOMEM);
	expect_hello();
	host_memory_fails = 1;
	assert_int_equal(xenstore_read(0, "hello", &value, NULL), -ENOMEM);
	expect_hello();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_read_and_write),
		TEST(test_large_values),
		TEST(test_slow_and_in_pieces),
		TEST(test_no_answer),
		TEST(test_late_answer_is_dropped),
		TEST(test_half_a_request),
		TEST(test_wrong_answers),
		TEST(test_directories),
		TEST(test_transactions),
		TEST(test_watches),
		TEST(test_watch_that_cannot_be_set),
		TEST(test_resume),
		TEST(test_last_write),
		TEST(test_no_memory),
	};

	return cmocka_run_group_tests(tests, machine, NULL);
}
