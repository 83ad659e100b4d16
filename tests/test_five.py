"""helpers.five: the counting job on any Python, and five lanes in one table.

What is asserted is order, overlap, counts, what is shared and the seconds on a core: no time that
a busy machine can change.
"""

import json
import multiprocessing
import os
import re
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from helpers.cores import usable_cores
from helpers.five import (
    Counted,
    FiveLanes,
    chart,
    count_on,
    count_script,
    count_without_gil,
    counted,
    five_lanes,
    lane_script,
    measure,
    panels,
    recorded,
    side_by_side,
    table,
)
from helpers.five.chart import size
from helpers.five.counted import Run, recorded_count
from helpers.five.measure import Measuring, recorded_row
from helpers.five.table import Row
from helpers.pythons import Python, free_threaded, pythons, this_python

N = 300_000  # additions: a moment
FILES = ["add_without_gil", "count_without_gil", "subinterpreter", "free_threaded_thread"]
WITHOUT = free_threaded()
without_gil = pytest.mark.skipif(WITHOUT is None, reason="here is no Python without a GIL")
RECENT = next((one for one in pythons() if one.version >= (3, 14)), None)
recent = pytest.mark.skipif(RECENT is None, reason="here is no Python from 3.14 on")
linux = pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="it is Linux's")
posix = pytest.mark.skipif(os.name != "posix", reason="the stand-in is a shell script")


def words(picture):
    """Return all words of a picture, whatever lines they stand in."""
    return " ".join(word for text in picture.texts for word in text.get_text().split())


def inside(picture):
    """Return the words that do not lie on the page."""
    picture.png()
    boxes = [(one.get_window_extent(), one.get_text()) for one in picture.texts]
    right, top = picture.bbox.x1, picture.bbox.y1
    return [t for b, t in boxes if b.x0 < 0 or b.y0 < 0 or b.x1 > right or b.y1 > top]


def touching(picture):
    """Return the words that stand over one another."""
    picture.png()
    boxes = [(one.get_window_extent(), one.get_text()) for one in picture.texts if one.get_text()]
    return [
        (told, other)
        for number, (box, told) in enumerate(boxes)
        for beside, other in boxes[:number]
        if box.overlaps(beside)
    ]


@pytest.mark.parametrize("room", ["pythons", "five", "five.counted", "five.measure"])
def test_importing_loads_the_standard_library_only(room):
    code = f"import sys, helpers.{room}\n"
    code += "print(*{one.partition('.')[0] for one in sys.modules} - sys.stdlib_module_names)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numpy", "matplotlib", "IPython"} & {*told.stdout.split()}


@posix
def test_an_interrupt_ends_what_was_measured():
    code = "import os, signal, threading\nfrom helpers.five import five_lanes\n"
    code += "threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
    code += "five_lanes()"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert told.stderr.splitlines()[-1] == "KeyboardInterrupt"


# --- the counting job -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def here():
    with_gil = {"gil": True} if this_python().free_threaded else {}
    return count_on(threads=3, n=N, rounds=2, **with_gil)


def test_both_ways_are_measured_in_each_round(here):
    assert [run.way for run in here.runs] == ["in turn", "at once"] * 2
    assert [len(run.threads) for run in here.runs] == [3] * 4
    assert here.python == repr(this_python()) or this_python().free_threaded
    assert (here.threads, here.n, here.usable) == (3, N, usable_cores())


def test_in_turn_each_thread_begins_when_the_one_before_has_ended(here):
    for run in here.ways("in turn"):
        for before, after in pairwise(run.threads):
            assert before[-1][1] <= after[0][0]
        assert run.overlap == 0


def test_at_once_all_are_alive_together_where_there_is_work_enough():
    run = count_on(n=3_000_000, rounds=1).typical[1]
    (a, *_, b), (c, *_, d) = [[rows[0], *rows] for rows in run.threads]
    assert max(a[0], c[0]) < min(b[1], d[1])


def test_with_a_gil_one_core_is_busy_and_no_two_threads_are_on_a_core_together():
    with_gil = {"gil": True} if this_python().free_threaded else {}
    found = count_on(rounds=1, **with_gil)
    run = found.typical[1]
    assert found.has_gil and not found.in_parallel
    assert run.cpu <= 1.1 * run.seconds
    switches = sum(len(rows) for rows in run.threads)
    assert run.overlap <= (switches + 2) * 2 * max(found.resolution, 1e-3)


