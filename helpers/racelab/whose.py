"""Whose code it is: the program's own, or a library's, into which the lab does not look."""

from __future__ import annotations

import os
import site
import sys
import sysconfig
import threading
from functools import lru_cache
from pathlib import Path
from types import FrameType, ModuleType

__all__ = ["frame_of_program", "is_library", "is_library_s", "is_of_library"]


def _libraries() -> tuple[str, ...]:
    """Return the folders whose files are libraries, the lab itself among them."""
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    folders = {sysconfig.get_path(name) for name in names}
    folders |= {*site.getsitepackages(), site.getusersitepackages()}
    folders.add(str(Path(__file__).parent))
    folders.add(str(Path(threading.__file__).parent))  # which a virtual environment has elsewhere
    return (*(f"{_plain(one)}/" for one in sorted(folders)), "<frozen ", "<__array_function__")


def _plain(path: str) -> str:
    """Return a path to compare: on Windows with slashes, and all in small letters."""
    return os.path.normcase(path).replace("\\", "/")


FOLDERS = _libraries()
LAB = str(Path(__file__).parent)


@lru_cache(maxsize=4096)
def is_library(filename: str) -> bool:
    """Return whether code of this file is a library's."""
    return _plain(filename).startswith(FOLDERS)


def is_library_s(module: ModuleType) -> bool:
    """Return whether a module is none of the program's own."""
    file = getattr(module, "__file__", None)
    if file is None:  # a folder without an `__init__` is a package, too
        file = next(iter(getattr(module, "__path__", ())), None)
    return is_library(file) if file else module.__name__ != "__main__"


def is_of_library(frame: FrameType) -> bool:
    """Return whether a frame is of a library's code, also where that was made from a text."""
    filename = frame.f_code.co_filename
    if filename == "<string>":  # as the methods of a dataclass
        filename = frame.f_globals.get("__file__") or ""
    return is_library(filename)


def frame_of_program() -> FrameType | None:
    """Return the innermost frame of the current thread that is the program's own."""
    frame: FrameType | None = sys._getframe(1)
    while frame and (frame.f_code.co_filename.startswith(LAB) or is_of_library(frame)):
        frame = frame.f_back
    return frame
