/* sources: core/boot_trace.c core/exit.c core/signal_name.c core/fault_text.c lib/fmt.c */
// SPDX-License-Identifier: BSD-2-Clause
/* What the outside sees of an end: the encoded value, the last line; and what a fault is called. */
#include "tests/unit/host_stubs.h"

#include <string.h>

#include "arch/x86/trap.h"
#include "core/console.h"
#include "core/exit.h"
#include "core/fault_text.h"
#include "core/log.h"
#include "core/signal_name.h"

static char seen[256];
static jmp_buf stopped;
static enum stop_reason seen_reason;
static int seen_status;

void console_write(const char *buf, size_t len)
{
	strncat(seen, buf, len);
}

void console_fresh_line(void)
{
	strcat(seen, "|");
}

void log_flush(void)
{
}

static __noreturn void stop(enum stop_reason reason, int status)
{
	seen_reason = reason;
	seen_status = status;
	longjmp(stopped, 1);
}

static const struct platform test_platform = { .stop = stop };
const struct platform *platform = &test_platform;

static void expect_stop(enum stop_reason reason, int status, const char *line)
{
	seen[0] = '\0';
	if (!setjmp(stopped))
		machine_stop(reason, status);
	assert_string_equal(seen, line);
	assert_int_equal(seen_reason, reason);
	assert_int_equal(seen_status, status);
}

static void test_last_line(void **state)
{
	(void)state;
	expect_stop(STOP_EXIT, 0, "|pagurus: exit status 0\n");
	expect_stop(STOP_EXIT, 255, "|pagurus: exit status 255\n");
	expect_stop(STOP_SIGNAL, 6, "|pagurus: killed by signal 6 (SIGABRT)\n");
	expect_stop(STOP_SIGNAL, 33, "|pagurus: killed by signal 33 (SIGRT)\n");
	expect_stop(STOP_PANIC, 0, "|pagurus: panic\n");
	expect_stop(STOP_REBOOT, 0, "|pagurus: reboot\n");
}

static void test_exit_value(void **state)
{
	bool used[128] = { false };

	(void)state;
	for (int status = 0; status < 256; status++)
		assert_int_equal(exit_value(STOP_EXIT, status), status < 95 ? status : 95);
	assert_int_equal(exit_value(STOP_PANIC, 0), 96);
	for (int signal = 1; signal <= 31; signal++) {
		unsigned value = exit_value(STOP_SIGNAL, signal);

		assert_true(value > 96 && value < 128);
		assert_false(used[value]);
		used[value] = true;
	}
	assert_int_equal(exit_value(STOP_SIGNAL, 11), 107);
	for (int signal = -1; signal < 200; signal++)
		assert_true(exit_value(STOP_SIGNAL, signal) < 128);
}

static void test_signal_names(void **state)
{
	(void)state;
	assert_string_equal(signal_name(1), "HUP");
	assert_string_equal(signal_name(11), "SEGV");
	assert_string_equal(signal_name(16), "STKFLT");
	assert_string_equal(signal_name(31), "SYS");
	assert_string_equal(signal_name(0), "?");
	assert_string_equal(signal_name(32), "RT");
	assert_string_equal(signal_name(-5), "?");
}

static void expect_text(struct fault_facts facts, const char *text)
{
	char buf[160];

	fault_text(buf, sizeof(buf), &facts);
	assert_string_equal(buf, text);
}

static void test_fault_text(void **state)
{
	const uint64_t rsp = 0x7fff0000;

	(void)state;
	expect_text((struct fault_facts){ .vector = 0, .rsp = rsp, .stack_mapped = true },
	            "divide error (vector 0, error code 0)");
	expect_text((struct fault_facts){ .vector = 9 }, "unexpected trap (vector 9, error code 0)");
	expect_text((struct fault_facts){ .vector = 255 },
	            "unexpected trap (vector 255, error code 0)");
	expect_text((struct fault_facts){ .vector = 8, .guard = true },
	            "double fault (vector 8, error code 0): kernel stack overflow");
	expect_text(
		(struct fault_facts){ .vector = 14, .address = 8, .rsp = rsp, .stack_mapped = true },
		"page fault: read of 0x8: null pointer");
	expect_text(
		(struct fault_facts){ .vector = 14, .error = PF_FETCH, .rsp = rsp, .stack_mapped = true },
		"page fault: execution at 0: call of a null pointer");
	expect_text(
		(struct fault_facts){
			.vector = 14, .error = PF_WRITE, .address = rsp - 8, .rsp = rsp, .stack_mapped = true },
		"page fault: write to 0x7ffefff8: stack overflow");
	expect_text((struct fault_facts){ .vector = 14,
	                                  .error = PF_WRITE,
	                                  .address = rsp + 0x2000,
	                                  .rsp = rsp },
	            "page fault: write to 0x7fff2000: stack overflow");
	expect_text((struct fault_facts){ .vector = 14,
	                                  .error = PF_WRITE,
	                                  .address = rsp + 0x2000,
	                                  .rsp = rsp,
	                                  .stack_mapped = true },
	            "page fault: write to 0x7fff2000: not mapped");
	expect_text((struct fault_facts){ .vector = 14,
	                                  .error = PF_WRITE | PF_PRESENT,
	                                  .address = 0x400000,
	                                  .rsp = rsp,
	                                  .stack_mapped = true },
	            "page fault: write to 0x400000: read-only memory");
	expect_text((struct fault_facts){ .vector = 14,
	                                  .error = PF_FETCH | PF_PRESENT,
	                                  .address = 0x400000,
	                                  .rsp = rsp,
	                                  .stack_mapped = true },
	            "page fault: execution at 0x400000: no-execute memory");
}

static void test_fault_text_in_little_room(void **state)
{
	char buf[8];

	(void)state;
	memset(buf, 'x', sizeof(buf));
	fault_text(buf, 5, &(struct fault_facts){ .vector = 14, .address = 8 });
	assert_string_equal(buf, "page");
	assert_int_equal(buf[5], 'x');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_last_line),
		cmocka_unit_test(test_exit_value),
		cmocka_unit_test(test_signal_names),
		cmocka_unit_test(test_fault_text),
		cmocka_unit_test(test_fault_text_in_little_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
