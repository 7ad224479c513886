# SPDX-License-Identifier: BSD-2-Clause
"""What scripts/pag is made of, and scripts/run in part."""


class PagError(Exception):
    """What went wrong and what to do about it, for the user."""
