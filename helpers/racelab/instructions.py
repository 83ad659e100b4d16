"""The instructions of a function, as `dis` tells them, but in a tenth of its time.

`dis` also finds the line and the columns of each one and puts all in words. A function is taken
apart before its first run, so a short search would mostly wait for that.
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Iterator
from types import CodeType
from typing import NamedTuple, cast

__all__ = ["handlers", "instructions"]


class Handler(NamedTuple):
    """Where a function goes on after an error, and how deep the stack is there."""

    target: int
    depth: int


class _Instruction:
    """The part of `dis.Instruction` that is needed here."""

    __slots__ = ("arg", "argrepr", "argval", "offset", "opcode", "opname")

    def __init__(self, offset: int, opcode: int, arg: int | None) -> None:
        self.offset, self.opcode, self.arg = offset, opcode, arg
        self.opname = dis.opname[opcode]
        self.argval: object = arg
        self.argrepr = ""


IS_KNOWN = sys.version_info < (3, 14)  # how the arguments of later versions are to be read is not
CACHE = dis.opmap.get("CACHE", 0)
EXTENDED_ARG = dis.EXTENDED_ARG
HAVE_ARGUMENT = frozenset(getattr(dis, "hasarg", range(dis.HAVE_ARGUMENT, 256)))
CONSTANTS, NAMES = frozenset(dis.hasconst), frozenset(dis.hasname)
LOCALS = frozenset(dis.haslocal) | frozenset(dis.hasfree)
JUMPS = frozenset(dis.hasjrel)
BACK = frozenset(code for name, code in dis.opmap.items() if "JUMP_BACKWARD" in name)
BINARY_OP = dis.opmap["BINARY_OP"]
OPERATORS = [name for _, name in getattr(dis, "_nb_ops", ())]
PAIRS = frozenset(
    dis.opmap.get(name, -1)
    for name in ("LOAD_FAST_LOAD_FAST", "STORE_FAST_LOAD_FAST", "STORE_FAST_STORE_FAST")
)
FLAGS = {"LOAD_GLOBAL": 1, "LOAD_SUPER_ATTR": 2}  # bits below the number of the name
if sys.version_info >= (3, 12):
    FLAGS["LOAD_ATTR"] = 1
SHIFTS = {dis.opmap[name]: bits for name, bits in FLAGS.items() if name in dis.opmap}


def instructions(code: CodeType) -> list[dis.Instruction]:
    """Return the instructions of a function, without the caches in between."""
    if not IS_KNOWN:
        return [one for one in dis.get_instructions(code) if one.opname != "CACHE"]
    cells = [name for name in code.co_cellvars if name not in code.co_varnames]
    variables = (*code.co_varnames, *cells, *code.co_freevars)
    every, bare = [], code.co_code
    more = 0
    for offset in range(0, len(bare), 2):
        opcode = bare[offset]
        if opcode == CACHE:
            continue
        one = _Instruction(offset, opcode, None)
        if opcode in HAVE_ARGUMENT:
            arg = one.arg = one.argval = bare[offset + 1] | more
            if opcode in CONSTANTS:
                one.argval = code.co_consts[arg]
            elif opcode in NAMES:
                one.argval = code.co_names[arg >> SHIFTS.get(opcode, 0)]
            elif opcode in PAIRS:
                one.argval = variables[arg >> 4], variables[arg & 15]
            elif opcode in LOCALS:
                one.argval = variables[arg]
            elif opcode in JUMPS:
                one.argval = _target(bare, offset, -arg if opcode in BACK else arg)
            elif opcode == BINARY_OP:
                one.argrepr = OPERATORS[arg]
        more = (one.arg or 0) << 8 if opcode == EXTENDED_ARG else 0
        every.append(one)
    return cast("list[dis.Instruction]", every)


def _target(bare: bytes, offset: int, arg: int) -> int:
    """Return where a jump leads; it is counted from behind its caches."""
    behind = offset + 2
    while bare[behind : behind + 1] == b"\0":
        behind += 2
    return behind + 2 * arg


def handlers(code: CodeType) -> Iterator[Handler]:
    """Yield where a function goes on after an error [1].

    [1] CPython, Objects/exception_handling_notes.txt (InternalDocs/exception_handling.md).
    """
    numbers = _numbers(code.co_exceptiontable)
    for _, _, target, depth in zip(numbers, numbers, numbers, numbers, strict=False):
        yield Handler(2 * target, (depth >> 1) + (depth & 1))  # the bit: where it was is there, too


def _numbers(table: bytes) -> Iterator[int]:
    """Yield the numbers of a table, of which each byte holds six bits and whether more follow."""
    number = 0
    for byte in table:
        number = number << 6 | byte & 63
        if not byte & 64:
            yield number
            number = 0
