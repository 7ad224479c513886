# SPDX-License-Identifier: BSD-2-Clause
"""What pag pack writes beside the image: how xl, QEMU and libvirt start it."""
import os
import shlex
from xml.sax.saxutils import escape

LICENSE = "SPDX-License-Identifier: BSD-2-Clause"


def xl_string(text):
    """A string of xl's configuration language, whose escapes are C's."""
    return '"' + "".join({'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}.get(c, c)
                         for c in text) + '"'


def xl(folder, name, target, memory, cpus, cmdline):
    """For xl create."""
    lines = [f"# {LICENSE}", f"# xl create -c {name}.cfg" if target == "pvh" else
             f"# xl create {name}.cfg && xl console -t pv {name}", f"name = {xl_string(name)}"]
    if target == "pvh":
        lines += ['type = "pvh"', f"kernel = {xl_string(os.path.join(folder, 'pagurus.elf'))}",
                  f"ramdisk = {xl_string(os.path.join(folder, 'module.cpio'))}",
                  f"cmdline = {xl_string(cmdline)}"]
    else:
        disk = f"format=raw, vdev=hdc, access=ro, devtype=cdrom, target={folder}/pagurus.iso"
        lines += ['type = "hvm"', 'boot = "d"', f"disk = [ {xl_string(disk)} ]",
                  'vga = "none"', "vnc = 0", "usb = 0"]
    lines += [f"memory = {memory}", f"vcpus = {cpus}", 'on_poweroff = "destroy"',
              'on_reboot = "restart"', 'on_crash = "destroy"']
    return "\n".join(lines) + "\n"


def qemu(target, memory, cpus, cmdline):
    """A script that starts it in QEMU, from wherever the folder lies."""
    machine = "microvm" if target == "microvm" else "pc"
    boot = "-boot d -cdrom pagurus.iso" if target == "hvm" else \
        "-kernel pagurus.elf -initrd module.cpio -append " + shlex.quote(cmdline)
    return f"""#!/bin/sh
# {LICENSE}
# Starts the program in QEMU; further options of QEMU may follow. QEMU's exit status is N << 1 | 1 for
# the program's N up to 94.
cd "$(dirname "$0")" || exit 1
accel=tcg
grep -Eqw 'vmx|svm' /proc/cpuinfo && [ -w /dev/kvm ] && accel=kvm
exec qemu-system-x86_64 -M {machine} -accel $accel -cpu max -m {memory} -smp {cpus} \\
	-nodefaults -no-user-config -display none -no-reboot -serial stdio \\
	-device isa-debug-exit,iobase=0xf4,iosize=4 \\
	{boot} "$@"
"""


def libvirt(folder, name, target, memory, cpus, cmdline):
    """For virsh create."""
    def path(file):
        return escape(os.path.join(folder, file))

    boot, disk = "<boot dev='cdrom'/>", f"""
    <disk type='file' device='cdrom'>
      <source file='{path("pagurus.iso")}'/>
      <target dev='hdc' bus='ide'/>
      <readonly/>
    </disk>"""
    if target != "hvm":
        boot = f"""<kernel>{path("pagurus.elf")}</kernel>
    <initrd>{path("module.cpio")}</initrd>
    <cmdline>{escape(cmdline)}</cmdline>"""
        disk = ""
    machine = "microvm" if target == "microvm" else "pc"
    return f"""<!-- {LICENSE} -->
<!-- virsh create {name}.xml; type='qemu' where there is no KVM -->
<domain type='kvm'>
  <name>{escape(name)}</name>
  <memory unit='MiB'>{memory}</memory>
  <vcpu>{cpus}</vcpu>
  <os>
    <type arch='x86_64' machine='{machine}'>hvm</type>
    {boot}
  </os>
  <features><acpi/></features>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>{disk}
    <serial type='pty'/>
    <console type='pty'><target type='serial'/></console>
    <memballoon model='none'/>
  </devices>
</domain>
"""
