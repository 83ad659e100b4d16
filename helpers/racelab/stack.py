"""What the instructions do that only move things on the stack, and load and store variables."""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable, Sequence

from helpers.racelab.symbols import NULL, UNKNOWN, Symbol, Touch, is_private

__all__ = [
    "VERSION",
    "Effect",
    "constant",
    "copy",
    "drop",
    "drop_second",
    "effect_of",
    "exchange",
    "forget",
    "load",
    "nothing",
    "pop",
    "push",
    "reads",
    "store",
    "store_and_load",
    "swap",
]

VERSION = sys.version_info[:2]
Effect = Callable[[dis.Instruction, list[Symbol], list[Touch]], None]


def effect_of(one: dis.Instruction, jump: bool) -> int:
    """Return by how much an instruction makes the stack longer."""
    has_argument = one.opcode >= dis.HAVE_ARGUMENT or one.opcode in getattr(dis, "hasarg", ())
    return dis.stack_effect(one.opcode, one.arg if has_argument else None, jump=jump)


def pop(stack: list[Symbol], number: int) -> list[Symbol]:
    """Take so many symbols off a stack, of which less may be known."""
    taken = [stack.pop() if stack else UNKNOWN for _ in range(number)]
    return taken[::-1]


def reads(some: list[Touch], symbols: Sequence[Symbol], kind: str = "inside") -> None:
    """Note that something is looked into, or deep into, unless there is nothing to be seen."""
    for one in symbols:
        is_new = one[0] in ("const", "new", "null", "function")
        if not is_new and not (kind == "inside" and is_private(one)):
            some.append(Touch(kind, one))


def forget(stack: list[Symbol], variable: Symbol) -> None:
    """Forget what a stack knows by a variable, which is changed."""
    for n, symbol in enumerate(stack):
        if _is_made_of(symbol, variable):
            stack[n] = UNKNOWN


def _is_made_of(symbol: Symbol, variable: Symbol) -> bool:
    parts = (part for part in symbol[1:] if isinstance(part, tuple))
    return symbol == variable or any(_is_made_of(part, variable) for part in parts)


# variables


def load(kind: str) -> Effect:
    """Return what loading a variable does; one that functions share is touched by that."""

    def do(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
        pushes_null = one.opname == "LOAD_GLOBAL" and (one.arg or 0) & 1
        if pushes_null and VERSION < (3, 13):
            stack.append(NULL)
        if one.opname.startswith("LOAD_FROM_DICT"):
            pop(stack, 1)
        names = one.argval if isinstance(one.argval, tuple) else (one.argval,)
        for name in names:
            stack.append((kind, name))
            if kind != "local":
                some.append(Touch("name", name=name))
        if pushes_null and VERSION >= (3, 13):
            stack.append(NULL)

    return do


def store(kind: str) -> Effect:
    """Return what storing into a variable does, or taking it away."""

    def do(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
        names = one.argval if isinstance(one.argval, tuple) else (one.argval,)
        if not one.opname.startswith("DELETE"):
            pop(stack, len(names))
        for name in names:
            forget(stack, (kind, name))
            if kind != "local":
                some.append(Touch("name", name=name, writes=True))

    return do


def store_and_load(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    """Store into a variable, and load another one."""
    stored, loaded = one.argval
    pop(stack, 1)
    forget(stack, ("local", stored))
    stack.append(("local", loaded))


# the stack


def push(symbol: Symbol) -> Effect:
    """Return what pushing something does."""

    def do(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
        stack.append(symbol)

    return do


def constant(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    """Push a constant."""
    stack.append(("const", one.argval))


def nothing(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    """Leave the stack as it is."""


def copy(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    """Push once more what lies so deep."""
    stack.append(stack[-one.arg] if one.arg and len(stack) >= one.arg else UNKNOWN)


def swap(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    """Exchange the top with what lies so deep."""
    if one.arg and len(stack) >= one.arg:
        stack[-1], stack[-one.arg] = stack[-one.arg], stack[-1]


def drop(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    """Take off what the instruction takes."""
    pop(stack, max(0, -effect_of(one, jump=False)))


def drop_second(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    """Take off what lies below the top."""
    (top,) = pop(stack, 1)
    pop(stack, 1)
    stack.append(top)


def exchange(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    """Take some things, and give back what is not known."""
    effect = effect_of(one, jump=False)
    pop(stack, 1 if effect >= 0 else 1 - effect)
    stack += [UNKNOWN] * (effect + 1 if effect >= 0 else 1)
