# SPDX-License-Identifier: BSD-2-Clause
"""Debian's packages fetched and unpacked, but never installed: what would start a service, or what
is only to be looked at; source packages."""
import os
import pathlib
import re
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


def entries_for_source(texts, release):
    """APT's configured entries of a release, given as the texts of its files by name, as deb-src."""
    found = []
    for name, text in sorted(texts.items()):
        if name.endswith(".list"):
            for line in text.splitlines():
                words = re.fullmatch(r"\s*deb(\s+\[[^]]*\])?\s+(\S+)\s+(\S+)\s+(.+)", line)
                if words and re.fullmatch(release + r"(-.*|/.*)?", words[3]):
                    found.append("Types: deb-src\nURIs: %s\nSuites: %s\nComponents: %s\n" % words.group(2, 3, 4))
        for stanza in re.split(r"\n\s*\n", text) if name.endswith(".sources") else ():
            lines = [line for line in stanza.splitlines() if not line.startswith("#")]
            suites = re.search(r"^Suites:(.*)", "\n".join(lines), re.M | re.I)
            if suites and any(word.split("-")[0] == release for word in suites[1].split()):
                found.append("\n".join("Types: deb-src" if line.lower().startswith("types:") else line
                                       for line in lines if line) + "\n")
    return "\n".join(found)


def source_settings(folder):
    """A configuration file for APT below folder that knows the source packages of this machine's own
    release, from where it gets its packages; nothing of the machine's own settings changes."""
    settings, lists = folder / "apt.conf", folder / "lists"
    if settings.exists():
        return settings
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    with open("/etc/os-release", encoding="utf-8") as file:
        release = re.search(r"^VERSION_CODENAME=(\S+)", file.read(), re.M)
    places = [pathlib.Path("/etc/apt/sources.list"), *pathlib.Path("/etc/apt/sources.list.d").glob("*")]
    text = entries_for_source({str(place): place.read_text(encoding="utf-8") for place in places
                               if place.is_file()}, release[1] if release else "")
    if not text:
        raise NoPackage("APT has no entry for this release (%s) whose sources could be asked for"
                        % (release[1] if release else "unknown"))
    (folder / "entries.sources").write_text(text, encoding="utf-8")
    part = folder / "apt.conf.part"
    part.write_text('Dir::Etc::sourcelist "%s";\nDir::Etc::sourceparts "-";\nDir::State::lists "%s";\n'
                    'APT::Sandbox::User "root";\n' % (folder / "entries.sources", lists), encoding="utf-8")
    output(["env", "APT_CONFIG=%s" % part, "apt-get", "-q", "update"])
    part.rename(settings)
    return settings


def unpack_source(package, folder):
    """The folder below folder that a source package is unpacked in, with Debian's patches, once."""
    folder = pathlib.Path(folder).resolve()
    place = folder / package
    if place.exists():
        return place
    folder.mkdir(parents=True, exist_ok=True)
    settings = source_settings(folder)
    output(["env", "APT_CONFIG=%s" % settings, "apt-get", "-q", "--download-only", "source", package],
           cwd=folder)
    files = sorted(folder.glob(package + "_*.dsc"), key=os.path.getmtime)
    if not files:
        raise NoPackage("apt-get downloaded no source package %s" % package)
    part = folder / (package + ".part")
    output(["dpkg-source", "--no-check", "-x", str(files[-1]), str(part)], cwd=folder)
    part.rename(place)
    return place
