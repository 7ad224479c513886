# SPDX-License-Identifier: BSD-2-Clause
"""Debian's packages fetched and unpacked, but never installed: what would start a service, or what
is only to be looked at."""
import pathlib
import subprocess


class NoPackage(Exception):
    """A package cannot be had, and why."""


def output(words, cwd=None):
    """What a command says."""
    try:
        return subprocess.run(words, cwd=cwd, check=True, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE).stdout
    except OSError as error:
        raise NoPackage("%s: %s" % (words[0], error.strerror)) from error
    except subprocess.CalledProcessError as error:
        raise NoPackage("%s: %s" % (" ".join(words), error.stderr.strip()[-300:])) from error


def unpack(package, folder):
    """The folder below folder that the package is unpacked in, once."""
    folder = pathlib.Path(folder)
    place = folder / package
    if place.exists():
        return place
    folder.mkdir(parents=True, exist_ok=True)
    output(["apt-get", "download", package], cwd=folder)
    files = sorted(folder.glob(package + "_*.deb"))
    if not files:
        raise NoPackage("apt-get downloaded no %s: run apt-get update" % package)
    part = folder / (package + ".part")
    output(["dpkg-deb", "-x", str(files[-1]), str(part)])
    part.rename(place)
    return place