@without_gil
def test_without_a_gil_two_threads_are_on_a_core_together():
    found = count_without_gil(n=1_000_000)
    assert not found.has_gil and not found.is_recorded
    assert found.python == repr(WITHOUT)
    if usable_cores() > 1:
        assert max(run.overlap for run in found.ways("at once")) > 0
    assert not max(run.overlap for run in found.ways("in turn"))


@without_gil
def test_the_gil_of_a_free_threaded_python_can_be_turned_on():
    found = count_on(WITHOUT, n=N, rounds=1, gil=True)
    assert found.has_gil and not found.in_parallel
    assert found.python.endswith("its GIL on")


def test_stretches_follow_one_another_and_no_more_is_on_a_core_than_there_was(here):
    for run in here.runs:
        for rows in run.threads:
            assert all(start <= end for start, end, _ in rows)
            assert all(a[1] == b[0] and a[2] != b[2] for a, b in pairwise(rows))
        assert run.cpu > 0


MS = 1_000_000


def test_a_wait_is_put_in_the_middle_of_its_stretch(monkeypatch):
    monkeypatch.setattr(count_script, "tick", lambda: 300)
    looks = [(0, 0), (MS, MS), (7 * MS, 3 * MS), (8 * MS, 4 * MS)]
    rows = count_script.stretches(looks, 0)
    assert rows == [[0, 0.002, 1], [0.002, 0.006, 0], [0.006, 0.008, 1]]


def test_what_is_too_short_for_a_wait_is_none(monkeypatch):
    monkeypatch.setattr(count_script, "tick", lambda: 300)
    assert count_script.stretches([(0, 0), (10 * MS, 9_500_000)], 0) == [[0, 0.01, 1]]


def test_where_a_clock_is_coarse_nothing_is_guessed(monkeypatch):
    monkeypatch.setattr(count_script, "tick", lambda: 15 * MS)
    looks = [(0, 0), (MS, MS), (7 * MS, 3 * MS)]
    assert count_script.stretches(looks, 0) == [[0, 0.007, -1]]
    rows = [[0, 0.1, -1]]
    found = made([Run(way, 0.1, 0.1, [rows, rows]) for way in ("in turn", "at once")])
    assert panels.recording(found.runs[0]).states is None
    told = words(side_by_side(found))
    assert "could not be told" in told and "on a core" not in told
    assert "on a core together" not in side_by_side(found).alt


def test_a_column_with_another_job_says_so():
    picture = side_by_side(made(), replace(made(), threads=3), replace(made(), n=50))
    told = words(picture)
    assert not inside(picture) and not touching(picture)
    assert told.startswith("Threads that count, not all of them as far")
    for job in ("2 threads, each of which counts to 1,000; ", "3 threads, ", "counts to 50; "):
        assert job in told and job in picture.alt
    assert words(side_by_side(made(), made())).count("counts to") == 1


def test_the_rounds_are_those_of_all_columns():
    thrice = replace(made(), runs=made().runs * 3)
    assert "Of 3 rounds" in words(side_by_side(thrice, thrice))
    assert "Of 1 or 3 rounds" in words(side_by_side(made(), thrice))
    assert "rounds" not in words(side_by_side(made(), made()))


def made(runs=None, **facts):
    """Return a count that nobody has measured."""
    if runs is None:
        a, b = [[0, 0.1, 1]], [[0.1, 0.2, 1]]
        runs = [Run("in turn", 0.2, 0.2, [a, b]), Run("at once", 0.1, 0.2, [a, a])]
    how = {"python": "Python 3.14.0", "has_gil": True, "usable": 2, "resolution": 3e-4, **facts}
    return Counted(threads=2, n=1000, runs=runs, **how)


def test_figures_are_those_of_the_middle_round():
    runs = []
    for once, cpu in ((0.3, 0.3), (0.1, 0.2), (0.2, 0.2)):
        runs += [Run("in turn", 0.2, 0.2, []), Run("at once", once, cpu, [])]
    found = made(runs)
    assert found.ratio == 1.0
    assert found.typical == (runs[4], runs[5])
    assert (found.cores, found.in_parallel) == (1.0, False)
    assert made().in_parallel


