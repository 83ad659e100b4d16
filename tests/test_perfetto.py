"""run.to_perfetto: what is in the file obeys the Trace Event Format, and nothing is left out."""

import asyncio
import json
import threading
import tracemalloc
from collections import defaultdict
from itertools import pairwise
from math import nan
from pathlib import Path

import pytest

from helpers import record, span
from helpers.recorder import perfetto
from helpers.recorder.recording import Lane, Recording


def made(lanes, spans, states=None, elapsed=1.0, unseen=()):
    run = Recording()
    run.fill(lanes, elapsed, spans, states, unseen)
    return run


def document(run, folder):
    path = folder / "run.json"
    run.to_perfetto(path)
    return json.loads(path.read_text())


def events(run, folder, phases="XB"):
    """Return the events of some phases, with their track's name and times in whole ns."""
    found = document(run, folder)["traceEvents"]
    names = {
        (one["pid"], one["tid"]): one["args"]["name"]
        for one in found
        if one["name"] == "thread_name"
    }
    for one in found:
        one["track"] = names.get((one["pid"], one["tid"]))
        for key in {"ts", "dur"} & set(one):
            one[key] = int(one[key] * 1000)  # as Perfetto does
    return [one for one in found if one["ph"] in phases]


def check_format(run, folder):
    """Check that each track is named, and that its events nest in the order of the file."""
    found = document(run, folder)["traceEvents"]
    meta = [one for one in found if one["ph"] == "M"]
    named = [(one["pid"], one["tid"]) for one in meta if one["name"] == "thread_name"]
    assert len(named) == len(set(named))
    orders = [one["args"]["sort_index"] for one in meta if one["name"] == "thread_sort_index"]
    assert orders == list(range(len(named)))
    under = defaultdict(list)
    last = defaultdict(int)
    for one in events(run, folder, "XBE"):
        track = one["pid"], one["tid"]
        assert track in named
        assert one["ph"] in "XB"  # no E: what has ended has its length
        assert one["ts"] >= last[track]
        last[track] = one["ts"]
        end = one["ts"] + one["dur"] if one["ph"] == "X" else float("inf")
        while under[track] and under[track][-1] <= one["ts"]:
            under[track].pop()
        assert not under[track] or end <= under[track][-1], one
        under[track].append(end)
    return found


def test_a_real_run_of_threads_and_tasks(tmp_path):
    async def job(name):
        with span(name):
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    async def jobs():
        await asyncio.gather(job("first"), job("second"))

    with record() as run:
        thread = threading.Thread(target=lambda: asyncio.run(jobs()), name="loop")
        thread.start()
        thread.join()
    check_format(run, tmp_path)
    found = events(run, tmp_path)
    assert len(found) == len(run.spans)
    assert {one["cat"] for one in found} == {"thread", "task", "step", "own"}
    for lane in run.lanes:
        assert any(one["track"].endswith(lane.name) for one in found)
    expected = {(round(one.start * 1e9), round(one.end * 1e9)) for one in run.spans}
    assert {(one["ts"], one["ts"] + one["dur"]) for one in found} == expected


def test_steps_nest_in_the_life_of_their_task_and_own_spans_across_them_have_a_track(tmp_path):
    spans = [
        (0, "job", "task", 0.0, 0.9, nan),
        (0, "job", "step", 0.1, 0.2, nan),
        (0, "job", "step", 0.5, 0.9, nan),
        (0, "inside", "own", 0.6, 0.7, 0.05),
        (0, "across", "own", 0.15, 0.55, nan),
    ]
    run = made([Lane("task", "Task-1", 7)], spans)
    check_format(run, tmp_path)
    tracks = {(one["name"], one["cat"]): one["track"] for one in events(run, tmp_path)}
    assert tracks.pop(("across", "own")) == "Task-1 (2)"
    assert set(tracks.values()) == {"Task-1"}


def test_of_spans_that_begin_together_the_outer_one_comes_first(tmp_path):
    spans = [
        (0, "eager", "step", 0.1, 0.2, nan),
        (0, "life", "task", 0.1, 0.9, nan),
        (0, "whole", "step", 0.1, 0.9, nan),
    ]
    run = made([Lane("task", "Task-1", 7)], spans)
    check_format(run, tmp_path)
    found = [(one["name"], one["track"]) for one in events(run, tmp_path)]
    assert found == [("life", "Task-1"), ("whole", "Task-1"), ("eager", "Task-1")]


def test_what_has_not_ended_stays_open(tmp_path):
    spans = [
        (0, "child", "process", 0.1, nan, nan),
        (0, "job", "item", 0.2, nan, nan),
        (0, "done", "item", 0.15, 0.2, 0.01),
    ]
    run = made([Lane("process", "Process-1", 7, until=0.4)], spans)
    check_format(run, tmp_path)
    found = {one["name"]: one for one in events(run, tmp_path)}
    assert {name: one["ph"] for name, one in found.items()} == {
        "child": "B",
        "job": "B",
        "done": "X",
    }
    assert found["child"]["args"]["finished"] is False
    assert int(found["job"]["args"]["last_seen_us"]) == 400_000
    assert found["done"]["args"] == {"cpu_us": 10_000.0}


def test_an_open_span_beyond_the_one_around_it_has_a_track_of_its_own(tmp_path):
    spans = [(0, "life", "thread", 0.0, 0.5, nan), (0, "left open", "own", 0.1, nan, nan)]
    check_format(made([Lane("thread", "t", 7)], spans), tmp_path)


