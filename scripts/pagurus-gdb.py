# SPDX-License-Identifier: BSD-2-Clause
"""gdb commands for Pagurus: pagurus-attach, pagurus-threads, pagurus-log, pagurus-bt TID.

gdb build/pagurus.debug -x scripts/pagurus-gdb.py, while "make debug" waits.
"""
import gdb

# What context_switch() leaves on a stack (arch/x86/context_switch.S), in 8-byte words from RSP.
SAVED_RBP, SAVED_RIP = 6, 7


def value(expression):
    return gdb.parse_and_eval(expression)


def each_thread():
    """Every struct thread *, oldest first."""
    kind = gdb.lookup_type("struct thread")
    offset = [field.bitpos // 8 for field in kind.fields() if field.name == "all"][0]
    head = value("&'sched/thread.c'::threads.all")
    node = head["next"]
    while node != head:
        yield gdb.Value(int(node) - offset).cast(kind.pointer())
        node = node["next"]


def word(address):
    return int(gdb.Value(address).cast(gdb.lookup_type("unsigned long").pointer()).dereference())


def place(address):
    """The function that an address lies in."""
    block = gdb.block_for_pc(address)
    while block and not block.function:
        block = block.superblock
    return "%#x %s" % (address, block.function if block else "")


class Attach(gdb.Command):
    """Connects to a QEMU that waits on port 1234, and stops at the first line of C."""

    def __init__(self):
        super().__init__("pagurus-attach", gdb.COMMAND_RUNNING)

    def invoke(self, argument, from_tty):
        gdb.execute("set architecture i386:x86-64")
        gdb.execute("target remote " + (argument or "localhost:1234"))
        # The page tables are not there yet: only the processor's own breakpoints work.
        gdb.execute("thbreak core_main")
        gdb.execute("continue")


class Threads(gdb.Command):
    """Lists the threads of Pagurus and where those that do not run wait."""

    def __init__(self):
        super().__init__("pagurus-threads", gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        current = int(value("cpus[0].current"))
        for thread in each_thread():
            state = str(thread["state"]).replace("THREAD_", "").lower()
            where = "on the CPU"
            if int(thread) != current:
                where = place(word(int(thread["ctx"]["rsp"]) + 8 * SAVED_RIP))
            print("%c %5d %-16s %-8s priority %2d  %s" % (
                "*" if int(thread) == current else " ", int(thread["tid"]),
                thread["name"].string(), state, int(thread["priority"]), where))


class Backtrace(gdb.Command):
    """Backtrace of the thread with a given tid, which is not running, by frame pointers."""

    def __init__(self):
        super().__init__("pagurus-bt", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        for thread in each_thread():
            if int(thread["tid"]) != int(argument):
                continue
            stack = int(thread["ctx"]["rsp"])
            address, frame = word(stack + 8 * SAVED_RIP), word(stack + 8 * SAVED_RBP)
            for number in range(64):
                print("#%-2d %s" % (number, place(address)))
                if not frame:
                    return
                frame, address = word(frame), word(frame + 8)
                if not address:
                    return
            return
        print("no thread %s" % argument)


class Log(gdb.Command):
    """Prints the kernel's log ring."""

    def __init__(self):
        super().__init__("pagurus-log", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        ring = value("log_ring")
        size, head, tail = int(ring["size"]), int(ring["head"]), int(ring["tail"])
        memory = bytes(gdb.selected_inferior().read_memory(int(ring["buf"]), size))
        text = bytes(memory[i % size] for i in range(tail, tail + ((head - tail) & 0xFFFFFFFF)))
        print(text.decode("utf-8", "replace"), end="")


Attach()
Threads()
Backtrace()
Log()
