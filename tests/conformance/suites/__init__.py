# SPDX-License-Identifier: BSD-2-Clause
"""One module for each suite: TITLE, ABOUT, and a class Suite with prepare(), groups and run()."""
