"""benchmarks: the statistics are right, and every room measures something."""

import os
import sys
from math import isclose, nan

import pytest

from benchmarks import __main__ as command
from benchmarks import (
    cells,
    cpu,
    drawn,
    heads,
    items,
    kills,
    pairs,
    race_rivals,
    steps,
    table,
    told,
)
from benchmarks.pairs import AGAIN, BASE, Spread
from benchmarks.rivals import OURS, OURS_WITH_STATES, TOOLS, MissingError, find
from helpers.recorder.recording import Lane, Recording


def test_a_spread_is_the_median_and_the_quartiles():
    assert pairs.spread([5, 1, 2, 4, 3]) == (3, 2, 4)
    assert pairs.spread([1, 2, 3, 4]) == (2.5, 1.75, 3.25)
    assert pairs.spread([7]) == (7, 7, 7)
    assert Spread(1, 2, 3).times(2) == (2, 4, 6)


def test_arms_run_in_turns_every_other_round_the_other_way_round(monkeypatch):
    monkeypatch.setattr(pairs.gc, "collect", lambda: None)  # it takes long in a full process
    ran = []
    arms = {name: lambda name=name: ran.append(name) or len(ran) for name in "abc"}
    figures = pairs.in_turns(arms, rounds=3, warm_up=2)
    assert "".join(ran) == "cbaabccbaabccba"
    assert figures == {"a": [9, 10, 15], "b": [8, 11, 14], "c": [7, 12, 13]}


def test_pairs_are_compared_one_by_one():
    times = {BASE: [1.0, 10.0, 100.0], "x": [2.0, 12.0, 101.0], AGAIN: [1.0, 10.0, 100.0]}
    assert pairs.added(times, "x") == (1.0, 1.0, 1.5)
    assert pairs.ratio(times, "x").median == 1.2
    assert pairs.ratio(times, AGAIN) == (1, 1, 1)


def test_a_room_alone_that_fails_tells_why():
    with pytest.raises(RuntimeError, match=r"No module named benchmarks\.none"):
        pairs.alone("benchmarks.none")


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (Spread(1234.5, 1000, 2000), "1,234 ns (1,000 to 2,000)"),
        (Spread(12.34, 1, 20), "12.3 ns (1.0 to 20.0)"),
        (Spread(0.05, -0.01, 0.09), "0.050 ns (-0.010 to 0.090)"),
    ],
)
def test_a_figure_has_as_many_digits_as_it_bears(found, told):
    assert table.written(found, " ns") == told


def test_a_bar_is_met_or_missed():
    met = table.at_most("x", "y", Spread(3, 2, 9), " µs", 3)
    missed = table.at_most("x", "y", Spread(3.01, 2, 9), " µs", 3)
    assert (met.verdict, missed.verdict) == ("<= 3 µs: met", "<= 3 µs: MISSED")
    assert "| x | y | 3.00 µs (2.00 to 9.00) |  | <= 3 µs: met |" in table.markdown([met])
    assert table.Row("x", "rival", "1").verdict == ""


def test_a_rival_that_is_not_installed_is_a_row_that_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "viztracer", None)
    with pytest.raises(MissingError, match="not installed"):
        find("viztracer")
    assert steps.measure(1, "viztracer") == "not installed"
    assert items.measure(1, "viztracer") == "not installed"
    assert cpu.measure("threads", 1, "viztracer") == "not installed"


def test_every_tool_goes_around_code_or_says_why_not():
    for name in TOOLS:
        try:
            found = find(name)
        except MissingError as reason:
            assert str(reason) in ("not installed", "needs Python 3.12")
        else:
            assert callable(found)


@pytest.mark.parametrize("package", ["frontrun", "interleave_test"])
def test_a_rival_of_race_that_cannot_run_is_one_line(monkeypatch, capsys, tmp_path, package):
    monkeypatch.setitem(sys.modules, package, None)
    verdict = getattr(race_rivals, f"{package.split('_')[0]}_verdict")
    with pytest.raises(MissingError, match=r"^.+ (is not installed: .+|needs Python 3\.12)$"):
        verdict(tmp_path / "any.py")
    monkeypatch.setattr(race_rivals, "ARMS", {"it": verdict})
    race_rivals.main([str(tmp_path / "any.py")])
    assert len(capsys.readouterr().out.splitlines()) == 2


