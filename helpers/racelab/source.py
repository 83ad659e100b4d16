"""Where an operation stands in the program: its line, and the expression in it that does it."""

from __future__ import annotations

import ast
import linecache
import types
from itertools import islice
from types import CodeType, FrameType
from typing import Any

from helpers.racelab.kinds import StandIn
from helpers.racelab.workers import Op

__all__ = ["Place", "place"]

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
                return ast.unparse(thing)
            case ast.Call(args=[thing]):
                return ast.unparse(thing)
        return self.code[slice(*self.columns)]

    @property
    def is_part(self) -> bool:
        """Whether it is what is in the thing that is looked at, and not the thing itself."""
        return isinstance(self.expression, (ast.Call, ast.Subscript))

    @property
    def is_constant(self) -> bool:
        """Whether it stands there as a value, which nobody can change."""
        try:
            return self.expression is not None and ast.literal_eval(self.expression) is not NOTHING
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


def _position(code: CodeType, offset: int) -> tuple[int, int, int, int]:
    line, end_line, start, end = next(islice(code.co_positions(), offset // 2, None))
    return line or code.co_firstlineno, end_line or line or 0, start or 0, end or 0


def _character(text: str, byte: int) -> int:
    """Return the number of a character, given that of its first byte in UTF-8."""
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
        found = next(
            (one for one in _expressions(statement) if _span(code, one, shift) == columns), None
        )
        return columns, found
    return _span(code, found, shift), found


def _parsed(code: str) -> tuple[ast.stmt | None, int]:
    """Return the statement that a line begins, and by how much it is shifted."""
    shift = 2 if code.startswith("elif ") else 0
    for end in ("", "\n    pass"):
        try:
            return ast.parse(code[shift:] + end).body[0], shift
        except (SyntaxError, ValueError, IndexError):
            pass
    return None, 0


def _expressions(statement: ast.stmt | None) -> list[ast.expr]:
    return [one for one in ast.walk(statement) if isinstance(one, ast.expr)] if statement else []


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
