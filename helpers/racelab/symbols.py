"""The symbols in which a function's stack is followed, and what an instruction touches.

A symbol says where in the program an object comes from: "the attribute `left` of the local variable
`box`". It is a kind and what that needs:

('local', name), ('cell', name)      a variable; one that functions share
('global', name), ('name', name)     a global or a builtin; in a class body or in exec, any variable
('const', value)
('attr', symbol, name)
('item', symbol, key), ('items', symbol)      what is in something under a key; any of what is in it
('iterator', symbol)                 that goes over something
('result', function, *arguments)
('sum', symbol, symbol)              what an operation makes of two things
('made', *symbols)                   a new tuple, list, set or dict of these
('filled',)                          a new one of which nobody knows what was put into it
('function', code)                   a new function
('either', *symbols)                 one of these
('new',), ('null',), ('unknown',)
"""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = [
    "FILLED",
    "NEW",
    "NULL",
    "UNKNOWN",
    "Stack",
    "Symbol",
    "Touch",
    "is_private",
    "met",
]

Symbol = tuple[Any, ...]
Stack = tuple[Symbol, ...]

UNKNOWN: Symbol = ("unknown",)
NULL: Symbol = ("null",)  # what stands beside a function that is no method
NEW: Symbol = ("new",)  # what the instruction itself has made: nobody else has it yet
FILLED: Symbol = ("filled",)
MOST = 4  # symbols of which something may be one


class Touch(NamedTuple):
    """What one instruction touches.

    Attributes:
        kind: 'name' (a variable that functions share), 'attr' (an attribute of an object), 'inside'
            (what is in a container), 'deep' (and what is in that), 'whole' (and all attributes),
            'call' (whatever the function touches), 'caller' (what the instruction goes on to touch
            that called this function), 'again' and 'round' (nothing: a `while` loop begins again, a
            `for` loop takes an item).
        base: the object, or the function.
        name: the variable's or the attribute's; 'start' and 'go on' where a function begins.
        writes: whether it is changed; of a call this is seen when it is known what is called.
        others: the arguments of a call; the key of an item; where a loop begins.
    """

    kind: str
    base: Symbol = NULL
    name: str = ""
    writes: bool = False
    others: Stack = ()


def is_private(symbol: Symbol) -> bool:
    """Return whether nobody else has an object, though others may have what is in it."""
    return symbol[0] in ("const", "new", "null", "function", "made", "filled")


def met(one: Symbol, other: Symbol) -> Symbol:
    """Return the symbol of something that comes from two sides."""
    if one == other:
        return one
    if UNKNOWN in (one, other):
        return UNKNOWN
    if {one[0], other[0]} <= {"new", "made", "filled"}:
        return FILLED
    some = [*_parts(one), *(part for part in _parts(other) if part not in _parts(one))]
    return ("either", *some) if len(some) <= MOST else UNKNOWN


def _parts(symbol: Symbol) -> tuple[Symbol, ...]:
    return symbol[1:] if symbol[0] == "either" else (symbol,)
