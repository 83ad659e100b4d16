"""helpers.profilers: who sees what is decided by a run; what cannot be run is a labelled blank."""

import inspect
import itertools
import json
import multiprocessing
import multiprocessing.pool
import os
import pickle
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from pstats import Stats

import psutil
import pytest

from helpers import extras, record
from helpers.profilers import bench, merged, profiled, profiler_table, readings, runs, specimen
from helpers.profilers.calls import Calls
from helpers.profilers.profiles import ThreadProfile
from helpers.profilers.readings import Reading
from helpers.profilers.runs import PROFILERS
from helpers.profilers.seen import COLUMNS, MARKS, Cell, Row, Seen, cells
from helpers.workers import count

ONE_AT_A_TIME = sys.version_info >= (3, 12)  # cProfile of a process, which mixes up its threads
ALL_MIXED = dict.fromkeys(COLUMNS, "mixed") | {"process": "unseen"}
MAIN_ONLY = dict.fromkeys(COLUMNS, "unseen") | {"main": "seen", "task": "partly"}
CALLS_ALL = dict.fromkeys(COLUMNS, "seen") | {"task": "partly", "wait": "partly"}
EXPECTED = {
    "cProfile": ALL_MIXED if ONE_AT_A_TIME else MAIN_ONLY,
    "profiled": CALLS_ALL,
    "threading.setprofile": CALLS_ALL | {"process": "unseen"},
    "py-spy": CALLS_ALL | {"wait": "unseen"},
    "py-spy --idle": CALLS_ALL | {"native": "partly"},
    "viztracer": CALLS_ALL | {"task": "seen"},
    "recorder": dict.fromkeys(COLUMNS, "seen") | {"native": "partly"},
}
TRUE = dict.fromkeys(("main", "thread", "process", "wait", "native"), (2.0, 1.0))
TRUE |= {"tasks": {"long": (1.0, 0.5), "short": (1.0, 0.5)}}


@pytest.fixture(autouse=True)
def time_enough(monkeypatch):
    monkeypatch.setattr(bench, "TOTAL", 600)


def marks(row):
    return {part: cell.mark for part, cell in row.cells.items()}


QUICK = ("cProfile", "profiled", "recorder")  # the notebook runs the others, too


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in PROFILERS],
)
def test_each_profiler_sees_what_it_sees(name):
    extra = PROFILERS[name].extra
    if extra and extras.lacking(extra):
        pytest.skip(extras.lacking(extra))
    for _ in range(4):  # a sampler that gets no core sees less
        (row,) = profiler_table([name]).rows
        if row.failed and "denied" in row.failed.lower():
            pytest.skip(row.failed)
        if marks(row) == EXPECTED[name]:
            break
        if name == "recorder" and sys.platform != "linux":
            pytest.skip("states are measured on Linux only")
    assert not row.failed
    assert marks(row) == EXPECTED[name], str(row)
    assert row.price > 0
    assert row.bare > 0


def test_every_profiler_has_what_it_is_to_see():
    assert {*EXPECTED} == {*PROFILERS}


def test_the_pool_has_no_option_for_profiling():
    words = [*inspect.signature(multiprocessing.Pool).parameters, *dir(multiprocessing.pool.Pool)]
    assert not [word for word in words if "prof" in word.lower()]


@pytest.fixture(scope="module")
def true():
    return specimen.run()


def test_the_specimen_tells_how_long_its_parts_took(true):
    for part in ("main", "thread", "process", "native"):
        wall, cpu = true[part]
        assert wall >= 0.9 * cpu >= 0.9 * specimen.COMPUTING
    assert true["wait"][0] >= specimen.WAITING > true["wait"][1]
    assert {*true["tasks"]} == {*specimen.TASKS}
    for name, (_, cpu) in true["tasks"].items():
        assert cpu >= specimen.TASKS[name]


def test_its_parts_have_the_names_that_are_looked_for():
    for part, name in readings.FUNCTIONS.items():
        assert part in COLUMNS
        assert getattr(specimen, name).__name__ == name


def full(clock=1.0):
    """Return a reading of one that sees everything of TRUE."""
    parts = {part: 2 * clock if part == "wait" else clock for part in COLUMNS}
    return Reading(parts, {"long": clock / 2, "short": clock / 2}, 2 * clock, clock)