RACY = """
from threading import Lock

class State:
    def __init__(self):
        self.x, self.lock = 0, Lock()

def add(s):
    with s.lock:
        s.x += 1

def race(s):
    s.x += 1

def nested(s, other=None):
    with s.lock, s.lock:
        s.x += 1

make, bodies = State, [{body}, {body}]

def holds(s):
    return s.x == 2
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "found"), [("add", "ok"), ("race", "race"), ("nested", "deadlock")]
)
@pytest.mark.parametrize("verdict", [race_rivals.frontrun_verdict, race_rivals.interleave_verdict])
def test_a_rival_of_race_finds_what_there_is(tmp_path, verdict, body, found):
    path = tmp_path / "program.py"
    path.write_text(RACY.format(body=body), "utf-8")
    try:
        told = verdict(path, 20)
    except MissingError as reason:
        pytest.skip(str(reason))
    assert told.found == found
    assert told.runs > 0
    assert (told.rate is None) == (found != "ok")


@pytest.mark.slow
def test_steps_are_measured():
    found = steps.measure(1, OURS, OURS_WITH_STATES)
    for times in found.values():
        assert list(times) == [BASE, OURS, OURS_WITH_STATES, AGAIN, steps.FLOOR]
        assert all(one > 0 for figures in times.values() for one in figures)
    rows = list(steps.our_rows(found["cpu"]))
    assert sum(row.met is not None for row in rows) == 4


def test_items_are_measured():
    times = items.measure(1, OURS)
    assert all(one > 0 for figures in times.values() for one in figures)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="its pool is forked, and Windows has no fork")
@pytest.mark.parametrize("kind", ["threads", "pool"])
def test_cpu_is_measured(kind):
    found = cpu.measure(kind, 1, OURS, many=80)
    assert found["events"] > 0
    assert len(found["unit"]) == 1
    assert found["times"][BASE][0] > 0


def test_events_times_unit_cost_is_a_share_of_the_run():
    found = {"times": {BASE: [0.5, 0.5]}, "events": 100, "unit": [50.0, 50.0]}  # 5 ms of 500
    assert isclose(cpu.events_times_unit_cost(found).median, 1.0)


def test_what_a_killed_child_lost_is_counted():
    run = Recording()
    life = (0, "child", "process", 0.0, nan, nan)
    work = [(0, "work", "own", 0.1, 0.2, 0.0)] * 3
    run.fill([Lane("process", "P", 5)], 1.0, [life, *work, (0, "work", "own", 0.3, nan, nan)])
    seen = {name: number for name, number in kills.seen_of(run, 5, 3).items() if number}
    assert seen == {"kills": 1, "acknowledged": 3, "open": 1}
    assert kills.seen_of(run, 5, 5)["lost"] == 2
    assert kills.seen_of(run, 5, 1)["surplus"] == 1
    gone = kills.seen_of(run, 6, 0)  # nothing of it was seen
    assert (gone["not open"], gone["never began"]) == (1, 1)


@pytest.mark.slow
@pytest.mark.parametrize("method", kills.METHODS)
def test_children_are_killed_and_nothing_is_lost(method):
    found = kills.measure(method, 2 * kills.TOGETHER)
    if not isinstance(found, str):
        assert found["kills"] == 2 * kills.TOGETHER
        assert found["acknowledged"] >= found["kills"]
        assert found["lost"] == found["surplus"] == found["not open"] == found["never began"] == 0


def test_a_picture_is_measured():
    ours, rival = drawn.measure("ours", 2000, 1), drawn.measure("rival", 2000, 1)
    assert ours["points"] < 100
    assert min(ours["ms"][0], ours["bytes"], rival["ms"][0], rival["bytes"]) > 0


def test_states_told_are_shares_of_what_was_true():
    counting = {
        "running": {"running": 99, "gil": 1},
        "blocked": {"gil": 95, "lock": 5, "running": 100},
        "ready": {"ready": 80, "running": 20},
    }
    waits = {
        "sleep": {"sleep": 100, "running": 100},
        "recv": {"network": 80, "lock": 20, "gil": 5},
        "lock_with_timeout": {"lock": 90, "gil": 10},
        "lock_of_processes": {"lock": 100},
        "lock": {"lock": 50, "gil": 50},  # another thread lets go of it, and has the GIL
    }
    rows = list(told.told_rows({"waits": waits, "counting": counting}))
    figures = {row.what: (row.figure, row.met) for row in rows}
    assert figures["kind of a wait told right, worst of 5: recv"] == ("80.00%", False)
    assert figures["share of a wait told as such, worst: sleep"] == ("50.0%", None)
    assert figures["GIL and lock confused"] == ("10.0%", False)
    assert figures["four threads that count: running told right"] == ("99.00%", True)
    assert figures["four threads that count: gil told right"] == ("47.50%", False)
    assert figures["four threads that count: ready told right"] == ("80.00%", True)


@pytest.mark.slow
def test_an_empty_cell_is_measured_in_a_kernel():
    times = cells.measure(2)
    assert list(times) == [cells.EMPTY, cells.DRAWN, cells.BARE]
    assert all(one > 0 for figures in times.values() for one in figures)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what memory is shared")
def test_a_server_is_measured():
    found = heads.of_server()
    assert found["peak MB"] > 0
    assert found["processes"] > 0


def test_the_command_prints_each_row_and_says_what_was_missed(monkeypatch, capsys):
    def rows():
        yield table.Row("one", "us", "1", "", "<= 2", True)
        yield table.Row("two", "us", "3", "", "<= 2", False)
        raise OSError("no more")

    monkeypatch.setattr(steps, "rows", rows)
    assert command.main(["steps"]) == 1
    printed = capsys.readouterr().out
    assert "OSError: no more" in printed
    assert "1 bars met, 2 missed" in printed


def test_the_command_names_its_rooms(capsys):
    assert command.main(["none"]) == 2
    assert "no room none; there are steps" in capsys.readouterr().out


def test_the_whole_table_is_written_where_every_room_was_run(monkeypatch, tmp_path):
    monkeypatch.setattr(command, "RESULTS", tmp_path / "results.md")
    monkeypatch.setattr(command, "ROOMS", ("steps",))
    monkeypatch.setattr(steps, "rows", lambda: iter([table.Row("one", "us", "1")]))
    assert command.main([]) == 0
    assert "| one | us | 1 |" in (tmp_path / "results.md").read_text("utf-8")
