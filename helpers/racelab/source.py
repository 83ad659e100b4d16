"""Where an operation stands in the program: its line, and the expression in it that does it."""

from __future__ import annotations

import ast
import inspect
import linecache
import types
from functools import lru_cache
from itertools import islice
from types import CodeType, FrameType
from typing import Any

from helpers.racelab.kinds import StandIn
from helpers.racelab.workers import Op

__all__ = ["Place", "function", "place"]

NOTHING = object()


class Place:
    """Where an operation stands.

    Attributes:
        line: its number; 0 if it is not in the program.
        code: the line.
        columns: where in it the expression stands, from and to.
        expression: that, as an expression of Python; None if it is none, or goes on in other lines.
    """

    def __init__(
        self, line: int, code: str, columns: tuple[int, int], expression: ast.expr | None
    ) -> None:
        self.line, self.code, self.columns, self.expression = line, code, columns, expression

    @property
    def thing(self) -> str:
        """What the expression looks at or changes: `numbers` in `numbers.append(1)`."""
        match self.expression:
            case ast.Call(func=ast.Attribute(value=thing)) | ast.Subscript(value=thing):
                return _unparsed(thing)
            case ast.Call(args=[thing]):
                return _unparsed(thing)
        return self.code[slice(*self.columns)]

    @property
    def is_part(self) -> bool:
        """Whether it is what is in the thing that is looked at, and not the thing itself."""
        return isinstance(self.expression, (ast.Call, ast.Subscript))

    @property
    def is_constant(self) -> bool:
        """Whether it stands there as a value, which nobody can change."""
        return self.expression is not None and _is_constant(self.expression)


# Many steps of a schedule stand in the same few lines; each of these is taken apart once.


@lru_cache(maxsize=1000)
def _unparsed(one: ast.expr) -> str:
    return ast.unparse(one)


@lru_cache(maxsize=1000)
def _is_constant(one: ast.expr) -> bool:
    try:
        return ast.literal_eval(one) is not NOTHING
    except (ValueError, TypeError):
        return False


def place(op: Op) -> Place:
    """Return where an operation stands."""
    frame = op.frame
    if frame is None:
        return Place(0, "", (0, 0), None)
    offset = op.site.offset if op.site else frame.f_lasti
    line, end_line, start, end = _position(frame.f_code, offset)
    text = linecache.getline(frame.f_code.co_filename, line, frame.f_globals).rstrip()
    code = text.strip()
    if not code:
        return Place(line, "", (0, 0), None)
    indent = len(text) - len(text.lstrip())
    last = len(text) if end_line != line else _character(text, end)
    columns = max(_character(text, start) - indent, 0), max(last - indent, 0)
    return Place(line, code, *_narrowed(code, columns, op))


def function(code: CodeType) -> tuple[int, list[str]]:
    """Return the number of the first line of a function, and its lines, without what is around."""
    every = linecache.getlines(code.co_filename)
    first = code.co_firstlineno
    try:
        block = inspect.getblock(every[first - 1 :])
    except (SyntaxError, IndexError):
        return first, []
    return first, [one.rstrip() for one in block]


def _position(code: CodeType, offset: int) -> tuple[int, int, int, int]:
    line, end_line, start, end = next(islice(code.co_positions(), offset // 2, None))
    return line or code.co_firstlineno, end_line or line or 0, start or 0, end or 0


def _character(text: str, byte: int) -> int:
    """Return the number of a character, given that of its first byte in UTF-8."""
    if text.isascii():
        return min(byte, len(text))
    return len(text.encode()[:byte].decode(errors="ignore"))


def _narrowed(
    code: str, columns: tuple[int, int], op: Op
) -> tuple[tuple[int, int], ast.expr | None]:
    """Return the expression itself where a whole statement is pointed at, as a `with`."""
    statement, shift = _parsed(code)
    found: ast.expr | None = None
    match statement:
        case ast.For(iter=one) | ast.AsyncFor(iter=one) | ast.While(test=one) | ast.If(test=one):
            found = one
        case ast.With(items=items) | ast.AsyncWith(items=items):
            found = _item([one.context_expr for one in items], op)
    if found is None or columns[0] > 0:
        return columns, _expressions(code).get(columns)
    return _span(code, found, shift), found


@lru_cache(maxsize=1000)
def _parsed(code: str) -> tuple[ast.stmt | None, int]:
    """Return the statement that a line begins, and by how much it is shifted."""
    shift = 2 if code.startswith("elif ") else 0
    for end in ("", "\n    pass"):
        try:
            return ast.parse(code[shift:] + end).body[0], shift
        except (SyntaxError, ValueError, IndexError):
            pass
    return None, 0


@lru_cache(maxsize=1000)
def _expressions(code: str) -> dict[tuple[int, int], ast.expr]:
    """Return the expressions of a line by where they stand, the outermost of those in one place."""
    statement, shift = _parsed(code)
    found: dict[tuple[int, int], ast.expr] = {}
    for one in ast.walk(statement) if statement else ():
        if isinstance(one, ast.expr):
            found.setdefault(_span(code, one, shift), one)
    return found


def _span(code: str, one: ast.expr, shift: int) -> tuple[int, int]:
    text = code[shift:]
    end = one.end_col_offset or 0
    return _character(text, one.col_offset) + shift, _character(text, end) + shift


def _item(expressions: list[ast.expr], op: Op) -> ast.expr | None:
    """Return which of the things of a `with` it is."""
    if len(expressions) == 1:
        return expressions[0]
    for one in expressions:
        value = _value(one, op.frame)
        if value is op.thing or getattr(value, "lock", None) is op.thing:
            return one
    return None


def _value(one: ast.expr, frame: FrameType | None) -> Any:
    """Return what an expression stands for, as far as that can be told without running anything."""
    match one:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name) if frame:
            return frame.f_locals.get(name, frame.f_globals.get(name, NOTHING))
        case ast.Attribute(value=base, attr=name):
            return _attribute(_value(base, frame), name)
        case ast.Subscript(value=base, slice=key):
            container, at = _value(base, frame), _value(key, frame)
            if type(container) in (list, tuple, dict) and at is not NOTHING:
                try:
                    return container[at]
                except (LookupError, TypeError):
                    return NOTHING
    return NOTHING


def _attribute(base: Any, name: str) -> Any:
    if isinstance(base, StandIn):
        return NOTHING
    found = getattr(base, "__dict__", {}).get(name, NOTHING)
    member = getattr(type(base), name, None)
    if isinstance(member, types.MemberDescriptorType) and hasattr(base, name):
        return member.__get__(base)
    return found