def decided(clock="cpu", **changes):
    reading = full()
    for name, value in changes.items():
        if isinstance(value, dict):
            value = getattr(reading, name) | value
        setattr(reading, name, value)
    return cells(reading, TRUE, clock)


def test_what_sees_all_of_it_has_full_marks():
    assert {cell.mark for cell in decided().values()} == {"seen"}


@pytest.mark.parametrize(
    ("share", "mark"), [(1.0, "seen"), (0.51, "seen"), (0.4, "partly"), (0.3, "unseen")]
)
@pytest.mark.parametrize("part", ["main", "thread", "process"])
def test_the_share_decides(part, share, mark):
    found = decided(parts={part: share})
    assert found[part] == Cell(mark, share)
    assert {cell.mark for name, cell in found.items() if name != part} == {"seen"}


@pytest.mark.parametrize(
    ("part", "changes", "note"),
    [
        ("task", {"tasks": {"long": 1.0, "short": 0.0}}, "as one"),
        ("wait", {"waiting": 0.0}, "as time"),
        ("native", {"named": 0.0}, "no name"),
    ],
)
def test_time_that_is_not_told_apart_is_half_a_mark(part, changes, note):
    assert (decided(**changes)[part].mark, decided(**changes)[part].note) == ("partly", note)
    assert decided()[part].note != note


def test_where_threads_are_mixed_up_no_number_of_theirs_counts():
    assert {part: cell.mark for part, cell in decided(crossed=True).items()} == ALL_MIXED | {
        "process": "seen"
    }


def test_what_measures_the_time_that_passed_is_held_to_it():
    assert decided("wall")["main"].share == 0.5
    assert decided("wall")["wait"].share == decided("cpu")["wait"].share == 1.0


def test_a_table_of_crossed_threads_is_recognised():
    def stats(callers):
        row = (1, 1, 0.5, 0.5, callers)
        found = Stats()
        found.stats = {("threading.py", 1, "_bootstrap"): row, ("x.py", 1, "in_thread"): row}
        return readings.read_stats(found)

    assert stats({("threading.py", 2, "join"): (1, 1, 0.5, 0.5)}).crossed
    assert not stats({}).crossed
    assert stats({}).parts["thread"] == 0.5


def test_samples_are_read(tmp_path):
    path = tmp_path / "found"
    lines = ["<module> (x.py:1);in_main (x.py:2);compute (x.py:3) 30"]
    lines += ["in_native (x.py:5) 10", "in_native (x.py:5);deflate (libz.so) 20"]
    path.write_text("\n".join(lines))
    reading = readings.read_stacks(path, 100)
    assert reading.parts["main"] == pytest.approx(0.3)
    assert reading.parts["native"] == pytest.approx(0.3)
    assert reading.named == pytest.approx(0.2)
    assert not reading.crossed


def test_a_trace_is_read(tmp_path):
    def call(name, track):
        return {"ph": "X", "name": f"{name} (x.py:1)", "dur": 250_000, "pid": 1, "tid": track}

    track = {"ph": "M", "name": "thread_name", "pid": 1, "tid": 7, "args": {"name": "long"}}
    events = [call("in_task", 7), call("zlib.compress", 1), call("in_main", 1), track]
    path = tmp_path / "found.json"
    path.write_text(json.dumps({"traceEvents": events}))
    reading = readings.read_trace(path)
    assert reading.tasks == {"long": 0.25}
    assert (reading.parts["main"], reading.named) == (0.25, 0.25)


def test_a_recording_without_states_is_read():
    with record() as run:
        specimen.run()
    reading = readings.read_recording(run)
    assert reading.parts["thread"] >= 0.9 * specimen.COMPUTING
    assert reading.parts["process"] >= 0.9 * specimen.COMPUTING
    assert reading.parts["wait"] >= 0.9 * specimen.WAITING
    assert reading.waiting == 0


def test_calls_are_told_by_thread():
    calls = Calls()
    with calls.listening():
        thread = threading.Thread(target=count, args=(1_000,))
        thread.start()
        thread.join()
    count(1_000)
    assert calls.seconds[thread.ident, "count"] > 0
    assert (threading.get_ident(), "count") not in calls.seconds
    assert sys.getprofile() is None


def entry(stats, name):
    (found,) = [row for (_, _, one), row in stats.stats.items() if one == name]
    return found


