#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs libFuzzer targets, each for a while from its seed corpus, and sums up:
`fuzz: N passed, N failed`. An input that fails is left beside the target, and its path printed;
run the target with that path to see it again."""
import argparse
import glob
import os
import re
import subprocess
import sys
import tempfile

MAX_LEN = 16384
INPUT_TIMEOUT_S = 10
EXTRA_S = 120  # start, corpus, slow machines


def run(path, args):
    """Returns (ok, one line of figures, output) of one target."""
    if not os.access(path, os.X_OK):
        return False, "was not built", b""
    name = os.path.basename(path)
    artifacts = path + ".crash/"
    os.makedirs(artifacts, exist_ok=True)
    with tempfile.TemporaryDirectory() as found:
        seeds = os.path.join(args.corpus, name.replace("fuzz_", "", 1))
        command = [path, found] + ([seeds] if os.path.isdir(seeds) else [])
        command += [f"-max_len={MAX_LEN}", f"-timeout={INPUT_TIMEOUT_S}",
                    f"-artifact_prefix={artifacts}", "-print_final_stats=1", "-rss_limit_mb=2048"]
        limit = EXTRA_S
        if args.runs:
            command.append(f"-runs={args.runs}")
            limit = 3600
        else:
            command.append(f"-max_total_time={args.seconds}")
            limit += args.seconds
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=limit, check=False)
        except subprocess.TimeoutExpired as error:
            return False, f"still running after {limit} s", error.stdout or b""
    runs = re.search(rb"number_of_executed_units: (\d+)", done.stdout)
    count = int(runs.group(1)) if runs else 0
    edges = re.findall(rb"cov: (\d+)", done.stdout)
    figures = f"{count} inputs, {int(edges[-1]) if edges else 0} edges"
    ok = done.returncode == 0 and count > 0
    if not ok:
        figures += "; input in " + ", ".join(glob.glob(artifacts + "*") or [artifacts])
    return ok, figures, done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--runs", type=int, default=0)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("targets", nargs="+")
    args = parser.parse_args()
    failed = 0
    for path in args.targets:
        ok, figures, output = run(path, args)
        failed += not ok
        print(f"  {'PASS' if ok else 'FAIL'}  {os.path.basename(path)}: {figures}", flush=True)
        if not ok:
            sys.stdout.buffer.write(output[-20000:])
            sys.stdout.flush()
    print(f"fuzz: {len(args.targets) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