def test_states_stand_on_a_track_right_below_their_lane(tmp_path):
    lanes = [Lane("main", "MainThread", 7), Lane("thread", "Thread-1", 7, within=0)]
    spans = [(1, "job", "thread", 0.0, 1.0, nan)]
    states = [(1, "gil", 0.0, 0.4), (1, "running", 0.4, 1.0), (0, "lock", 0.0, 1.0)]
    run = made(lanes, spans, states)
    found = check_format(run, tmp_path)
    tracks = [one["args"]["name"] for one in found if one["name"] == "thread_name"]
    assert tracks == ["MainThread", "MainThread: states", "Thread-1", "Thread-1: states"]
    seen = [(one["track"], one["cat"], one["name"], one["dur"]) for one in events(run, tmp_path)]
    assert ("Thread-1: states", "gil", "waiting for the GIL", 400_000_000) in seen
    assert len(seen) == 4


def test_no_made_up_track_is_taken_for_a_thread(tmp_path):
    lanes = [Lane("main", "MainThread", 7), Lane("task", "a", 7), Lane("process", "P", 4_194_303)]
    spans = [(number, "x", "own", 0.0, 1.0, nan) for number in range(3)]
    tids = {one["track"]: one["tid"] for one in events(made(lanes, spans), tmp_path)}
    assert (tids["MainThread"], tids["process P"]) == (7, 4_194_303)
    assert tids["task a"] > 4_194_304  # the highest number that Linux gives to a thread


def test_processes_are_named_in_the_order_of_their_lanes(tmp_path):
    lanes = [Lane("thread", "t", 9), Lane("process", "SpawnProcess-1", 3)]
    found = document(made(lanes, []), tmp_path)["traceEvents"]
    names = {one["pid"]: one["args"]["name"] for one in found if one["name"] == "process_name"}
    orders = [
        (one["pid"], one["args"]["sort_index"])
        for one in found
        if one["name"] == "process_sort_index"
    ]
    assert names == {9: "Python", 3: "SpawnProcess-1"}
    assert orders == [(9, 0), (3, 1)]


@pytest.mark.parametrize("name", ['"', "\\", "é\n\x00", "\udc80", "</script>"])
def test_names_are_escaped(tmp_path, name):
    lanes = [Lane("thread", name, 7)]
    (one,) = events(made(lanes, [(0, name, "own", 0.0, 1.0, nan)]), tmp_path)
    assert one["name"] == name
    assert one["track"] == f"thread {name}"


def test_every_nanosecond_survives_a_reader_that_cuts_off(tmp_path):
    edges = [number / 1e9 for number in range(0, 40_000_000, 40_009)]
    spans = [(0, "x", "own", *pair, nan) for pair in pairwise(edges)]
    found = events(made([Lane("thread", "t", 7)], spans), tmp_path)
    assert [one["ts"] for one in found] == list(range(0, 40_000_000, 40_009))[:-1]
    assert {one["dur"] for one in found} == {40_009}
    assert {one["track"] for one in found} == {"thread t"}


def test_an_empty_run_and_what_was_not_seen(tmp_path):
    found = document(made([], [], unseen=["No states here."]), tmp_path)
    assert found["traceEvents"] == []
    assert found["otherData"] == {"elapsed": 1.0, "unseen": ["No states here."]}


def test_a_path_may_be_a_string_and_a_file_is_replaced(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("old")
    made([], []).to_perfetto(str(path))
    json.loads(path.read_text())
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link(tmp_path):
    link = tmp_path / "link.json"
    link.symlink_to(tmp_path / "there.json")
    made([], []).to_perfetto(link)
    assert link.is_symlink()
    json.loads((tmp_path / "there.json").read_text())


def test_a_path_that_cannot_be_written_is_one_clear_line(tmp_path):
    run = made([], [])
    with pytest.raises(FileNotFoundError, match=r"^to_perfetto\(path\): there is no folder .*none"):
        run.to_perfetto(tmp_path / "none" / "run.json")
    with pytest.raises(OSError, match="is there and is not a file"):
        run.to_perfetto(tmp_path)
    with pytest.raises(OSError, match="leads nowhere"):
        run.to_perfetto("run\0.json")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    with pytest.raises(OSError, match=r"circle"):
        run.to_perfetto(tmp_path / "circle")
    for wrong in (None, 3, b"run.json"):
        with pytest.raises(TypeError, match=r'must be a path such as "run.json"'):
            run.to_perfetto(wrong)


def test_a_file_that_is_called_like_its_part_is_left_alone(tmp_path):
    other = tmp_path / "run.json.part"
    other.write_text("mine")
    made([], []).to_perfetto(tmp_path / "run.json")
    assert other.read_text() == "mine"
    assert len([*tmp_path.iterdir()]) == 2


def test_a_run_under_way_is_refused(tmp_path):
    with record() as run, pytest.raises(RuntimeError, match=r"to_perfetto\(\) after"):
        run.to_perfetto(tmp_path / "run.json")


def test_a_failure_leaves_no_part_of_a_file_and_the_old_one_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "run.json"
    path.write_text("old")

    def fail(*_):
        raise OSError("the disk is full")

    monkeypatch.setattr(perfetto, "_spans", fail)
    with pytest.raises(OSError, match="the disk is full"):
        made([Lane("thread", "t", 7)], []).to_perfetto(path)
    assert [one.name for one in Path(tmp_path).iterdir()] == ["run.json"]
    assert path.read_text() == "old"


def test_a_long_run_needs_less_memory_than_its_file(tmp_path):
    spans = [(0, "x", "own", number / 1e5, number / 1e5 + 5e-6, 1e-6) for number in range(60_000)]
    run, path = made([Lane("thread", "t", 7)], spans), tmp_path / "run.json"
    tracemalloc.start()
    try:
        run.to_perfetto(path)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < path.stat().st_size