def test_a_profile_of_each_thread_becomes_one():
    both = threading.Barrier(2, timeout=30)

    def work(n):
        both.wait()  # both are profiled at the same time
        return count(n)

    with ThreadPoolExecutor(2) as pool:
        results, profiles = zip(*pool.map(profiled(work), [10, 20]), strict=True)
    assert results == (count(10), count(20))
    assert [entry(one, "count")[0] for one in profiles] == [1, 1]
    assert entry(merged(profiles), "count")[0] == 2


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_a_profile_comes_back_from_a_worker(method):
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        result, stats = pool.submit(profiled(count), 1_000).result(60)
    assert result == count(1_000)
    assert entry(merged([stats]), "count")[0] == 1


def test_what_is_profiled_raises_what_it_raises():
    with pytest.raises(ValueError, match="whole number"):
        profiled(count)("many")
    assert sys.getprofile() is None


def test_what_is_no_function_and_what_are_no_profiles_is_refused_in_one_line():
    with pytest.raises(TypeError, match=r"^profiled\(function\): must be a function, not None$"):
        profiled(None)
    pair = profiled(count)(10)
    for wrong in (pair, pair[1], [pair], None, "ab"):
        with pytest.raises(TypeError, match=r"^merged\(profiles\): must be a list of profiles"):
            merged(wrong)


def test_merged_profiles_can_be_printed(capsys):
    merged([profiled(count)(10)[1]]).print_stats("count")
    assert "workers.py" in capsys.readouterr().out


def test_two_threads_have_a_profile_each_in_plain_python():
    found = []
    both = threading.Barrier(2, timeout=30)

    def work():
        profile = ThreadProfile()
        both.wait()
        for _ in range(20):
            profile.runcall(count, 10)
        found.append(entry(Stats(profile), "count")[0])

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [20, 20]


def test_an_extra_that_is_not_here_is_a_blank_with_its_reason(monkeypatch):
    monkeypatch.setattr(bench, "lacking", lambda name: f"{name} is not installed: do this.")
    monkeypatch.setattr(bench, "_run", lambda *how: pytest.fail("it was run"))
    (row,) = profiler_table(["viztracer"]).rows
    assert (row.failed, row.cells) == ("viztracer is not installed: do this.", {})


def test_when_the_time_is_up_the_rest_are_blanks(monkeypatch):
    monkeypatch.setattr(bench, "TOTAL", 0)
    seen = profiler_table(["cProfile", "recorder"])
    assert {row.failed for row in seen.rows} == {"the 0 seconds for the whole table were over"}


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("raise RuntimeError('py-spy: Permission denied')", "py-spy: Permission denied"),
        ("import os; os._exit(3)", "it ended with status 3"),
        ("import time; time.sleep(600)", "the 1 seconds for the whole table were over"),
    ],
)
def test_one_that_fails_is_a_blank_with_its_reason(monkeypatch, program, reason):
    monkeypatch.setattr(bench, "PROGRAM", f"# {{}}\n{program}")
    monkeypatch.setattr(bench, "TOTAL", 60 if "sleep" not in program else 1)
    seen = profiler_table(["cProfile"])
    assert seen.rows[0].failed == reason
    assert reason in seen.picture().alt
    assert reason in str(seen)


