"""What the instructions do that make functions, tuples, lists, sets and dicts."""

from __future__ import annotations

import dis

from helpers.racelab.stack import effect_of, pop, reads
from helpers.racelab.symbols import FILLED, NEW, Symbol, Touch

__all__ = ["add", "compare", "complete_function", "extend", "make", "make_function"]


def compare(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    """Say whether two things are the same, without looking into them."""
    pop(stack, 2)
    stack.append(NEW)


def make(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    """Make one new container of some things, without looking into them."""
    parts = pop(stack, 1 - effect_of(one, jump=False))
    stack.append(("made", *parts))


def make_function(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    """Make a function."""
    (*_, code) = pop(stack, 1 - effect_of(one, jump=False))
    stack.append(("function", code[1]) if code[0] == "const" else NEW)


def complete_function(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    """Give a new function its defaults, or what it shares."""
    (_, function) = pop(stack, 2)
    stack.append(function)


def add(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    """Put something into a container that is being made, as a comprehension does."""
    parts = pop(stack, max(0, -effect_of(one, jump=False)))
    _becomes(
        stack, one.arg or 1, None if all(part[0] in ("const", "new") for part in parts) else ()
    )


def extend(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    """Put all of something into a container that is being made."""
    (base,) = pop(stack, 1)
    reads(some, [base])
    _becomes(stack, one.arg or 1, None if base[0] == "const" else (("items", base),))


def _becomes(stack: list[Symbol], place: int, parts: tuple[Symbol, ...] | None) -> None:
    """Note what was put into a container on the stack: None for nothing of interest."""
    if parts is None or len(stack) < place:
        return
    is_known = parts and stack[-place][0] == "made"
    stack[-place] = (*stack[-place], *parts) if is_known else FILLED
