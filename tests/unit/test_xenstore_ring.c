/* sources: xen/xenstore_ring.c */
// SPDX-License-Identifier: BSD-2-Clause
/* xenstore's ring and messages: bytes in order across every wrap, messages that come in pieces, and
 * another side that writes nonsense into the shared page. */
#include "tests/unit/host_stubs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "xen/xenstore_ring.h"

#define SIZE XENSTORE_RING_SIZE

/* The shared page with a guard on either side: a write outside shows. */
static struct {
	uint8_t before[64];
	struct xenstore_domain_interface page;
	uint8_t after[64];
} mem;

static struct xenstore_ring ring;
static struct xenstore_reader reader;

static void start_at(uint32_t req, uint32_t rsp)
{
	memset(&mem, 0xaa, sizeof(mem));
	mem.page.req_cons = mem.page.req_prod = req;
	mem.page.rsp_cons = mem.page.rsp_prod = rsp;
	xenstore_ring_attach(&ring, &mem.page);
	xenstore_reader_reset(&reader);
}

static void check_guards(void)
{
	for (unsigned i = 0; i < sizeof(mem.before); i++) {
		assert_int_equal(mem.before[i], 0xaa);
		assert_int_equal(mem.after[i], 0xaa);
	}
}

static size_t daemon_take(char *data, size_t max)
{
	size_t n = 0;

	while (n < max && mem.page.req_cons != mem.page.req_prod)
		data[n++] = mem.page.req[mem.page.req_cons++ % SIZE];
	return n;
}

static size_t daemon_give(const void *data, size_t len)
{
	size_t n = 0;

	while (n < len && mem.page.rsp_prod - mem.page.rsp_cons < SIZE)
		mem.page.rsp[mem.page.rsp_prod++ % SIZE] = ((const char *)data)[n++];
	return n;
}

static void give_message(uint32_t type, uint32_t id, const char *body, uint32_t len)
{
	struct xsd_sockmsg header = { .type = type, .req_id = id, .len = len };

	assert_int_equal(daemon_give(&header, sizeof(header)), sizeof(header));
	assert_int_equal(daemon_give(body, len), len);
}

static void test_requests_in_order_over_every_wrap(void **state)
{
	static char sent[200000], got[200000];
	size_t put = 0, taken = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (char)host_random();
	start_at(UINT32_MAX - 5000, 0);
	while (taken < sizeof(sent)) {
		size_t n = host_random_below(2000);

		put += xenstore_ring_put(&ring, sent + put, MIN(n, sizeof(sent) - put));
		assert_true(put - taken <= SIZE);
		taken += daemon_take(got + taken, host_random_below(2000));
	}
	assert_memory_equal(sent, got, sizeof(sent));
	check_guards();
}

/* Messages of every length, handed over in pieces of any size, at any place of the ring. */
static void test_messages_in_pieces(void **state)
{
	static char stream[600000];
	size_t len = 0, given = 0;
	uint32_t expected = 0, messages = 0;

	(void)state;
	while (len + XENSTORE_PAYLOAD_MAX + 16 < sizeof(stream)) {
		uint32_t body = (uint32_t)host_random_below(messages % 3 ? 100 : XENSTORE_PAYLOAD_MAX + 1);
		struct xsd_sockmsg header = { .type = XS_READ, .req_id = messages, .len = body };

		memcpy(stream + len, &header, sizeof(header));
		memset(stream + len + sizeof(header), (int)messages, body);
		len += sizeof(header) + body;
		messages++;
	}
	start_at(0, UINT32_MAX - 7777);
	while (given < len || xenstore_ring_readable(&ring)) {
		int result;

		given += daemon_give(stream + given, MIN(host_random_below(1500), len - given));
		while ((result = xenstore_reader_fill(&reader, &ring)) > 0) {
			assert_int_equal(reader.header.req_id, expected);
			for (uint32_t i = 0; i < reader.header.len; i++)
				assert_int_equal((uint8_t)reader.body[i], (uint8_t)expected);
			assert_int_equal(reader.body[reader.header.len], 0);
			expected++;
		}
		assert_int_equal(result, 0);
	}
	assert_int_equal(expected, messages);
	check_guards();
}