def test_what_a_profiler_complains_of_is_told(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    told = "import sys; sys.exit('py-spy> hello\\nError: Permission Denied\\nReason: none')"
    (tmp_path / "broken.py").write_text(told)
    with pytest.raises(RuntimeError, match=r"^py-spy: Error: Permission Denied$"):
        runs._run_script([sys.executable, "broken.py"], "py-spy")


def test_nothing_is_left_behind(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    where, before = Path.cwd(), {*psutil.Process().children(recursive=True)}
    threads = {*threading.enumerate()}
    seen = profiler_table(["cProfile", "profiled"])
    assert not any(row.failed for row in seen.rows)
    assert {*psutil.Process().children(recursive=True)} <= before
    assert not [*tmp_path.glob("three-lanes-*")]
    assert {*threading.enumerate()} <= threads
    assert Path.cwd() == where
    assert not (where / "found").exists()


@pytest.mark.parametrize("wrong", ["cProfile", [], ["gprof"], [["cProfile"]], 3])
def test_a_profiler_that_does_not_exist_is_refused(wrong):
    with pytest.raises(ValueError, match=r"^profiler_table\(profilers\): must be a list .*, not "):
        profiler_table(wrong)


def made(**changes):
    kinds = [*MARKS, "seen", "partly"]
    row = {part: Cell(mark, 2.51, "as a wait") for part, mark in zip(COLUMNS, kinds, strict=True)}
    rows = [Row("py-spy --subprocesses", "one in each thread", row, 55.4, 1.62)]
    rows += [Row("viztracer", "--log_async", failed="it is not here: " + "do something; " * 30)]
    return Seen(rows * 4, "3.11", **changes)


def test_all_of_it_lies_on_the_page_and_nothing_over_anything():
    picture = made().picture()
    picture.png()
    boxes = [text.get_window_extent() for text in picture.texts if text.get_text()]
    for box in boxes:
        assert 0 <= box.x0 < box.x1 <= picture.bbox.x1
        assert 0 <= box.y0 < box.y1 <= picture.bbox.y1
    for one, other in itertools.combinations(boxes, 2):
        assert not one.overlaps(other)


def test_a_full_row_of_long_names_fits_as_well():
    names = {name: one.second for name, one in PROFILERS.items()}
    cell = dict.fromkeys(COLUMNS, Cell("mixed", 1.0, "as a wait"))
    rows = [Row(name, second, cell, 1.0, 1.0) for name, second in names.items()]
    told = [text.get_text() for text in Seen(rows, "3.11").picture().texts]
    assert {*names, *names.values()} <= {*told}


def test_a_long_reason_is_cut_and_told_whole_in_words():
    reason = f"it is not here: {'do something; ' * 30}and then."
    picture = Seen([Row("viztracer", failed=reason)], "3.11").picture()
    assert any(text.get_text().endswith("and then.") for text in picture.texts)
    assert reason in picture.alt


def shapes(mark):
    """Return the form of a mark: how much of it is filled, and its strokes."""
    cell = dict.fromkeys(COLUMNS, Cell(mark, 1.0))
    axes = Seen([Row("x", "", cell, 1.0, 1.0)], "3.11").picture().axes[0]
    first = axes.patches[0]
    wedges = sum(type(one).__name__ == "Wedge" and one.r > 0.05 for one in axes.patches)
    return first.get_facecolor() == first.get_edgecolor(), wedges > 0, len(axes.lines) > 1


def test_a_mark_is_known_without_its_colour():
    assert len({shapes(mark) for mark in MARKS}) == len(MARKS)


def test_it_is_told_in_words():
    alt = made().picture().alt
    assert "on Python 3.11" in alt
    assert "this thread seen, 251%" in alt
    assert "threads mixed up" in alt
    assert "not run here: it is not here" in alt
    assert "This is one run of many" in alt


def test_a_cell_shows_the_picture():
    data, _ = made()._repr_mimebundle_()
    assert {"text/html", "image/png"} <= {*data}


@pytest.mark.parametrize(("bare", "is_priced"), [(1.0, True), (0.4, False), (2.5, False)])
def test_on_a_busy_machine_there_is_no_price(bare, is_priced):
    row = Row("x", "", dict.fromkeys(COLUMNS, Cell("seen", 1.0)), 3.0, bare)
    seen = Seen([row], "3.11")
    told = [text.get_text() for text in seen.picture().texts]
    assert ("?" in told, any(one.startswith("~3") for one in told)) == (not is_priced, is_priced)
    assert ("about 3.0 times" in seen.picture().alt) == is_priced
    assert ("too busy" in seen.picture().alt) == (not is_priced)
    assert ("~3.0x" in str(seen)) == is_priced


def test_it_is_plain_data():
    seen = made()
    assert pickle.loads(pickle.dumps(seen)) == seen
    assert seen["viztracer"].failed
    with pytest.raises(KeyError, match="gprof"):
        seen["gprof"]


@pytest.mark.parametrize("module", ["", ".specimen", ".profiles", ".runs"])
def test_what_a_child_loads_is_of_the_standard_library(module):
    code = f"import sys; old = set(sys.modules); import helpers.profilers{module}\n"
    code += "new = {name.partition('.')[0] for name in set(sys.modules) - old}\n"
    code += "print(*sorted(new - set(sys.stdlib_module_names) - {'helpers', '__mp_main__'}))"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert run.stdout.split() == []
