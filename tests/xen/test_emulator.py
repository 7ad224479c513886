# SPDX-License-Identifier: BSD-2-Clause
"""The lab runs in a QEMU of its own making (scripts/xenlablib/emulator.py)."""
import os

import pytest
from xenlablib import emulator, errors


def test_the_lab_runs_in_it(lab):
    path = os.readlink(f"/proc/{lab.machine.process.pid}/exe")
    assert path == emulator.prepare(pytest.fail)


def source(folder, texts):
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_each_change_is_made_once(tmp_path):
    texts = {}
    for name, old, _ in emulator.CHANGES:
        texts[name] = texts.get(name, "") + old + "between\n"
    emulator.correct(source(tmp_path, texts))
    for name, _, new in emulator.CHANGES:
        assert (tmp_path / name).read_text().count(new) == 1


def test_another_source_is_refused(tmp_path):
    """Rather than a lab that stands still."""
    name = emulator.CHANGES[0][0]
    with pytest.raises(errors.LabError, match="0 times"):
        emulator.correct(source(tmp_path, {name: "another QEMU\n"}))
    assert (tmp_path / name).read_text() == "another QEMU\n"