static void test_lying_length(void **state)
{
	struct xsd_sockmsg header = { .type = XS_READ, .len = XENSTORE_PAYLOAD_MAX + 1 };

	(void)state;
	start_at(0, 0);
	daemon_give(&header, sizeof(header));
	daemon_give("rest", 4);
	assert_int_equal(xenstore_reader_fill(&reader, &ring), -EIO);
	xenstore_ring_drop(&ring);
	assert_false(xenstore_ring_readable(&ring));
	give_message(XS_READ, 5, "after", 5);
	assert_int_equal(xenstore_reader_fill(&reader, &ring), 1);
	assert_int_equal(reader.header.req_id, 5);
	assert_string_equal(reader.body, "after");
	header.len = UINT32_MAX;
	daemon_give(&header, sizeof(header));
	assert_int_equal(xenstore_reader_fill(&reader, &ring), -EIO);
}

static void test_unknown_type(void **state)
{
	(void)state;
	start_at(0, 0);
	give_message(XS_TYPE_COUNT, 1, "x", 1);
	assert_int_equal(xenstore_reader_fill(&reader, &ring), -EIO);
}

static void test_nonsense_positions(void **state)
{
	char data[SIZE];

	(void)state;
	start_at(0, 50);
	mem.page.rsp_prod = 50 + SIZE + 1;
	assert_int_equal(xenstore_ring_get(&ring, data, sizeof(data)), -EIO);
	assert_int_equal(mem.page.rsp_cons, 50 + SIZE + 1);
	assert_false(xenstore_ring_readable(&ring));
	mem.page.req_cons = 1; /* took a byte that never was */
	assert_int_equal(xenstore_ring_put(&ring, "x", 1), 0);
	mem.page.req_cons = 0;
	assert_int_equal(xenstore_ring_put(&ring, "x", 1), 1);
	/* In the middle of a message: it is forgotten. */
	start_at(0, 0);
	daemon_give("half a header", 10);
	assert_int_equal(xenstore_reader_fill(&reader, &ring), 0);
	mem.page.rsp_prod += 5000;
	assert_int_equal(xenstore_reader_fill(&reader, &ring), -EIO);
	mem.page.rsp_cons = mem.page.rsp_prod;
	give_message(XS_WRITE, 9, "OK", 3);
	assert_int_equal(xenstore_reader_fill(&reader, &ring), 1);
	assert_int_equal(reader.header.req_id, 9);
	check_guards();
}

static void test_our_position_is_our_own(void **state)
{
	(void)state;
	start_at(0, 0);
	xenstore_ring_put(&ring, "abc", 3);
	mem.page.req_prod = 0x80000000; /* the other side scribbles over ours */
	xenstore_ring_put(&ring, "def", 3);
	assert_int_equal(mem.page.req_prod, 6);
	assert_memory_equal(mem.page.req, "abcdef", 6);
}

static void test_errors(void **state)
{
	(void)state;
	assert_int_equal(xenstore_error("ENOENT", 7), -ENOENT);
	assert_int_equal(xenstore_error("EAGAIN", 7), -EAGAIN);
	assert_int_equal(xenstore_error("EAGAIN", 6), -EAGAIN); /* its NUL is missing */
	assert_int_equal(xenstore_error("EAGAINST", 9), -EIO);
	assert_int_equal(xenstore_error("EAG", 3), -EIO);
	assert_int_equal(xenstore_error("", 0), -EIO);
}

static void test_tokens_and_events(void **state)
{
	char token[XENSTORE_TOKEN_MAX], body[64];
	const char *path;
	uint32_t number;

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		uint32_t value = (uint32_t)host_random();
		int n;

		xenstore_token_format(token, value);
		n = snprintf(body, sizeof(body), "control/shutdown%c%s", 0, token);
		assert_int_equal(xenstore_parse_event(body, (size_t)n + 1, &path, &number), 0);
		assert_string_equal(path, "control/shutdown");
		assert_int_equal(number, value);
	}
	assert_int_equal(xenstore_parse_event("a\0"
	                                      "0000000g",
	                                      11, &path, &number),
	                 -EINVAL);
	assert_int_equal(xenstore_parse_event("a\0"
	                                      "1234567",
	                                      10, &path, &number),
	                 -EINVAL);
	assert_int_equal(xenstore_parse_event("a", 1, &path, &number), -EINVAL);
	assert_int_equal(xenstore_parse_event("a", 2, &path, &number), -EINVAL);
	assert_int_equal(xenstore_parse_event("", 0, &path, &number), -EINVAL);
}

