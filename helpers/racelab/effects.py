"""What each instruction of CPython does to the stack, in symbols, and what it touches.

The instructions differ from version to version (`dis` lists them); one that is not known here
makes all that is on the stack UNKNOWN.
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

__all__ = ["NEW", "NULL", "UNKNOWN", "Stack", "Symbol", "Touch", "after"]

# A kind and what it needs: ('local', name), ('global', name), ('cell', name), ('const', value),
# ('attr', symbol, name), ('item', symbol, symbol), ('result', symbol, ...) of a call of the first.
Symbol = tuple[Any, ...]
Stack = tuple[Symbol, ...]

UNKNOWN: Symbol = ("unknown",)
NULL: Symbol = ("null",)  # what stands beside a function that is no method
NEW: Symbol = ("new",)  # what the instruction itself has made: nobody else has it yet

VERSION = sys.version_info[:2]


class Touch(NamedTuple):
    """What one instruction touches.

    Attributes:
        kind: 'name' (a global or a closure's variable), 'attr' (an attribute of an object),
            'inside' (what is in a container), 'call' (whatever the function touches), 'again'
            (nothing: a `while` loop begins again).
        base: the object, or the function.
        name: the variable's or the attribute's.
        writes: whether it is changed; of a call this is seen when it is known what is called.
        others: the arguments of a call; the key of an item.
    """

    kind: str
    base: Symbol = NULL
    name: str = ""
    writes: bool = False
    others: Stack = ()


def after(one: dis.Instruction, stack: list[Symbol], some: list[Touch], jump: bool) -> list[Symbol]:
    """Return the stack after an instruction, and note what it touches."""
    depth = len(stack) + _effect(one, jump)
    if jump and one.opname.endswith("_OR_POP"):
        return stack  # which is looked into where it does not jump
    if do := EFFECTS.get(one.opname):
        do(one, stack, some)
        return stack[:depth] if jump else stack  # at its end, FOR_ITER takes the iterator away
    if one.opname not in READS:
        return [UNKNOWN] * depth
    taken, given = READS[one.opname]
    _looks_into(some, _pop(stack, taken(one.arg or 0) if callable(taken) else taken))
    return stack + [NEW] * given


def _effect(one: dis.Instruction, jump: bool) -> int:
    has_argument = one.opcode >= dis.HAVE_ARGUMENT or one.opcode in getattr(dis, "hasarg", ())
    return dis.stack_effect(one.opcode, one.arg if has_argument else None, jump=jump)


Effect = Callable[[dis.Instruction, list[Symbol], list[Touch]], None]

# Instructions that take so many things from the stack, look into each, and give back so many.
READS: dict[str, tuple[int | Callable[[int], int], int]] = {
    "BINARY_SLICE": (3, 1),
    "BUILD_STRING": (lambda n: n, 1),
    "COMPARE_OP": (2, 1),
    "CONVERT_VALUE": (1, 1),
    "DICT_MERGE": (1, 0),
    "DICT_UPDATE": (1, 0),
    "FORMAT_SIMPLE": (1, 1),
    "FORMAT_VALUE": (lambda n: 2 if n & 4 else 1, 1),
    "FORMAT_WITH_SPEC": (2, 1),
    "JUMP_IF_FALSE_OR_POP": (1, 0),
    "JUMP_IF_TRUE_OR_POP": (1, 0),
    "LIST_EXTEND": (1, 0),
    "POP_JUMP_BACKWARD_IF_FALSE": (1, 0),
    "POP_JUMP_BACKWARD_IF_TRUE": (1, 0),
    "POP_JUMP_FORWARD_IF_FALSE": (1, 0),
    "POP_JUMP_FORWARD_IF_TRUE": (1, 0),
    "POP_JUMP_IF_FALSE": (1, 0),
    "POP_JUMP_IF_TRUE": (1, 0),
    "SET_UPDATE": (1, 0),
    "TO_BOOL": (1, 1),
    "UNARY_INVERT": (1, 1),
    "UNARY_NEGATIVE": (1, 1),
    "UNARY_NOT": (1, 1),
    "UNARY_POSITIVE": (1, 1),
}


def _pop(stack: list[Symbol], number: int) -> list[Symbol]:
    """Take so many symbols off a stack, of which less may be known."""
    taken = [stack.pop() if stack else UNKNOWN for _ in range(number)]
    return taken[::-1]


def _looks_into(some: list[Touch], symbols: Sequence[Symbol]) -> None:
    some += [Touch("inside", one) for one in symbols if one[0] not in ("const", "new", "null")]


def _forget(stack: list[Symbol], variable: Symbol) -> None:
    """Forget what a stack knows by a variable, which is changed."""
    for n, symbol in enumerate(stack):
        if _is_made_of(symbol, variable):
            stack[n] = UNKNOWN


def _is_made_of(symbol: Symbol, variable: Symbol) -> bool:
    parts = (part for part in symbol[1:] if isinstance(part, tuple))
    return symbol == variable or any(_is_made_of(part, variable) for part in parts)


def _load(kind: str) -> Effect:
    """Return what loading a variable does; one that functions share is touched by that."""

    def load(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
        pushes_null = one.opname == "LOAD_GLOBAL" and (one.arg or 0) & 1
        if pushes_null and VERSION < (3, 13):
            stack.append(NULL)
        names = one.argval if isinstance(one.argval, tuple) else (one.argval,)
        for name in names:
            stack.append((kind, name))
            if kind != "local":
                some.append(Touch("name", name=name))
        if pushes_null and VERSION >= (3, 13):
            stack.append(NULL)

    return load


def _store(kind: str) -> Effect:
    """Return what storing into a variable does."""

    def store(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
        names = one.argval if isinstance(one.argval, tuple) else (one.argval,)
        _pop(stack, len(names))
        for name in names:
            _forget(stack, (kind, name))
            if kind != "local":
                some.append(Touch("name", name=name, writes=True))

    return store


def _store_and_load(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    stored, loaded = one.argval
    _pop(stack, 1)
    _forget(stack, ("local", stored))
    stack.append(("local", loaded))


def _constant(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    stack.append(("const", one.argval))


def _null(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    stack.append(NULL)


def _nothing(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    """Leave the stack as it is."""


def _copy(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    stack.append(stack[-one.arg] if one.arg and len(stack) >= one.arg else UNKNOWN)


def _swap(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    if one.arg and len(stack) >= one.arg:
        stack[-1], stack[-one.arg] = stack[-one.arg], stack[-1]


def _drop(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    _pop(stack, max(0, -_effect(one, jump=False)))


def _make(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    """Make one new object of some others, without looking into them."""
    _pop(stack, 1 - _effect(one, jump=False))
    stack.append(NEW)


def _load_attr(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    (base,) = _pop(stack, 1)
    some.append(Touch("attr", base, one.argval))
    is_method = one.opname == "LOAD_METHOD" or (VERSION >= (3, 12) and (one.arg or 0) & 1)
    stack.append(("attr", base, one.argval))
    if is_method:
        stack.append(NULL)  # or the object; the method knows it


def _store_attr(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    base = _pop(stack, 2 if one.opname == "STORE_ATTR" else 1)[-1]
    some.append(Touch("attr", base, one.argval, writes=True))


def _binary(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    left, right = _pop(stack, 2)
    if one.opname == "BINARY_SUBSCR" or one.argrepr == "[]":
        some.append(Touch("inside", left, others=(right,)))
        stack.append(("item", left, right))
        return
    _looks_into(some, [right])
    if one.argrepr.endswith("="):  # as `+=`, which changes a list in its place
        some.append(Touch("inside", left, writes=True))
        stack.append(left if left[0] != "const" else NEW)
    else:
        _looks_into(some, [left])
        stack.append(NEW)


def _subscript(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    """`base[key] = value`, `base[start:end] = value`, or `del base[key]`."""
    number = {"STORE_SUBSCR": 3, "DELETE_SUBSCR": 2, "STORE_SLICE": 4}[one.opname]
    taken = _pop(stack, number)
    base = taken[0 if one.opname == "DELETE_SUBSCR" else 1]
    some.append(Touch("inside", base, writes=True))


def _contains(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    _looks_into(some, _pop(stack, 2)[1:])
    stack.append(NEW)


def _iterate(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    (base,) = _pop(stack, 1)
    _looks_into(some, [base])
    stack.append(("iterator", base))


def _next(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    base = stack[-1] if stack else UNKNOWN
    _looks_into(some, [base[1] if base[0] == "iterator" else base])
    stack.append(UNKNOWN)


def _unpack(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    (base,) = _pop(stack, 1)
    _looks_into(some, [base])
    stack += [("item", base, ("const", n)) for n in reversed(range(one.arg or 0))]


def _unpack_rest(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    """`a, *rest = base`, of which the numbers of all parts are in one argument."""
    _looks_into(some, _pop(stack, 1))
    stack += [UNKNOWN] * (((one.arg or 0) & 0xFF) + 1 + ((one.arg or 0) >> 8))


def _call(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    names = _pop(stack, 1 if one.opname == "CALL_KW" else 0)
    arguments = _pop(stack, one.arg or 0)
    first, second = _pop(stack, 2)
    # A function and NULL, in whichever order; or before 3.13, with LOAD_METHOD, the same.
    function = second if first == NULL else first
    if function == NULL:
        function = UNKNOWN
    some.append(Touch("call", function, others=tuple(arguments)))
    assert not names or names[0][0] == "const"
    stack.append(("result", function, *arguments))


def _call_with_all(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    """`f(*arguments, **more)`."""
    has_more = VERSION >= (3, 14) or bool((one.arg or 0) & 1)
    taken = _pop(stack, 3 + has_more)
    function, arguments = (taken[0], taken[2]) if VERSION >= (3, 13) else (taken[1], taken[2])
    _looks_into(some, [arguments])  # which the instruction itself takes apart
    some.append(Touch("call", function, others=(arguments,)))
    stack.append(("result", function, arguments))


EFFECTS: dict[str, Effect] = {
    "BINARY_OP": _binary,
    "BINARY_SUBSCR": _binary,
    "CALL": _call,
    "CALL_FUNCTION_EX": _call_with_all,
    "CALL_KW": _call,
    "CONTAINS_OP": _contains,
    "COPY": _copy,
    "DELETE_ATTR": _store_attr,
    "DELETE_SUBSCR": _subscript,
    "END_FOR": _drop,
    "FOR_ITER": _next,
    "GET_ITER": _iterate,
    "IS_OP": _make,
    "LIST_APPEND": _drop,
    "LOAD_ATTR": _load_attr,
    "LOAD_CONST": _constant,
    "LOAD_DEREF": _load("cell"),
    "LOAD_GLOBAL": _load("global"),
    "LOAD_METHOD": _load_attr,
    "LOAD_NAME": _load("global"),
    "LOAD_SMALL_INT": _constant,
    "KW_NAMES": _nothing,
    "MAKE_FUNCTION": _make,
    "MAP_ADD": _drop,
    "NOP": _nothing,
    "POP_ITER": _drop,
    "POP_TOP": _drop,
    "PRECALL": _nothing,
    "PUSH_NULL": _null,
    "RESUME": _nothing,
    "RETURN_VALUE": _drop,
    "SET_ADD": _drop,
    "STORE_ATTR": _store_attr,
    "STORE_DEREF": _store("cell"),
    "STORE_FAST_LOAD_FAST": _store_and_load,
    "STORE_GLOBAL": _store("global"),
    "STORE_SLICE": _subscript,
    "STORE_SUBSCR": _subscript,
    "SWAP": _swap,
    "UNPACK_EX": _unpack_rest,
    "UNPACK_SEQUENCE": _unpack,
}
for _name in dis.opmap:
    if _name.startswith("JUMP_") and not _name.endswith("_OR_POP"):
        EFFECTS[_name] = _nothing
    if _name.startswith("POP_JUMP") and "NONE" in _name:
        EFFECTS[_name] = _drop
    if _name.startswith("LOAD_FAST") and _name != "LOAD_FAST_AND_CLEAR":
        EFFECTS[_name] = _load("local")
    elif _name in ("STORE_FAST", "STORE_FAST_STORE_FAST", "STORE_FAST_MAYBE_NULL"):
        EFFECTS[_name] = _store("local")
    elif _name.startswith("BUILD_") and _name != "BUILD_STRING":
        EFFECTS[_name] = _make