def test_overlap_is_what_two_threads_were_on_a_core_together():
    one, other = [[0, 1, 1], [1, 2, 0], [2, 3, 1]], [[0.5, 1.5, 1], [1.5, 2.5, 0], [2.5, 4, 1]]
    assert Run("at once", 4, 4, [one, other]).overlap == 1.0


def test_what_three_threads_were_on_a_core_together_counts_once():
    rows = [[0, 1, 1], [1, 2, 0]]
    run = Run("at once", 2, 3, [rows, rows, [[0.5, 1.5, 1]]])
    assert run.overlap == 1.0


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"threads": 0}, "count_on(threads): must be a whole number from 1 to 16, not 0"),
        ({"threads": True}, "count_on(threads): must be a whole number from 1 to 16, not True"),
        ({"n": 1e6}, "count_on(n): must be a whole number from 1 to 50,000,000, not 1000000.0"),
        ({"rounds": 99}, "count_on(rounds): must be a whole number from 1 to 20, not 99"),
        ({"python": "nothing"}, "count_on(python): must be a Python's program; 'nothing' is"),
    ],
)
def test_what_cannot_be_used_is_told(how, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        count_on(**how)


def test_a_gil_that_cannot_be_turned_off_is_told():
    old = Python((3, 11, 7), False, True, path=sys.executable)
    with pytest.raises(ValueError, match=r"^count_on\(gil\): must be left out: Python 3\.11\.7"):
        count_on(old, gil=False)


@posix
def test_a_python_that_fails_at_the_job_is_told(tmp_path, monkeypatch):
    path = tmp_path / "python3.99"
    path.write_text("#!/bin/sh\nsleep 600\n")
    path.chmod(0o755)
    monkeypatch.setattr(counted, "LIMIT", 0.3)
    slow = Python((3, 99, 0), True, False, path=str(path))
    with pytest.raises(RuntimeError, match=r"^count_script in Python 3\.99\.0, free-threaded had"):
        count_on(slow)


# --- its picture ----------------------------------------------------------------------------------


def test_both_are_drawn_with_their_ratio_and_where_they_are_from(here):
    told = words(here.beside(recorded_count()))
    assert "measured here, " in told and "not this machine" in told
    assert "with the GIL" in told and "without a GIL" in told
    assert f"at once: {here.ratio:.2f} of the time in turn" in told


def test_on_one_core_the_words_are_others():
    told = words(side_by_side(made(usable=1)))
    assert "here two threads cannot be at work at once" in told
    assert "cannot be at work" not in words(side_by_side(made()))


def test_where_others_keep_the_cores_busy_it_says_so():
    rows = [[0, 0.2, 1]]
    runs = [Run(way, 0.2, 0.2, [rows, rows]) for way in ("in turn", "at once")]
    assert "keep this machine busy" in words(side_by_side(made(runs, has_gil=False)))
    assert "keep this machine busy" not in words(side_by_side(made(runs)))


@pytest.mark.parametrize("many", [1, 2, 3])
def test_all_of_it_lies_on_the_page_and_apart(many):
    picture = side_by_side(*[recorded_count()] * many, title="A title that is " + "long " * 30)
    assert not inside(picture)
    assert not touching(picture)
    alone = side_by_side(*[made(usable=1)] * many)
    assert not inside(alone)
    assert not touching(alone)


def test_the_lanes_of_all_have_one_scale(here):
    picture = here.beside(recorded_count())
    assert len({axes.get_xlim() for axes in picture.axes}) == 1


def test_its_text_alternative_tells_the_figures(here):
    alt = here.beside(recorded_count()).alt
    assert "were on a core together for" in alt and "not this machine" in alt


def test_a_count_shows_itself_and_says_the_same_everywhere(here):
    data, about = here._repr_mimebundle_()
    assert data["text/plain"] == "<Counted with 3 threads: a GIL>"
    assert "image/png" in data and about["image/png"]["alt"]


def test_what_cannot_be_drawn_is_told():
    with pytest.raises(TypeError, match=r"^side_by_side\(found\): must be what count_on"):
        side_by_side("a count")
    with pytest.raises(ValueError, match=r"^side_by_side\(found\): must be 1 to 3 counts, not 4"):
        side_by_side(*[made()] * 4)
    with pytest.raises(TypeError, match=r"^side_by_side\(title\): must be words, not 3"):
        side_by_side(made(), title=3)


# --- what was recorded ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_a_recorded_file_says_where_it_is_from_and_names_no_host_and_no_folder(name):
    text = (recorded.FOLDER / f"{name}.json").read_text("utf-8")
    origin = json.loads(text)["origin"]
    assert [*origin] == ["date", "python", "cores", "system", "machine", "again"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", origin["date"])
    assert re.match(r"Python 3\.\d+\.\d+", origin["python"])
    assert origin["cores"] >= 2
    assert (recorded.FOLDER.parent / "make_measurements.py").exists()
    assert "make_measurements.py" in origin["again"]
    assert not re.search(r'"/|\\\\|/(home|tmp|opt|root|usr)\b', text)


def test_nothing_else_is_recorded():
    assert sorted(path.stem for path in recorded.FOLDER.iterdir()) == sorted(FILES)


def test_the_recorded_count_is_one_without_a_gil_on_two_cores():
    found = recorded_count()
    assert not found.has_gil and found.in_parallel and found.is_recorded
    assert "free-threaded" in found.python and found.python in found.origin
    once, turn = found.typical[1], found.typical[0]
    assert once.overlap > 0.8 * once.seconds
    assert turn.overlap == 0
    assert once.cpu > 1.8 * once.seconds


def test_where_there_is_no_such_python_the_recorded_count_is_taken(monkeypatch):
    monkeypatch.setattr(counted, "free_threaded", lambda path: None)
    assert count_without_gil().is_recorded
    for wrong in ({"threads": 0}, {"n": "many"}, {"gil": "no"}):
        with pytest.raises(ValueError, match=r"^count_on\(.*\): must be"):
            count_without_gil(**wrong)
    with pytest.raises(TypeError, match="unexpected keyword argument 'turns'"):
        count_without_gil(turns=2)


def test_what_is_written_can_be_read_again(tmp_path, monkeypatch):
    monkeypatch.setattr(recorded, "FOLDER", tmp_path / "new")
    origin = recorded.Origin.now(this_python())
    recorded.save(counted.RECORD, origin, counted.as_data(made()))
    assert replace(recorded_count(), origin=recorded.HERE) == made()
    row = Row("subinterpreter", "Python 3.14.0", 2, 0.02, 5e6, False, False, 1.9)
    recorded.save("subinterpreter", origin, measure.as_data(row))
    assert replace(recorded_row("subinterpreter"), origin=recorded.HERE) == row
    assert str(origin).startswith("recorded on ") and str(origin).endswith(": not this machine")


# --- the table ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def five():
    with pytest.MonkeyPatch.context() as patch:  # a busy machine may take longer here
        patch.setattr(measure, "TOTAL", 90.0)
        patch.setattr(measure, "LIMIT", 45.0)
        return five_lanes()


def test_it_has_the_five_in_their_order(five):
    assert [row.lane for row in five.rows] == [*table.LANES]
    assert not five.failed
    assert all(row.start > 0 for row in five.rows)


def test_nothing_of_it_is_left(five):
    names = []
    for one in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):  # another test has left it, and it has ended
            names.append(" ".join(one.cmdline()))
    assert not [name for name in names if "lane_script" in name or "count_script" in name]


@pytest.mark.parametrize(
    ("lane", "is_shared"),
    [
        ("thread", True),
        ("process", False),
        ("task", True),
        ("subinterpreter", False),
        ("free-threaded thread", True),
    ],
)
def test_what_is_shared_is_what_a_run_showed(five, lane, is_shared):
    row = five[lane]
    assert (row.shares_globals, row.shares_given) == (is_shared, is_shared)
    assert row.shares == ("all memory" if is_shared else "nothing")


@pytest.mark.parametrize("lane", ["thread", "task"])
def test_two_that_have_one_gil_keep_one_core_busy(five, lane):
    assert five[lane].cores <= 1.1
    assert not five[lane].in_parallel


def test_two_tasks_compute_one_after_the_other(five):
    (_, end, _), (start, _, _) = sorted(five["task"].two)
    assert end <= start


@pytest.mark.parametrize("lane", ["process", "subinterpreter", "free-threaded thread"])
def test_two_that_have_not_are_never_said_to_keep_one_core_busy(five, lane):
    row = five[lane]
    assert row.in_parallel in (True, None)
    assert max(start for start, _, _ in row.two) < min(end for _, end, _ in row.two)


def test_a_process_has_a_figure_for_each_start_method(five):
    row = five["process"]
    assert {*row.methods} == {*multiprocessing.get_all_start_methods()}
    fresh = "import multiprocessing as m; print(m.get_start_method())"
    told = subprocess.run([sys.executable, "-c", fresh], capture_output=True, text=True, check=True)
    assert row.default == told.stdout.strip()
    assert [row.start, row.memory] == row.methods[row.default]


@linux
def test_one_more_process_weighs_more_than_a_thread_and_that_more_than_a_task(five):
    assert five["process"].memory > 3 * five["thread"].memory > 9 * five["task"].memory > 0


def test_where_a_process_s_children_are_not_told_nothing_is_weighed(monkeypatch):
    monkeypatch.setattr(lane_script, "CHILDREN", "/nothing/{0}")
    assert lane_script.memory("process") is None


@recent
def test_interpreters_are_measured_where_there_is_a_python_that_has_them(five):
    assert not five["subinterpreter"].is_recorded


@without_gil
def test_threads_without_a_gil_are_measured_where_there_is_such_a_python(five):
    row = five["free-threaded thread"]
    assert not row.is_recorded and row.python == repr(WITHOUT)


def test_what_no_python_here_has_is_recorded_and_says_so(monkeypatch):
    old = replace(this_python(), version=(3, 11, 7), free_threaded=False, has_gil=True)
    monkeypatch.setattr(measure, "this_python", lambda: old)
    monkeypatch.setattr(measure, "pythons", lambda: [old])
    monkeypatch.setattr(measure.Measuring, "row", lambda self, lane, python: Row(lane, "", 2))
    found = five_lanes()
    assert [row.is_recorded for row in found.rows] == [False, False, False, True, True]
    told = words(found.picture())
    assert told.count("not this machine") == 3  # the legend, and two rows
    assert "Python 3.14" in found["subinterpreter"].python
    assert "free-threaded" in found["free-threaded thread"].python


def test_what_is_named_is_what_measures(monkeypatch):
    old, new = Python((3, 13, 0), False, True), Python((3, 14, 0), True, False)
    monkeypatch.setattr(measure, "this_python", lambda: old)
    monkeypatch.setattr(measure, "pythons", lambda: [old])
    assert measure._chosen(new)["free-threaded thread"] is new
    assert measure._chosen(None)["free-threaded thread"] is None
    monkeypatch.setattr(measure, "pythons", lambda: [old, new])
    chosen = measure._chosen(None)
    assert [chosen[lane] for lane in table.LANES] == [old, old, old, new, new]


def test_a_free_threaded_python_measures_its_thread_with_a_gil(monkeypatch):
    told = []
    monkeypatch.setattr(Python, "run", lambda self, *words, **how: told.append(how["options"]))
    Measuring(float("inf")).row("thread", Python((3, 14, 0), True, False))
    Measuring(float("inf")).row("free-threaded thread", Python((3, 14, 0), True, False))
    assert {*told[:3]} == {("-X", "gil=1")} and () in told


def test_a_figure_that_fails_is_left_out_and_told():
    gone = Python((3, 11, 7), False, True, path="nothing-of-that-name")
    measuring = Measuring(float("inf"))
    row = measuring.row("thread", gone)
    assert (row.start, row.memory, row.shares, row.in_parallel) == (
        None,
        None,
        "not measured",
        None,
    )
    assert measuring.failed[0].startswith("thread, start: Python 3.11.7 cannot be started")
    assert "not measured" in words(FiveLanes([row], measuring.failed).picture())


def test_when_its_time_is_over_it_stops():
    measuring = Measuring(0.0)
    assert measuring.row("process", this_python()).start is None
    assert "18 seconds were over" in measuring.failed[0]
    assert measure.TOTAL < 20


def test_a_mistaken_name_is_told():
    with pytest.raises(KeyError, match="there is no lane 'fibre'; there are 'thread', 'process'"):
        _ = FiveLanes([])["fibre"]
    with pytest.raises(ValueError, match=r"^free_threaded\(path\): must be a Python's program"):
        five_lanes("nothing")


# --- its picture ----------------------------------------------------------------------------------


@pytest.fixture
def recorded_five():
    """A table that needs no measuring: a process by each start method, and what is recorded."""
    methods = {"fork": [0.002, 1.9e6], "spawn": [0.07, 8.3e6], "forkserver": [0.02, None]}
    return FiveLanes(
        [
            Row("thread", "Python 3.11.7", 2, 1e-4, 2e4, True, True, 1.0),
            Row(
                "process", "Python 3.11.7", 2, 0.002, 1.9e6, False, False, 1.9, [], methods, "fork"
            ),
            Row("task", "Python 3.11.7", 2, 8e-6, 1.1e3, True, True, 1.0),
            recorded_row("subinterpreter"),
            recorded_row("free-threaded thread"),
        ]
    )


def test_all_of_the_table_lies_on_the_page_and_apart(recorded_five):
    picture = recorded_five.picture()
    assert not inside(picture)
    assert not touching(picture)
    nothing = FiveLanes([Row(lane, "Python 3.11.7", 1) for lane in table.LANES], ["It failed."])
    assert not inside(nothing.picture()) and not touching(nothing.picture())


def test_its_numbers_stand_beside_its_bars(recorded_five):
    told = words(recorded_five.picture())
    for number in ("100 µs", "2.00 ms", "70.0 ms", "20 KB", "1.9 MB", "fork, default", "1.9"):
        assert number in told


def test_a_longer_time_is_a_longer_bar():
    scale = chart.Scale.of(0.0, [1e-5, 1e-2])
    assert scale.at(1e-5) < scale.at(1e-4) < scale.at(1e-2) <= chart.LONG
    assert scale.at(1e-3) - scale.at(1e-4) == pytest.approx(scale.at(1e-2) - scale.at(1e-3))


def test_on_one_core_two_at_once_are_not_drawn(recorded_five):
    rows = [replace(row, usable=1) for row in recorded_five.rows]
    told = words(FiveLanes(rows).picture())
    assert "Here two threads cannot be at work at once" in told
    assert told.count("one core here") == 5
    assert "one core here" not in words(recorded_five.picture())


def test_what_was_not_seen_is_not_called_one_core(recorded_five):
    rows = [replace(row, cores=1.0) for row in recorded_five.rows]
    told = words(FiveLanes(rows).picture())
    assert told.count("not seen") == 4  # three rows, and the words below
    assert "Other programs kept this machine's cores busy" in told


def test_the_table_in_words(recorded_five):
    alt = recorded_five.picture().alt
    assert "fork, default: 2.00 ms to start, 1.9 MB of memory; spawn: 70.0 ms" in alt
    assert "subinterpreter: " in alt and "recorded on " in alt


def test_a_table_shows_itself_and_says_the_same_everywhere(recorded_five):
    data, _ = recorded_five._repr_mimebundle_()
    five = "thread, process, task, subinterpreter, free-threaded thread"
    assert data["text/plain"] == f"<FiveLanes: {five}>"


@pytest.mark.parametrize(
    ("count", "told"),
    [(0, "0 bytes"), (999, "999 bytes"), (1148, "1.1 KB"), (18841, "19 KB"), (8.3e6, "8.3 MB")],
)
def test_bytes_in_words(count, told):
    assert size(count) == told


def test_the_powers_of_ten_of_the_scales():
    assert [chart._power_of_time(n) for n in (-9, -6, -5, -3, 0)] == [
        *("1 ns", "1 µs", "10 µs", "1 ms", "1 s"),
    ]
    assert [chart.size_of_power(n) for n in (0, 2, 3, 5, 6, 9)] == [
        *("1 B", "100 B", "1 KB", "100 KB", "1 MB", "1 GB"),
    ]


def test_a_title_must_be_words(recorded_five):
    with pytest.raises(TypeError, match=r"^picture\(title\): must be words, not 3"):
        recorded_five.picture(title=3)
