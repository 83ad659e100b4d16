"""The Pythons of this machine: which there are, which of them has no GIL, and a script for one.

Each tells by itself what it is: it is run with a line of code, for a few seconds at most, without
its settings and its packages. Neither what it prints here nor its `repr` holds a path.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from reprlib import repr as short
from shutil import which
from tempfile import TemporaryDirectory
from typing import Any

from helpers.aside import aside
from helpers.program import Ended, run_command

__all__ = ["Python", "free_threaded", "python_at", "pythons", "this_python"]

ASK_LIMIT = 5.0  # seconds that a Python has to say what it is
OLDEST = (3, 8)  # what the course has another Python run is written for it
ASK = """\
import json, os, sys, sysconfig
print(json.dumps({
    "implementation": sys.implementation.name,
    "version": sys.version_info[:3],
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "has_gil": getattr(sys, "_is_gil_enabled", lambda: True)(),
    "prefix": os.path.realpath(sys.base_prefix),
}))
"""
APART = ("-I", "-S")  # no variables, no folder of the learner's, no packages
NAME = re.compile(r"python(3(\.\d+)?t?)?(\.exe)?", re.I)
# Where installers put a Python that may not be on the path; `~` is the learner's own folder.
FOLDERS = (
    "{PYENV_ROOT}/versions/*/bin",
    "~/.pyenv/versions/*/bin",
    "{UV_PYTHON_INSTALL_DIR}/*/bin",
    "{XDG_DATA_HOME}/uv/python/*/bin",
    "~/.local/share/uv/python/*/bin",
    "{APPDATA}/uv/python/*",
    "{LOCALAPPDATA}/Programs/Python/*",
    "/Library/Frameworks/Python*.framework/Versions/3*/bin",
)


@dataclass(frozen=True)
class Python:
    """A Python, as it said of itself.

    Attributes:
        version: such as (3, 14, 0).
        free_threaded: whether its threads can do without a GIL: a build of its own.
        has_gil: whether one thread at a time may run Python in it, as it is run here.
        implementation: 'cpython', 'pypy', ...
        path: its program.
        prefix: the folder that it was installed into.
    """

    version: tuple[int, ...]
    free_threaded: bool
    has_gil: bool
    implementation: str = "cpython"
    path: str = field(default="", repr=False)
    prefix: str = field(default="", repr=False)

    def __repr__(self) -> str:
        name = "Python" if self.implementation == "cpython" else f"{self.implementation}, Python"
        kind = ", free-threaded" if self.free_threaded else ""
        kind += ", its GIL on" if self.free_threaded and self.has_gil else ""
        return f"{name} {'.'.join(map(str, self.version))}{kind}"

    def run(self, script: Path, *words: str, limit: float, options: tuple[str, ...] = ()) -> Any:
        """Have it run a script that prints JSON, apart from all; return what that holds.

        Args:
            script: its file.
            words: its arguments.
            limit: the seconds that it has.
            options: further ones for the Python, such as "-X", "gil=1".

        Raises:
            RuntimeError: the script failed, had not ended in time, or printed something else.
        """
        command = [self.path, *APART, *options, str(script), *words]
        try:
            ended = _ended(command, limit)
            return json.loads(ended.printed if ended.status == 0 else "")
        except OSError as error:
            raise RuntimeError(f"{self!r} cannot be started: {error.strerror}") from None
        except ValueError:
            if ended.status is None:
                why = f"had not ended after {limit:g} seconds, and was stopped"
            else:
                why = f"ended with status {ended.status}: {' '.join(ended.errors[-1:])}"
            raise RuntimeError(f"{script.stem} in {self!r} {why}") from None


def this_python() -> Python:
    """Return the Python that runs this."""
    return python_at(sys.executable)


def pythons() -> list[Python]:
    """Return the Pythons of this machine, from 3.8 on: this one first, then the newest first.

    They are looked for on the path, and where pyenv, uv and python.org's installers put them.
    What only looks like one, or does not answer, is left out.
    """
    here = this_python()
    found = {_identity(here): here}
    for path in _candidates():
        try:
            one = python_at(path)
        except ValueError:
            continue
        found.setdefault(_identity(one), one)
    others = [one for one in found.values() if one is not here]
    return [here, *sorted(others, key=lambda one: (one.version, one.free_threaded), reverse=True)]


def free_threaded(path: str | os.PathLike[str] | None = None) -> Python | None:
    """Return a Python whose threads run without a GIL: this one, or the newest here.

    Args:
        path: the program of another one; None: look for it.

    Returns:
        None if none was found.

    Raises:
        TypeError: path is not a path.
        ValueError: at the path is no Python, or one with a GIL.
    """
    if path is None:
        return next((one for one in pythons() if not one.has_gil), None)
    one = python_at(path, "free_threaded(path)")
    if one.has_gil:
        raise ValueError(f"free_threaded(path): must be one without a GIL, and this is {one!r}")
    return one


def python_at(path: str | os.PathLike[str], argument: str = "python_at(path)") -> Python:
    """Return the Python whose program is at a path, or has a name that is on the PATH.

    Args:
        path: its program, such as "python3.14t".
        argument: how it is called in a message.

    Raises:
        TypeError: path is not a path.
        ValueError: there is no Python, or one older than 3.8.
    """
    if not isinstance(path, str | os.PathLike) or not isinstance(os.fspath(path), str):
        raise TypeError(f"{argument}: must be a Python's program, not {short(path)}")
    named = os.fspath(path)
    is_name = named == Path(named).name  # './python' is none, though Path makes it one
    place = Path(which(named) or named if is_name else named)
    told = _asked(str(place.expanduser().absolute()))  # not resolved: an environment's is a link
    if isinstance(told, str):
        raise ValueError(f"{argument}: must be a Python's program; {short(named)} {told}")
    if told.version < OLDEST:
        raise ValueError(f"{argument}: must be Python 3.8 or newer, and this is {told!r}")
    return told


def _asked(path: str) -> Python | str:
    """Ask a program what it is; return words that say why it is no Python."""
    try:
        if not Path(path).exists():
            return "is not there"
        ended = _ended([path, *APART, "-c", ASK], ASK_LIMIT)
    except (OSError, ValueError):  # ValueError: no path can hold that
        return "cannot be run"
    if ended.status is None:
        return f"did not answer within {ASK_LIMIT:g} seconds"
    try:
        told = json.loads(ended.printed)
        version = tuple(int(number) for number in told.pop("version"))
        return Python(version=version, path=path, **told)
    except (ValueError, TypeError, AttributeError, KeyError):
        return "did not say which Python it is"


def _ended(command: list[str], limit: float) -> Ended:
    """Run a command in a folder of its own, which nothing survives."""

    def work(stop: threading.Event) -> Ended:
        with TemporaryDirectory(prefix="three-lanes-", ignore_cleanup_errors=True) as folder:
            return run_command(command, folder, limit, stop)

    return aside("another Python", work)


def _identity(one: Python) -> tuple[object, ...]:
    return one.implementation, one.version, one.free_threaded, one.prefix


def _candidates() -> Iterator[str]:
    """Yield what may be a Python, each file once, whatever it is called."""
    seen: set[Path] = set()
    for folder in _folders():
        for path in sorted(folder.glob("python*")):
            real = path.resolve()
            if NAME.fullmatch(path.name) and real not in seen and os.access(path, os.X_OK):
                seen.add(real)
                yield str(path)


def _folders() -> Iterator[Path]:
    """Yield the folders in which Pythons are looked for."""
    for name in os.environ.get("PATH", "").split(os.pathsep):
        if name and Path(name).name != "shims":  # pyenv's programs that start others, slowly
            yield Path(name)
    for pattern in FOLDERS:
        try:
            place = Path(pattern.format_map(os.environ)).expanduser()
        except (KeyError, RuntimeError):  # no such variable; nobody's folder is known
            continue
        yield from sorted(Path(place.anchor).glob(str(place.relative_to(place.anchor))))
