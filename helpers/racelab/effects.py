"""What each instruction of CPython does to the stack, in symbols, and what it touches.

The instructions differ from version to version (`dis` lists them); one that is not known here
makes all that is on the stack UNKNOWN.
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable, Sequence

from helpers.racelab.symbols import FILLED, NEW, NULL, UNKNOWN, Symbol, Touch, is_private

__all__ = ["after"]

VERSION = sys.version_info[:2]


def after(one: dis.Instruction, stack: list[Symbol], some: list[Touch], jump: bool) -> list[Symbol]:
    """Return the stack after an instruction, and note what it touches."""
    depth = len(stack) + _effect(one, jump)
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
    _reads(some, _pop(stack, taken(one.arg or 0) if callable(taken) else taken), kind)
    return stack + [NEW] * given


def _effect(one: dis.Instruction, jump: bool) -> int:
    has_argument = one.opcode >= dis.HAVE_ARGUMENT or one.opcode in getattr(dis, "hasarg", ())
    return dis.stack_effect(one.opcode, one.arg if has_argument else None, jump=jump)


Effect = Callable[[dis.Instruction, list[Symbol], list[Touch]], None]

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


def _pop(stack: list[Symbol], number: int) -> list[Symbol]:
    """Take so many symbols off a stack, of which less may be known."""
    taken = [stack.pop() if stack else UNKNOWN for _ in range(number)]
    return taken[::-1]


def _reads(some: list[Touch], symbols: Sequence[Symbol], kind: str = "inside") -> None:
    """Note that something is looked into, or deep into, unless there is nothing to be seen."""
    for one in symbols:
        is_new = one[0] in ("const", "new", "null", "function")
        if not is_new and not (kind == "inside" and is_private(one)):
            some.append(Touch(kind, one))


def _forget(stack: list[Symbol], variable: Symbol) -> None:
    """Forget what a stack knows by a variable, which is changed."""
    for n, symbol in enumerate(stack):
        if _is_made_of(symbol, variable):
            stack[n] = UNKNOWN


def _is_made_of(symbol: Symbol, variable: Symbol) -> bool:
    parts = (part for part in symbol[1:] if isinstance(part, tuple))
    return symbol == variable or any(_is_made_of(part, variable) for part in parts)


# variables


def _load(kind: str) -> Effect:
    """Return what loading a variable does; one that functions share is touched by that."""

    def load(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
        pushes_null = one.opname == "LOAD_GLOBAL" and (one.arg or 0) & 1
        if pushes_null and VERSION < (3, 13):
            stack.append(NULL)
        if one.opname.startswith("LOAD_FROM_DICT"):
            _pop(stack, 1)
        names = one.argval if isinstance(one.argval, tuple) else (one.argval,)
        for name in names:
            stack.append((kind, name))
            if kind != "local":
                some.append(Touch("name", name=name))
        if pushes_null and VERSION >= (3, 13):
            stack.append(NULL)

    return load


def _store(kind: str) -> Effect:
    """Return what storing into a variable does, or taking it away."""

    def store(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
        names = one.argval if isinstance(one.argval, tuple) else (one.argval,)
        if not one.opname.startswith("DELETE"):
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


# the stack


def _push(symbol: Symbol) -> Effect:
    def push(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
        stack.append(symbol)

    return push


def _constant(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    stack.append(("const", one.argval))


def _nothing(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    """Leave the stack as it is."""


def _copy(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    stack.append(stack[-one.arg] if one.arg and len(stack) >= one.arg else UNKNOWN)


def _swap(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    if one.arg and len(stack) >= one.arg:
        stack[-1], stack[-one.arg] = stack[-one.arg], stack[-1]


def _drop(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    _pop(stack, max(0, -_effect(one, jump=False)))


def _drop_second(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    (top,) = _pop(stack, 1)
    _pop(stack, 1)
    stack.append(top)


def _exchange(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    """Take some things, and give back what is not known."""
    effect = _effect(one, jump=False)
    _pop(stack, 1 if effect >= 0 else 1 - effect)
    stack += [UNKNOWN] * (effect + 1 if effect >= 0 else 1)


# functions and new containers


def _compare_only(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    _pop(stack, 2)
    stack.append(NEW)


def _make(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    """Make one new container of some things, without looking into them."""
    parts = _pop(stack, 1 - _effect(one, jump=False))
    stack.append(("made", *parts))


def _make_function(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    (*_, code) = _pop(stack, 1 - _effect(one, jump=False))
    stack.append(("function", code[1]) if code[0] == "const" else NEW)


def _complete_function(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    (_, function) = _pop(stack, 2)
    stack.append(function)


def _add(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    """Put something into a container that is being made, as a comprehension does."""
    parts = _pop(stack, max(0, -_effect(one, jump=False)))
    _becomes(
        stack, one.arg or 1, None if all(part[0] in ("const", "new") for part in parts) else ()
    )


def _extend(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    """Put all of something into a container that is being made."""
    (base,) = _pop(stack, 1)
    _reads(some, [base])
    _becomes(stack, one.arg or 1, None if base[0] == "const" else (("items", base),))


def _becomes(stack: list[Symbol], place: int, parts: tuple[Symbol, ...] | None) -> None:
    """Note what was put into a container on the stack: None for nothing of interest."""
    if parts is None or len(stack) < place:
        return
    is_known = parts and stack[-place][0] == "made"
    stack[-place] = (*stack[-place], *parts) if is_known else FILLED


# attributes and items


def _load_attr(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    base = _pop(stack, 3 if "SUPER" in one.opname else 1)[-1]
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
    formats = one.argrepr.startswith("%")  # or divides; who knows
    _reads(some, [right], "deep" if formats else "inside")
    if one.argrepr.endswith("="):  # as `+=`, which changes a list in its place
        some.append(Touch("inside", left, writes=True))
        stack.append(left if left[0] != "const" else NEW)
    else:
        _reads(some, [left])
        is_plain = left[0] in ("const", "new") and right[0] in ("const", "new")
        stack.append(NEW if is_plain else ("sum", left, right))


def _subscript(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    """`base[key] = value`, `base[start:end] = value`, or `del base[key]`."""
    number = {"STORE_SUBSCR": 3, "DELETE_SUBSCR": 2, "STORE_SLICE": 4}[one.opname]
    taken = _pop(stack, number)
    at = 0 if one.opname == "DELETE_SUBSCR" else 1
    some.append(Touch("inside", taken[at], writes=True, others=(taken[at + 1],)))


def _contains(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    _reads(some, _pop(stack, 2)[1:], "deep")
    stack.append(NEW)


def _unpack(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    (base,) = _pop(stack, 1)
    _reads(some, [base])
    stack += [("item", base, ("const", n)) for n in reversed(range(one.arg or 0))]


def _unpack_rest(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    """`a, *rest = base`, of which the numbers of all parts are in one argument."""
    (base,) = _pop(stack, 1)
    _reads(some, [base])
    before, behind = (one.arg or 0) & 0xFF, (one.arg or 0) >> 8
    item: Symbol = ("items", base)
    stack += [item] * behind + [("made", item)] + [item] * before


# going over something


def _iterate(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    (base,) = _pop(stack, 1)
    _reads(some, [base])
    stack.append(("iterator", base))


def _next(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    base = stack[-1] if stack else UNKNOWN
    some.append(Touch("round"))
    _reads(some, [base])
    stack.append(("items", base[1] if base[0] == "iterator" else base))


def _send(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    """`yield from`, or `await`, of which nothing is known."""
    base = stack[-2] if len(stack) > 1 else UNKNOWN
    if base[0] == "iterator":
        _reads(some, [base])
    _pop(stack, 1)
    stack.append(UNKNOWN)


def _give(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    """Give something to who called: `return`, `yield`."""
    (value,) = _pop(stack, 1) if one.opname != "RETURN_CONST" else [NEW]
    some.append(Touch("caller", value))
    if one.opname.startswith("YIELD"):
        stack.append(UNKNOWN)


def _begin(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    starts = ((one.arg or 0) & 3) == 0  # and does not go on after a `yield`
    some.append(Touch("caller", NEW, "start" if starts else "go on"))


# match


def _match_class(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    base, *_ = _pop(stack, 3)
    some.append(Touch("whole", base))
    stack.append(FILLED)


def _match_keys(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    base = stack[-2] if len(stack) > 1 else UNKNOWN
    _reads(some, [base])
    stack.append(("made", ("items", base)))


def _length(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    _reads(some, stack[-1:])
    stack.append(NEW)


# calls


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
    more = taken[3:]
    _reads(some, [arguments, *more])  # which the instruction itself takes apart
    others: tuple[Symbol, ...] = tuple(("items", one) for one in (arguments, *more) if one != NULL)
    some.append(Touch("call", function, others=others))
    stack.append(("result", function, *others))


def _call_intrinsic(one: dis.Instruction, stack: list[Symbol], some: list[Touch]) -> None:
    if one.opname.endswith("2"):
        _pop(stack, 1)
    elif "UNARY_POSITIVE" in one.argrepr:
        _reads(some, stack[-1:])


EFFECTS: dict[str, Effect] = {
    "BEFORE_WITH": _exchange,
    "BINARY_OP": _binary,
    "BINARY_SUBSCR": _binary,
    "CALL": _call,
    "CALL_FUNCTION_EX": _call_with_all,
    "CALL_INTRINSIC_1": _call_intrinsic,
    "CALL_INTRINSIC_2": _call_intrinsic,
    "CALL_KW": _call,
    "CONTAINS_OP": _contains,
    "COPY": _copy,
    "COPY_FREE_VARS": _nothing,
    "DELETE_ATTR": _store_attr,
    "DELETE_DEREF": _store("cell"),
    "DELETE_FAST": _store("local"),
    "DELETE_GLOBAL": _store("global"),
    "DELETE_NAME": _store("name"),
    "DELETE_SUBSCR": _subscript,
    "DICT_MERGE": _extend,
    "DICT_UPDATE": _extend,
    "END_FOR": _drop,
    "END_SEND": _drop_second,
    "FOR_ITER": _next,
    "GET_AWAITABLE": _exchange,
    "GET_ITER": _iterate,
    "GET_LEN": _length,
    "GET_YIELD_FROM_ITER": _iterate,
    "IMPORT_FROM": _exchange,
    "IMPORT_NAME": _exchange,
    "IS_OP": _compare_only,
    "KW_NAMES": _nothing,
    "LIST_APPEND": _add,
    "LIST_EXTEND": _extend,
    "LIST_TO_TUPLE": _nothing,
    "LOAD_ASSERTION_ERROR": _push(NEW),
    "LOAD_ATTR": _load_attr,
    "LOAD_BUILD_CLASS": _push(NEW),
    "LOAD_CLOSURE": _push(NEW),
    "LOAD_COMMON_CONSTANT": _push(NEW),
    "LOAD_CONST": _constant,
    "LOAD_DEREF": _load("cell"),
    "LOAD_FAST_AND_CLEAR": _push(UNKNOWN),
    "LOAD_FROM_DICT_OR_DEREF": _load("cell"),
    "LOAD_FROM_DICT_OR_GLOBALS": _load("global"),
    "LOAD_GLOBAL": _load("global"),
    "LOAD_METHOD": _load_attr,
    "LOAD_NAME": _load("name"),
    "LOAD_SMALL_INT": _constant,
    "LOAD_SPECIAL": _exchange,
    "LOAD_SUPER_ATTR": _load_attr,
    "MAKE_CELL": _nothing,
    "MAKE_FUNCTION": _make_function,
    "MAP_ADD": _add,
    "MATCH_CLASS": _match_class,
    "MATCH_KEYS": _match_keys,
    "MATCH_MAPPING": _push(NEW),
    "MATCH_SEQUENCE": _push(NEW),
    "NOP": _nothing,
    "POP_ITER": _drop,
    "POP_TOP": _drop,
    "PRECALL": _nothing,
    "PUSH_NULL": _push(NULL),
    "RESUME": _begin,
    "RETURN_CONST": _give,
    "RETURN_VALUE": _give,
    "SEND": _send,
    "SET_ADD": _add,
    "SET_FUNCTION_ATTRIBUTE": _complete_function,
    "SET_UPDATE": _extend,
    "STORE_ATTR": _store_attr,
    "STORE_DEREF": _store("cell"),
    "STORE_FAST_LOAD_FAST": _store_and_load,
    "STORE_GLOBAL": _store("global"),
    "STORE_NAME": _store("name"),
    "STORE_SLICE": _subscript,
    "STORE_SUBSCR": _subscript,
    "SWAP": _swap,
    "UNPACK_EX": _unpack_rest,
    "UNPACK_SEQUENCE": _unpack,
    "YIELD_VALUE": _give,
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
