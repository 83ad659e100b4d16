"""What the instructions of a function touch that another thread could touch, too.

Found from the bytecode, before anything runs. The stack is followed in symbols, through all
branches: "the attribute `left` of the local variable `box`". When an instruction is about to run,
the frame tells which object a symbol stands for. What cannot be followed is UNKNOWN: there the lab
takes any object for the one that is meant.
"""

from __future__ import annotations

import dis
import sys
from dataclasses import dataclass, field
from types import CodeType

from helpers.racelab.effects import after
from helpers.racelab.instructions import handlers, instructions
from helpers.racelab.symbols import UNKNOWN, Stack, Symbol, Touch, met

__all__ = ["Touches", "touches"]

JUMPS = frozenset((*dis.hasjrel, *dis.hasjabs))
ENDS = ("RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS", "RERAISE", "INTERPRETER_EXIT")


@dataclass
class Touches:
    """What one function touches.

    Attributes:
        at: by the offset of the instruction.
        stored: the names of attributes, globals and closures' variables that it changes.
    """

    at: dict[int, tuple[Touch, ...]] = field(default_factory=dict)
    stored: set[str] = field(default_factory=set)


def touches(code: CodeType) -> Touches:
    """Return what a function touches, without the functions that are defined within it."""
    follower = _Follower(code)
    follower.follow()
    found = Touches()
    for offset, some in sorted(follower.touches.items()):
        if some:
            told = dict.fromkeys(one._replace(at=offset) for one in some)
            told_at = follower.told_at(offset)
            found.at[told_at] = (*found.at.get(told_at, ()), *told)
            found.stored.update(one.name for one in some if one.writes and one.name)
    return found


class _Follower:
    """Follows the stack of one function, instruction by instruction, through all branches.

    Attributes:
        touches: what each instruction touches, by its offset.
        before: the stack before each instruction, by its offset, as far as it is known.
        todo: offsets that can be reached, each with a stack.
    """

    def __init__(self, code: CodeType) -> None:
        self.code = code
        self.every = instructions(code)
        self.number = {one.offset: n for n, one in enumerate(self.every)}
        self.touches: dict[int, list[Touch]] = {}
        self.before: dict[int, Stack] = {}
        self.todo: list[tuple[int, Stack]] = [(0, ())]

    def told_at(self, offset: int) -> int:
        """Return the offset at which a watch tells of an instruction."""
        n = self.number[offset]
        if self.every[n].opname == "RESUME":  # of which none tells
            n += 1
        if sys.version_info < (3, 12):  # once for it and all of the prefixes of its argument
            while n and self.every[n - 1].opname == "EXTENDED_ARG":
                n -= 1
        return self.every[n].offset

    def follow(self) -> None:
        """Follow all that can be reached."""
        for target, depth in handlers(self.code):
            self.todo.append((target, (UNKNOWN,) * (depth + 1)))
        while self.todo:
            offset, stack = self.todo.pop()
            known = self.before.get(offset)
            both = stack if known is None else _met(known, stack)
            if both != known:
                self.before[offset] = both
                self._step(self.every[self.number[offset]], [*both])

    def _step(self, one: dis.Instruction, stack: list[Symbol]) -> None:
        """Note what an instruction touches, and where it goes on with which stack."""
        some: list[Touch] = []
        self.touches[one.offset] = some
        jumps = one.opcode in JUMPS
        there = after(one, [*stack], some, jump=True) if jumps else []
        here = after(one, stack, some, jump=False)
        if jumps:
            self.todo.append((one.argval, tuple(there)))
            if one.argval <= one.offset and not self._is_for(one.argval):
                some.append(Touch("again", others=(("const", one.argval),)))
        ahead = self.number[one.offset] + 1
        goes_on = one.opname not in ENDS and not _always_jumps(one)
        if goes_on and ahead < len(self.every):
            self.todo.append((self.every[ahead].offset, tuple(here)))

    def _is_for(self, offset: int) -> bool:
        """Return whether a `for` loop begins here, which comes to its end by itself."""
        return self.every[self.number[offset]].opname in ("FOR_ITER", "SEND")


def _met(one: Stack, other: Stack) -> Stack:
    """Return what is known of a stack that comes from two sides."""
    if len(one) != len(other):  # which CPython never makes
        return (UNKNOWN,) * max(len(one), len(other))
    return tuple(map(met, one, other))


def _always_jumps(one: dis.Instruction) -> bool:
    return one.opname in ("JUMP", "JUMP_FORWARD", "JUMP_NO_INTERRUPT") or one.opname.startswith(
        "JUMP_BACKWARD"
    )
