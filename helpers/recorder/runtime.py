"""Where a process's Python keeps its runtime: the addresses at which its threads wait for the GIL.

The GIL of the main interpreter is part of a structure named `_PyRuntime`, which lies in the
program's own data, while locks lie on the heap or on a stack. So a thread that waits at an
address inside the structure waits for the GIL. The structure's place and size stand in the
dynamic symbol table (`.dynsym`) of the file that holds it: the program, or its libpython.

Source: CPython's Include/internal/pycore_runtime.h; the ELF-64 object file format.
"""

from __future__ import annotations

import os
import struct
from mmap import PAGESIZE

__all__ = ["find"]

SYMBOL = b"_PyRuntime\0"
HEADER = struct.Struct("<16s2HI3QI6H")
SEGMENT = struct.Struct("<2I6Q")
SECTION = struct.Struct("<2I4Q2I2Q")
ENTRY = struct.Struct("<IBBHQQ")
LOADED, DYNAMIC_SYMBOLS = 1, 11  # a segment's type, a section's type

_symbols: dict[tuple[int, ...], range | None] = {}


def find(pid: int) -> range | None:
    """Return the addresses of `_PyRuntime` in a running process, or None if it has none.

    A Python without that symbol, or another program, has none.
    """
    try:
        for path, lowest in _candidates(pid):
            addresses = _symbol(f"/proc/{pid}/root{path}")
            if addresses is not None:
                return range(addresses.start + lowest, addresses.stop + lowest)
    except (OSError, ValueError, struct.error):
        pass  # it has ended, or a file is not what its name says
    return None


def _candidates(pid: int) -> list[tuple[str, int]]:
    """Return (path, lowest address) of the program and of each libpython that a process has."""
    program = os.readlink(f"/proc/{pid}/exe")  # noqa: PTH115
    found: dict[str, int] = {}
    with open(f"/proc/{pid}/maps", errors="surrogateescape") as lines:  # noqa: PTH123 -- slow import
        for line in lines:
            path = line.rstrip("\n").split(maxsplit=5)[-1]
            if path == program or "/libpython" in path:
                found.setdefault(path, int(line.partition("-")[0], 16))
    return list(found.items())


def _symbol(path: str) -> range | None:
    """Return a file's addresses of the symbol, counted from its lowest; remembered."""
    status = os.stat(path)  # noqa: PTH116 -- slow import
    key = (status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size)
    if key not in _symbols:
        with open(path, "rb") as file:  # noqa: PTH123 -- slow import
            _symbols[key] = _look_up(file.fileno())
    return _symbols[key]


def _look_up(file: int) -> range | None:
    header = HEADER.unpack(os.pread(file, HEADER.size, 0))
    if header[0][:6] != b"\x7fELF\2\1":  # 64 bits, least byte first
        return None
    segments = _table(file, SEGMENT, header[5], header[10])
    lowest = min(row[3] for row in segments if row[0] == LOADED) // PAGESIZE * PAGESIZE
    sections = _table(file, SECTION, header[6], header[12])
    for section in sections:
        if section[1] == DYNAMIC_SYMBOLS:
            names = sections[section[6]]
            return _entry(_part(file, section), _part(file, names), lowest)
    return None


def _table(file: int, row: struct.Struct, offset: int, count: int) -> list[tuple[int, ...]]:
    return list(row.iter_unpack(os.pread(file, row.size * count, offset)))


def _part(file: int, section: tuple[int, ...]) -> bytes:
    return os.pread(file, section[5], section[4])


def _entry(symbols: bytes, names: bytes, lowest: int) -> range | None:
    """Return the symbol's addresses; a name may be the tail of a longer one."""
    for name, _, _, _, value, size in ENTRY.iter_unpack(symbols):
        if size and names.startswith(SYMBOL, name):
            return range(value - lowest, value - lowest + size)
    return None
