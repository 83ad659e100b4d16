"""What each instruction of CPython does to the stack, in symbols, and what it touches.

The instructions differ from version to version (`dis` lists them); one that is not known here
makes all that is on the stack UNKNOWN.
"""

from __future__ import annotations

import dis
from collections.abc import Callable

from helpers.racelab.making import add, compare, complete_function, extend, make, make_function
from helpers.racelab.stack import (
    VERSION,
    Effect,
    constant,
    copy,
    drop,
    drop_second,
    effect_of,
    exchange,
    load,
    nothing,
    pop,
    push,
    reads,
    store,
    store_and_load,
    swap,
)
from helpers.racelab.symbols import FILLED, NEW, NULL, UNKNOWN, Symbol, Touch

__all__ = ["after"]


def after(one: dis.Instruction, stack: list[Symbol], some: list[Touch], jump: bool) -> list[Symbol]:
    """Return the stack after an instruction, and note what it touches."""
    depth = len(stack) + effect_of(one, jump)
    if jump and one.opname.endswith("_OR_POP"):
        return stack  # which is looked into where it does not jump
    if do := EFFECTS.get(one.opname):
        do(one, stack, some)
        if jump and one.opname == "SEND":  # what it has waited for takes the iterator's place
            return [*stack[: depth - 1], UNKNOWN]
        return stack[:depth] if jump else stack  # at its end, FOR_ITER takes the iterator away
    if one.opname not in READS:
        return [UNKNOWN] * depth
    taken, given, kind = READS[one.opname]
    reads(some, pop(stack, taken(one.arg or 0) if callable(taken) else taken), kind)
    return stack + [NEW] * given


# Instructions that take so many things from the stack, look into each, and give back so many.
READS: dict[str, tuple[int | Callable[[int], int], int, str]] = {
    "BINARY_SLICE": (3, 1, "inside"),
    "BUILD_STRING": (lambda n: n, 1, "inside"),
    "COMPARE_OP": (2, 1, "deep"),
    "CONVERT_VALUE": (1, 1, "deep"),
    "FORMAT_SIMPLE": (1, 1, "deep"),
    "FORMAT_VALUE": (lambda n: 2 if n & 4 else 1, 1, "deep"),
    "FORMAT_WITH_SPEC": (2, 1, "deep"),
    "JUMP_IF_FALSE_OR_POP": (1, 0, "inside"),
    "JUMP_IF_TRUE_OR_POP": (1, 0, "inside"),
    "POP_JUMP_BACKWARD_IF_FALSE": (1, 0, "inside"),
    "POP_JUMP_BACKWARD_IF_TRUE": (1, 0, "inside"),
    "POP_JUMP_FORWARD_IF_FALSE": (1, 0, "inside"),
    "POP_JUMP_FORWARD_IF_TRUE": (1, 0, "inside"),
    "POP_JUMP_IF_FALSE": (1, 0, "inside"),
    "POP_JUMP_IF_TRUE": (1, 0, "inside"),
    "TO_BOOL": (1, 1, "inside"),
    "UNARY_INVERT": (1, 1, "inside"),
    "UNARY_NEGATIVE": (1, 1, "inside"),
    "UNARY_NOT": (1, 1, "inside"),
    "UNARY_POSITIVE": (1, 1, "inside"),
}


# attributes and items


