"""helpers.racelab.bytecode: what the instructions of a function touch."""

import dis
import textwrap

import pytest

from helpers.racelab.bytecode import touches
from helpers.racelab.symbols import FILLED, NEW, NULL, UNKNOWN


def told(source, calls=False):
    """Return what a function touches, in words, in the order of its instructions."""
    names = {}
    body = textwrap.indent(textwrap.dedent(source).strip(), "    ")
    exec(f"def function(s, t=None, k=0):\n{body}", names)
    code = names["function"].__code__
    found = touches(code)
    assert found.at.keys() <= {one.offset for one in dis.get_instructions(code)}
    every = [one for some in found.at.values() for one in some]
    return [words(one) for one in every if one.kind not in ("call", "caller") or calls]


def words(one):
    base = shown(one.base)
    subject = {
        "name": one.name,
        "inside": f"{base}[]",
        "call": f"{base}()",
        "again": "again",
        "round": "round",
    }
    subject |= {"attr": f"{base}.{one.name}", "deep": f"{base}[][]", "whole": f"{base}.*"}
    subject["caller"] = f"gives {base}"
    others = (
        f" with {', '.join(map(shown, one.others))}" if one.kind == "call" and one.others else ""
    )
    return f"{subject[one.kind]}{'!' if one.writes else ''}{others}"


def shown(symbol):
    match symbol:
        case ("local" | "global" | "cell", name):
            return name
        case ("const", value):
            return repr(value)
        case ("attr", base, name):
            return f"{shown(base)}.{name}"
        case ("item", base, key):
            return f"{shown(base)}[{shown(key)}]"
        case ("result", function, *_):
            return f"{shown(function)}()"
        case ("iterator" | "items" as kind, base):
            return f"{kind} of {shown(base)}"
        case ("made" | "sum" | "either" as kind, *parts):
            return f"{kind}({', '.join(map(shown, parts))})"
        case ("function", _):
            return "function"
    return {UNKNOWN: "?", NEW: "new", NULL: "", FILLED: "filled"}[symbol]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("s.x = 1", ["s.x!"]),
        ("s.x += 1", ["s.x", "s.x[]!", "s.x!"]),
        ("s.a.b.c = 2", ["s.a", "s.a.b", "s.a.b.c!"]),
        ("del s.x", ["s.x!"]),
        ("s.items[k].n = 1", ["s.items", "s.items[]", "s.items[k].n!"]),
        ("s.d[k] = s.y", ["s.y", "s.d", "s.d[]!"]),
        ("del s.d[k]", ["s.d", "s.d[]!"]),
        ("s.l[1:2] = t", ["s.l", "s.l[]!"]),
        ("s.l[0] += 1", ["s.l", "s.l[]", "s.l[0][]!", "s.l[]!"]),
        ("return k in s.d", ["s.d", "s.d[][]"]),
        ("return s.x is None", ["s.x"]),
        ("return s.x == t.x", ["s.x", "t.x", "s.x[][]", "t.x[][]"]),
        ("a, b = s.pair\nreturn a.x", ["s.pair", "s.pair[]", "a.x"]),
        ("a, *b = s.l\nreturn a.x", ["s.l", "s.l[]", "a.x"]),
        ("return t(*s.l)", ["s.l", "s.l[]"]),
        ("return [s.x, s.y]", ["s.x", "s.y"]),
        ("return s.a or t.b", ["s.a", "s.a[]", "t.b"]),
    ],
)
def test_what_is_touched(source, expected):
    assert told(source) == expected


@pytest.mark.parametrize(
    ("source", "call"),
    [
        ("s.l.append(k)", "s.l.append() with k"),
        ("len(s.l)", "len() with s.l"),
        ("s.m(1, k=s.x)", "s.m() with 1, s.x"),
        ("s.get()(k)", "s.get()() with k"),
        ("s.m(*t)", "s.m() with items of t"),
        ("return sorted(s.l)[0]", "sorted() with s.l"),
    ],
)
def test_what_is_called_with_what(source, call):
    assert call in told(source, calls=True)


def test_a_loop_reads_what_it_goes_over_each_time():
    assert told("for a in s.l:\n    s.n += a")[1:4] == ["s.l[]", "round", "iterator of s.l[]"]


def test_where_two_branches_meet_it_is_one_of_both():
    source = "s.y = (s if k else t).x\ns.y = (s.x if k else s.x)[0]"
    found = told(source)  # some compilers make the end of a statement twice, once for each branch
    assert "either(s, t).x" in found or {"s.x", "t.x"} <= {*found}
    assert "s.x[]" in found


def test_a_symbol_is_forgotten_when_its_variable_changes():
    assert told("return s.f((s := t).x)", calls=True)[1:4] == ["s.f", "t.x", "?() with t.x"]
    assert told("return t[s.x, (t := s)]")[-1] == "?[]"


def test_a_variable_that_functions_share_is_touched_by_its_name():
    found = told("def more():\n    nonlocal k\n    k += 1\nmore()\nreturn k")
    assert found == ["k"]


def test_what_is_changed_is_known_by_name():
    names = {}
    exec("def f(s):\n    global total\n    total = s.x\n    s.y = s.z\n    del s.w", names)
    assert touches(names["f"].__code__).stored == {"total", "y", "w"}


def test_an_error_s_handler_is_followed_too():
    source = "try:\n    s.x = 1\nexcept ValueError:\n    s.y = 2\nfinally:\n    s.z = 3"
    assert {"s.x!", "s.y!", "s.z!"} <= {*told(source)}
