# SPDX-License-Identifier: BSD-2-Clause
"""Commands for gdb that know Pagurus: gdb -x scripts/pagurus-gdb.py build/pagurus.debug

pagurus-attach [PORT]   connect to QEMU (make debug), stop where the core begins
pagurus-log             print the log ring
pagurus-threads         list the threads, each with where it waits
pagurus-boot            print the steps of the boot and what they took
"""
import gdb


def value(expression):
    return gdb.parse_and_eval(expression)


def member_list(head, kind, member):
    """Entries of a circular list (lib/list.h)."""
    kind = gdb.lookup_type(kind)
    offset = next(f.bitpos // 8 for f in kind.fields() if f.name == member)
    node = head["next"]
    while node != head.address:
        yield (node.cast(gdb.lookup_type("char").pointer()) - offset).cast(
            kind.pointer()).dereference()
        node = node["next"]


def where(address):
    """Function and line of a code address."""
    line = gdb.find_pc_line(address)
    block = gdb.block_for_pc(address)
    while block and not block.function:
        block = block.superblock
    name = block.function.name if block else f"{address:#x}"
    return f"{name} ({line.symtab.filename}:{line.line})" if line.symtab else name


class Command(gdb.Command):
    """A command that explains itself where the image lacks what it needs."""

    def __init__(self, name):
        super().__init__(name, gdb.COMMAND_USER)

    def invoke(self, argument, from_tty):
        try:
            self.run(gdb.string_to_argv(argument))
        except gdb.MemoryError as error:
            print(f"cannot read that yet ({error}): the image is not running")
        except gdb.error as error:
            print(f"{error} (was the image built with CONFIG_DEBUG_INFO?)")


class Attach(Command):
    """pagurus-attach [PORT]: connect to QEMU's gdb server and stop where the core begins."""

    def run(self, arguments):
        port = arguments[0] if arguments else "1234"
        gdb.execute(f"target remote localhost:{port}")
        # The loader has yet to write the image: a breakpoint in memory would be overwritten.
        gdb.execute("thbreak core_main")
        print("The machine has not begun. \"continue\" runs to core_main.")


class Log(Command):
    """pagurus-log: print the log ring, oldest message first."""

    def run(self, arguments):
        if gdb.lookup_global_symbol("log_ring") is None and \
                gdb.lookup_static_symbol("log_ring") is None:
            print("this image keeps no log (CONFIG_LOG_RING_KIB=0)")
            return
        ring = value("log_ring")
        size, head, tail = (int(ring[name]) for name in ("size", "head", "tail"))
        memory = gdb.selected_inferior().read_memory(int(ring["buf"]), size).tobytes()
        text = bytes(memory[i % size] for i in range(tail, tail + ((head - tail) & 0xffffffff)))
        lines = text.decode("utf-8", "replace").splitlines()
        if len(text) == size and lines:
            lines = lines[1:]  # its beginning was pushed out
        for line in lines:
            print(line)


class Threads(Command):
    """pagurus-threads: list the threads, each with the function that waits in schedule()."""

    STATES = {0: "ready", 1: "blocked", 2: "dead", 3: "new"}
    SCHEDULER = ("context_switch.S", "sched/schedule.c", "sched/wait.c", "arch/x86/cpu.h",
                 "arch/x86/spinlock.h")

    def run(self, arguments):
        current = int(value("cpus[0].current"))
        for thread in member_list(value("threads.all"), "struct thread", "all"):
            state = self.STATES.get(int(thread["state"]), "?")
            if int(thread.address) == current:
                state = "running"
            place = "" if state == "running" else self.waiting_in(thread)
            print(f"{int(thread['tid']):5} {thread['name'].string():16} {state:8} {place}")

    def waiting_in(self, thread):
        """The first function outside the scheduler on the thread's stack."""
        stack = int(thread["ctx"]["rsp"])
        for at in range(stack, stack + 1024, 8):
            try:
                word = gdb.selected_inferior().read_memory(at, 8).tobytes()
            except gdb.MemoryError:
                break  # the guard page above
            address = int.from_bytes(word, "little")
            if gdb.block_for_pc(address) is None:
                continue
            line = gdb.find_pc_line(address)
            if line.symtab and not line.symtab.filename.endswith(self.SCHEDULER):
                return where(address)
        return ""


class Boot(Command):
    """pagurus-boot: print the steps of the boot, in TSC cycles."""

    def run(self, arguments):
        steps = value("boot_steps")
        previous = None
        for i in range(int(value("nr_boot_steps"))):
            tsc = int(steps[i]["tsc"])
            took = "" if previous is None else f"{tsc - previous:12}"
            print(f"{steps[i]['name'].string():40} {took}")
            previous = tsc


Attach("pagurus-attach")
Log("pagurus-log")
Threads("pagurus-threads")
Boot("pagurus-boot")
