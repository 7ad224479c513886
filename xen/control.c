/* SPDX-License-Identifier: BSD-2-Clause */
/* The thread that does what the toolstack asks: one watch for each kind of request. */
#include "xen/control.h"

#include "arch/x86/percpu.h"
#include "arch/x86/tsc.h"
#include "core/shutdown.h"
#include "include/errno.h"
#include "include/log.h"
#include "include/panic.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "sched/thread.h"
#include "xen/balloon.h"
#include "xen/check.h"
#include "xen/clock.h"
#include "xen/event.h"
#include "xen/hypercall.h"
#include "xen/suspend.h"
#include "xen/unplug.h"
#include "xen/xenstore.h"

#define PRIORITY_CONTROL 8 /* before any program's threads */
#define RETRY_NS (30 * NS_PER_SEC)
#define DELAY_NS (CONFIG_XEN_CONTROL_DELAY * NS_PER_MS)

static struct wait_queue work = WAIT_QUEUE_INIT(work);

static void wake(struct xenstore_watch *watch)
{
	uint64_t flags = spin_lock(&work.lock);

	(void)watch;
	wait_wake(&work, 1);
	spin_unlock(&work.lock, flags);
}

/* A request as the toolstack left it, and that we have seen it: the node is empty afterwards. */
struct request {
	const char *path;
	char text[16];
};

/* In a transaction, so that no request is lost that comes between reading and emptying. */
static int take_request(uint32_t tx, void *ctx)
{
	struct request *request = ctx;
	char *value;
	int err = xenstore_read(tx, request->path, &value, NULL);

	request->text[0] = '\0';
	if (err)
		return err;
	strlcpy(request->text, value, sizeof(request->text));
	heap_free(value);
	return request->text[0] ? xenstore_write(tx, request->path, "", 0) : 0;
}

static bool read_request(struct request *request)
{
	int err = xenstore_transaction(take_request, request);

	if (err && err != -ENOENT)
		log_warn("xen: %s cannot be read (error %d)", request->path, err);
	return !err && request->text[0];
}

static void shutdown_changed(void)
{
	struct request request = { .path = "control/shutdown" };
	const char *what = request.text;

	if (!read_request(&request))
		return;
	log_info("xen: the toolstack asks for %s", what);
	if (!strcmp(what, "poweroff") || !strcmp(what, "halt"))
		shutdown_request(STOP_EXIT);
	else if (!strcmp(what, "reboot"))
		shutdown_request(STOP_REBOOT);
	else if (!strcmp(what, "crash"))
		panic("the toolstack asked for a crash");
	else if (!strcmp(what, "suspend") && IS_ENABLED(CONFIG_XEN_SUSPEND))
		xen_suspend();
	else
		log_warn("xen: the toolstack asks for \"%s\", which is not known here", what);
}

static void sysrq_changed(void)
{
	struct request request = { .path = "control/sysrq" };

	if (read_request(&request))
		xen_sysrq(request.text[0]);
}

static struct item {
	struct xenstore_watch watch;
	void (*changed)(void);
	bool set;
} items[] = {
	{ { .path = "control/shutdown", .fired = wake }, shutdown_changed, false },
	{ { .path = "control/sysrq", .fired = wake }, sysrq_changed, false },
#ifdef CONFIG_XEN_BALLOON
	{ { .path = "memory/target", .fired = wake }, balloon_target_changed, false },
#endif
	{ { .path = "cpu", .fired = wake }, xen_vcpus_changed, false },
};

/* Sets the watches that are not set yet. Returns whether all of them are now. */
static bool set_watches(void)
{
	bool all = true;

	for (unsigned i = 0; i < ARRAY_SIZE(items); i++) {
		int err = items[i].set ? 0 : xenstore_watch(&items[i].watch);

		if (err && err != -ETIMEDOUT)
			log_warn("xen: %s cannot be watched (error %d)", items[i].watch.path, err);
		items[i].set = err != -ETIMEDOUT;
		all = all && items[i].set;
		if (err == -ETIMEDOUT)
			break;
	}
	return all;
}

/* Tells the toolstack what is understood here, under the names that it looks for. */
static void write_features(void)
{
	static const char *const features[] = {
		"control/feature-poweroff",
		"control/feature-reboot",
#ifdef CONFIG_XEN_SUSPEND
		"control/feature-suspend",
#endif
		"data/updated",
	};

	for (unsigned i = 0; i < ARRAY_SIZE(features); i++)
		if (xenstore_write(0, features[i], "1", 1) == -ETIMEDOUT)
			return;
}

static bool anything_fired(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(items); i++)
		if (items[i].watch.count != items[i].watch.seen)
			return true;
	return false;
}

static void sleep_until_asked(uint64_t deadline)
{
	uint64_t flags = spin_lock(&work.lock);

	while (!anything_fired())
		if (wait_sleep(&work, deadline, &flags) == -ETIMEDOUT)
			break;
	spin_unlock(&work.lock, flags);
}

static void control_thread(void *unused)
{
	uint64_t deadline;
	bool all = false;
	int err;

	(void)unused;
	if (IS_ENABLED(CONFIG_XEN_UNPLUG))
		xen_unplug();
	err = xenstore_connect();
	if (err) {
		log_warn("xen: no xenstore (error %d): xl shutdown and its like will not be heard", err);
		return;
	}
	if (IS_ENABLED(CONFIG_XEN_CHECK))
		xen_check_begin();
	for (;;) {
		if (!all) {
			all = set_watches();
			if (all)
				write_features();
		}
		deadline = all ? WAIT_FOREVER : clock_ns() + RETRY_NS;
#ifdef CONFIG_XEN_BALLOON
		deadline = MIN(deadline, balloon_work());
#endif
		sleep_until_asked(deadline);
		for (unsigned i = 0; i < ARRAY_SIZE(items); i++)
			if (xenstore_watch_fired(&items[i].watch))
				items[i].changed();
	}
}

static void begin(void)
{
	struct thread *thread = thread_create(control_thread, NULL, "xen-control");

	if (thread)
		thread_set_priority(thread, PRIORITY_CONTROL);
	else
		log_warn("xen: no memory for the control thread: xl shutdown will not be heard");
}

static void on_event(unsigned port, void *ctx)
{
	(void)ctx;
	event_close(port);
	begin();
}

static void on_timer(struct timer *timer)
{
	(void)timer;
	begin();
}

/* Lets Xen's own timer call on_event(). That is four exits from the VM; to set up the local APIC
 * takes more. */
static int start_by_event(void)
{
	struct vcpu_set_singleshot_timer timer = { .timeout_abs_ns = xen_time_now() + DELAY_NS };
	int port = event_bind_virq(VIRQ_TIMER, cpu_id());
	int err = port < 0 ? port : event_bind_plain((unsigned)port, on_event, NULL);

	if (!err)
		err = (int)xen_vcpu_op(VCPUOP_set_singleshot_timer, cpu_id(), &timer);
	if (err && port > 0)
		event_close((unsigned)port);
	return err;
}

void xen_control_init(bool emulated)
{
	static struct timer timer;

	/* Events want the shared page, which is dear in an HVM guest (xen/shared.h). */
	if (!emulated && start_by_event() == 0)
		return;
	timer_init(&timer, on_timer);
	timer_arm(&timer, clock_ns() + DELAY_NS);
}
