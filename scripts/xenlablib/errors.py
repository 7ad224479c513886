# SPDX-License-Identifier: BSD-2-Clause
"""Whose fault it was."""


class LabError(Exception):
    """The lab itself failed: building, starting, dom0's own programs. Not the guest's fault."""


class GuestError(Exception):
    """A guest did not do what was waited for. The message holds its console."""