static void test_decimal(void **state)
{
	uint64_t value;

	(void)state;
	assert_int_equal(xenstore_parse_decimal("65536", 5, &value), 0);
	assert_int_equal(value, 65536);
	assert_int_equal(xenstore_parse_decimal("7", 2, &value), 0);
	assert_int_equal(value, 7);
	assert_int_equal(xenstore_parse_decimal("18446744073709551615", 20, &value), 0);
	assert_true(value == UINT64_MAX);
	assert_int_equal(xenstore_parse_decimal("18446744073709551616", 20, &value), -EINVAL);
	assert_int_equal(xenstore_parse_decimal("12a", 3, &value), -EINVAL);
	assert_int_equal(xenstore_parse_decimal("", 0, &value), -EINVAL);
	assert_int_equal(xenstore_parse_decimal("1\0"
	                                        "2",
	                                        3, &value),
	                 -EINVAL);
	assert_int_equal(xenstore_parse_decimal("-1", 2, &value), -EINVAL);
}

static void test_directory_parts(void **state)
{
	struct xenstore_part part;

	(void)state;
	assert_int_equal(xenstore_parse_part("42\0a\0bc\0", 8, &part), 0);
	assert_int_equal(part.generation, 42);
	assert_int_equal(part.len, 5);
	assert_false(part.last);
	assert_memory_equal(part.names, "a\0bc", 5);
	assert_int_equal(xenstore_parse_part("42\0a\0\0", 6, &part), 0);
	assert_true(part.last);
	assert_int_equal(part.len, 2);
	assert_int_equal(xenstore_parse_part("42\0\0", 4, &part), 0); /* an empty directory */
	assert_true(part.last);
	assert_int_equal(part.len, 0);
	assert_int_equal(xenstore_parse_part("42\0", 3, &part), -EIO); /* neither names nor an end */
	assert_int_equal(xenstore_parse_part("42\0torn", 7, &part), -EIO);
	assert_int_equal(xenstore_parse_part("\0a\0\0", 4, &part), -EIO);
	assert_int_equal(xenstore_parse_part("", 0, &part), -EIO);
}

static void test_names(void **state)
{
	static const char list[] = "one\0two\0\0four\0torn";
	const char *name = NULL;

	(void)state;
	name = xenstore_next_name(list, 18, name);
	assert_string_equal(name, "one");
	name = xenstore_next_name(list, 18, name);
	assert_string_equal(name, "two");
	name = xenstore_next_name(list, 18, name);
	assert_string_equal(name, "");
	name = xenstore_next_name(list, 18, name);
	assert_string_equal(name, "four");
	assert_null(xenstore_next_name(list, 18, name));
	assert_null(xenstore_next_name(list, 0, NULL));
}

static void test_random_nonsense_stays_inside(void **state)
{
	char data[3000] = { 0 };

	(void)state;
	start_at(0, 0);
	for (unsigned i = 0; i < 20000; i++) {
		mem.page.req_cons = (uint32_t)host_random() >> host_random_below(32);
		mem.page.req_prod = (uint32_t)host_random();
		mem.page.rsp_prod = ring.rsp_cons + (uint32_t)(host_random() >> host_random_below(64));
		mem.page.rsp_cons = (uint32_t)host_random();
		assert_true(xenstore_ring_put(&ring, data, host_random_below(sizeof(data))) <= SIZE);
		assert_true(xenstore_ring_get(&ring, data, host_random_below(sizeof(data))) <= SIZE);
		for (unsigned n = 0; n < 100 && xenstore_reader_fill(&reader, &ring) > 0; n++)
			;
		assert_true(reader.have <= sizeof(reader.header) + XENSTORE_PAYLOAD_MAX);
	}
	check_guards();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests_in_order_over_every_wrap),
		cmocka_unit_test(test_messages_in_pieces),
		cmocka_unit_test(test_lying_length),
		cmocka_unit_test(test_unknown_type),
		cmocka_unit_test(test_nonsense_positions),
		cmocka_unit_test(test_our_position_is_our_own),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_tokens_and_events),
		cmocka_unit_test(test_decimal),
		cmocka_unit_test(test_directory_parts),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_random_nonsense_stays_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
