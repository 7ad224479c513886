# SPDX-License-Identifier: BSD-2-Clause
"""The Xen lab: Xen, dom0 and xl inside QEMU's emulator, for machines without virtualization
hardware. lab.Lab is what callers use."""