def _load_attr(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    base = pop(stack, 3 if "SUPER" in one.opname else 1)[-1]
    some.append(Touch("attr", base, one.argval))
    is_method = one.opname == "LOAD_METHOD" or (VERSION >= (3, 12) and (one.arg or 0) & 1)
    stack.append(("attr", base, one.argval))
    if is_method:
        stack.append(NULL)  # or the object; the method knows it


def _store_attr(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    base = pop(stack, 2 if one.opname == "STORE_ATTR" else 1)[-1]
    some.append(Touch("attr", base, one.argval, writes=True))


def _binary(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    left, right = pop(stack, 2)
    if one.opname == "BINARY_SUBSCR" or one.argrepr == "[]":
        some.append(Touch("inside", left, others=(right,)))
        stack.append(("item", left, right))
        return
    formats = one.argrepr.startswith("%")  # or divides; who knows
    reads(some, [right], "deep" if formats else "inside")
    if one.argrepr.endswith("="):  # as `+=`, which changes a list in its place
        some.append(Touch("inside", left, writes=True))
        stack.append(left if left[0] != "const" else NEW)
    else:
        reads(some, [left])
        is_plain = left[0] in ("const", "new") and right[0] in ("const", "new")
        stack.append(NEW if is_plain else ("sum", left, right))


def _subscript(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    """`base[key] = value`, `base[start:end] = value`, or `del base[key]`."""
    number = {"STORE_SUBSCR": 3, "DELETE_SUBSCR": 2, "STORE_SLICE": 4}[one.opname]
    taken = pop(stack, number)
    at = 0 if one.opname == "DELETE_SUBSCR" else 1
    some.append(Touch("inside", taken[at], writes=True, others=(taken[at + 1],)))


def _contains(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    reads(some, pop(stack, 2)[1:], "deep")
    stack.append(NEW)


def _unpack(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    (base,) = pop(stack, 1)
    reads(some, [base])
    stack += [("item", base, ("const", n)) for n in reversed(range(one.arg or 0))]


def _unpack_rest(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    """`a, *rest = base`, of which the numbers of all parts are in one argument."""
    (base,) = pop(stack, 1)
    reads(some, [base])
    before, behind = (one.arg or 0) & 0xFF, (one.arg or 0) >> 8
    item: Symbol = ("items", base)
    stack += [item] * behind + [("made", item)] + [item] * before


# going over something


def _iterate(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    (base,) = pop(stack, 1)
    reads(some, [base])
    stack.append(("iterator", base))


def _next(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    base = stack[-1] if stack else UNKNOWN
    some.append(Touch("round"))
    reads(some, [base])
    stack.append(("items", base[1] if base[0] == "iterator" else base))


def _send(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    """`yield from`, or `await`, of which nothing is known."""
    base = stack[-2] if len(stack) > 1 else UNKNOWN
    if base[0] == "iterator":
        reads(some, [base])
    pop(stack, 1)
    stack.append(UNKNOWN)


def _give(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    """Give something to who called: `return`, `yield`."""
    (value,) = pop(stack, 1) if one.opname != "RETURN_CONST" else [NEW]
    some.append(Touch("caller", value))
    if one.opname.startswith("YIELD"):
        stack.append(UNKNOWN)


def _begin(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    starts = ((one.arg or 0) & 3) == 0  # and does not go on after a `yield`
    some.append(Touch("caller", NEW, "start" if starts else "go on"))


# match


def _match_class(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    base, *_ = pop(stack, 3)
    some.append(Touch("whole", base))
    stack.append(FILLED)


def _match_keys(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    base = stack[-2] if len(stack) > 1 else UNKNOWN
    reads(some, [base])
    stack.append(("made", ("items", base)))


def _length(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    reads(some, stack[-1:])
    stack.append(NEW)


# calls


def _call(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    names = pop(stack, 1 if one.opname == "CALL_KW" else 0)
    arguments = pop(stack, one.arg or 0)
    first, second = pop(stack, 2)
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
    taken = pop(stack, 3 + has_more)
    function, arguments = (taken[0], taken[2]) if VERSION >= (3, 13) else (taken[1], taken[2])
    more = taken[3:]
    reads(some, [arguments, *more])  # which the instruction itself takes apart
    others: tuple[Symbol, ...] = tuple(("items", one) for one in (arguments, *more) if one != NULL)
    some.append(Touch("call", function, others=others))
    stack.append(("result", function, *others))


def _call_intrinsic(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    if one.opname.endswith("2"):
        pop(stack, 1)
    elif "UNARY_POSITIVE" in one.argrepr:
        reads(some, stack[-1:])


EFFECTS: dict[str, Effect] = {
    "BEFORE_WITH": exchange,
    "BINARY_OP": _binary,
    "BINARY_SUBSCR": _binary,
    "CALL": _call,
    "CALL_FUNCTION_EX": _call_with_all,
    "CALL_INTRINSIC_1": _call_intrinsic,
    "CALL_INTRINSIC_2": _call_intrinsic,
    "CALL_KW": _call,
    "CONTAINS_OP": _contains,
    "COPY": copy,
    "COPY_FREE_VARS": nothing,
    "DELETE_ATTR": _store_attr,
    "DELETE_DEREF": store("cell"),
    "DELETE_FAST": store("local"),
    "DELETE_GLOBAL": store("global"),
    "DELETE_NAME": store("name"),
    "DELETE_SUBSCR": _subscript,
    "DICT_MERGE": extend,
    "DICT_UPDATE": extend,
    "END_FOR": drop,
    "END_SEND": drop_second,
    "FOR_ITER": _next,
    "GET_AWAITABLE": exchange,
    "GET_ITER": _iterate,
    "GET_LEN": _length,
    "GET_YIELD_FROM_ITER": _iterate,
    "IMPORT_FROM": exchange,
    "IMPORT_NAME": exchange,
    "IS_OP": compare,
    "KW_NAMES": nothing,
    "LIST_APPEND": add,
    "LIST_EXTEND": extend,
    "LIST_TO_TUPLE": nothing,
    "LOAD_ASSERTION_ERROR": push(NEW),
    "LOAD_ATTR": _load_attr,
    "LOAD_BUILD_CLASS": push(NEW),
    "LOAD_CLOSURE": push(NEW),
    "LOAD_COMMON_CONSTANT": push(NEW),
    "LOAD_CONST": constant,
    "LOAD_DEREF": load("cell"),
    "LOAD_FAST_AND_CLEAR": push(UNKNOWN),
    "LOAD_FROM_DICT_OR_DEREF": load("cell"),
    "LOAD_FROM_DICT_OR_GLOBALS": load("global"),
    "LOAD_GLOBAL": load("global"),
    "LOAD_METHOD": _load_attr,
    "LOAD_NAME": load("name"),
    "LOAD_SMALL_INT": constant,
    "LOAD_SPECIAL": exchange,
    "LOAD_SUPER_ATTR": _load_attr,
    "MAKE_CELL": nothing,
    "MAKE_FUNCTION": make_function,
    "MAP_ADD": add,
    "MATCH_CLASS": _match_class,
    "MATCH_KEYS": _match_keys,
    "MATCH_MAPPING": push(NEW),
    "MATCH_SEQUENCE": push(NEW),
    "NOP": nothing,
    "POP_ITER": drop,
    "POP_TOP": drop,
    "PRECALL": nothing,
    "PUSH_NULL": push(NULL),
    "RESUME": _begin,
    "RETURN_CONST": _give,
    "RETURN_VALUE": _give,
    "SEND": _send,
    "SET_ADD": add,
    "SET_FUNCTION_ATTRIBUTE": complete_function,
    "SET_UPDATE": extend,
    "STORE_ATTR": _store_attr,
    "STORE_DEREF": store("cell"),
    "STORE_FAST_LOAD_FAST": store_and_load,
    "STORE_GLOBAL": store("global"),
    "STORE_NAME": store("name"),
    "STORE_SLICE": _subscript,
    "STORE_SUBSCR": _subscript,
    "SWAP": swap,
    "UNPACK_EX": _unpack_rest,
    "UNPACK_SEQUENCE": _unpack,
    "YIELD_VALUE": _give,
}
for _name in dis.opmap:
    if _name.startswith("JUMP_") and not _name.endswith("_OR_POP"):
        EFFECTS[_name] = nothing
    if _name.startswith("POP_JUMP") and "NONE" in _name:
        EFFECTS[_name] = drop
    if _name.startswith("LOAD_FAST") and _name != "LOAD_FAST_AND_CLEAR":
        EFFECTS[_name] = load("local")
    elif _name in ("STORE_FAST", "STORE_FAST_STORE_FAST", "STORE_FAST_MAYBE_NULL"):
        EFFECTS[_name] = store("local")
    elif _name.startswith("BUILD_") and _name != "BUILD_STRING":
        EFFECTS[_name] = make
