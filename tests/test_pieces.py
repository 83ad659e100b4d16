"""helpers.timeline.pieces: what each lane did, checked against a slow and simple way to tell."""

from math import nan

import numpy as np
import pytest

from helpers.look import STYLE_OF, STYLES
from helpers.recorder import Lane, Recording
from helpers.timeline.pieces import pieces


def recorded(lanes, spans, states=None, elapsed=1.0):
    run = Recording()
    run.fill(lanes, elapsed, spans, states)
    return run


def told(run):
    """Return (lane, state, start, end) of each piece, rounded."""
    names = {style: state for state, style in reversed(STYLE_OF.items())}
    done = pieces(run)
    return [
        (int(lane), names[STYLES[code]], round(float(start), 6), round(float(end), 6))
        for lane, code, start, end in zip(done.lane, done.code, done.start, done.end, strict=True)
    ]


def test_states_are_shown_within_the_spans_and_gaps_are_gaps():
    spans = [(0, "f", "thread", 0.1, 0.9, nan)]
    states = [(0, "running", 0.0, 0.3), (0, "gil", 0.3, 0.5), (0, "lock", 0.7, 1.0)]
    assert told(recorded([Lane("thread", "a", 1)], spans, states)) == [
        (0, "running", 0.1, 0.3),
        (0, "gil", 0.3, 0.5),
        (0, "unknown", 0.5, 0.7),
        (0, "lock", 0.7, 0.9),
    ]


def test_an_executors_thread_does_nothing_between_its_items():
    spans = [(0, "f", "item", 0.1, 0.2, nan), (0, "f", "item", 0.6, 0.7, nan)]
    states = [(0, "lock", 0.0, 1.0)]
    assert told(recorded([Lane("thread", "a", 1)], spans, states)) == [
        (0, "lock", 0.1, 0.2),
        (0, "lock", 0.6, 0.7),
    ]


def test_main_is_there_all_the_time_if_states_were_measured():
    spans = [(0, "parse", "own", 0.2, 0.4, nan)]
    main = [Lane("main", "MainThread", 1)]
    assert told(recorded(main, spans)) == [(0, "unknown", 0.2, 0.4)]
    assert told(recorded(main, spans, [(0, "running", 0.1, 0.3)])) == [
        (0, "unknown", 0.0, 0.1),
        (0, "running", 0.1, 0.3),
        (0, "unknown", 0.3, 1.0),
    ]


def test_a_task_is_on_the_loop_in_its_steps_and_awaiting_between_them():
    spans = [
        (0, "fetch", "task", 0.1, 0.9, nan),
        (0, "step", "step", 0.1, 0.2, nan),
        (0, "step", "step", 0.5, 0.6, nan),
        (0, "parse", "own", 0.1, 0.9, nan),
    ]
    task = [Lane("task", "Task-2", 1)]
    assert told(recorded(task, spans)) == [
        (0, "unknown", 0.1, 0.2),
        (0, "awaiting", 0.2, 0.5),
        (0, "unknown", 0.5, 0.6),
        (0, "awaiting", 0.6, 0.9),
    ]
    states = [(0, "running", 0.1, 0.2), (0, "sleep", 0.3, 0.5), (0, "gil", 0.5, 0.55)]
    assert told(recorded(task, spans, states)) == [
        (0, "running", 0.1, 0.2),
        (0, "awaiting", 0.2, 0.3),
        (0, "sleep", 0.3, 0.5),
        (0, "gil", 0.5, 0.55),
        (0, "unknown", 0.55, 0.6),
        (0, "awaiting", 0.6, 0.9),
    ]


def test_what_is_unfinished_lasts_until_its_lane_was_last_seen():
    lanes = [Lane("process", "a", 2, until=0.6), Lane("thread", "b", 1), Lane("thread", "c", 1)]
    spans = [(0, "f", "process", 0.1, nan, nan), (1, "g", "thread", 0.2, nan, nan)]
    spans.append((2, "h", "thread", 0.2, 0.5, nan))
    run = recorded(lanes, spans)
    assert told(run)[:2] == [(0, "unknown", 0.1, 0.6), (1, "unknown", 0.2, 1.0)]
    assert np.array_equal(pieces(run).torn, [0.6, 1.0, nan], equal_nan=True)


def test_lanes_that_end_and_begin_alike_do_not_run_together():
    spans = [(0, "f", "thread", 0.0, 1.0, nan), (1, "f", "thread", 0.0, 1.0, nan)]
    assert len(told(recorded([Lane("thread", "a", 1), Lane("thread", "b", 1)], spans))) == 2


def test_states_that_overlap_by_mistake_never_add_up_to_another_one():
    spans = [(0, "f", "thread", 0.0, 1.0, nan)]
    states = [(0, "running", 0.0, 0.6), (0, "ready", 0.4, 1.0)]
    assert told(recorded([Lane("thread", "a", 1)], spans, states)) == [
        (0, "running", 0.0, 0.4),
        (0, "ready", 0.4, 1.0),
    ]


def test_a_state_of_no_length_hides_no_other():
    spans = [(0, "f", "thread", 0.0, 1.0, nan)]
    states = [(0, "running", 0.0, 1.0), (0, "gil", 0.0, 0.0)]
    assert told(recorded([Lane("thread", "a", 1)], spans, states)) == [(0, "running", 0.0, 1.0)]


def test_a_state_nobody_knows_is_not_taken_for_another():
    spans = [(0, "f", "thread", 0.0, 1.0, nan)]
    assert told(recorded([Lane("thread", "a", 1)], spans, [(0, "zzz", 0.0, 1.0)])) == [
        (0, "unknown", 0.0, 1.0)
    ]


def test_nothing_and_no_length_at_all_are_no_pieces():
    assert told(recorded([], [])) == []
    assert told(recorded([Lane("thread", "a", 1)], [])) == []
    assert told(recorded([Lane("thread", "a", 1)], [(0, "f", "own", 0.5, 0.5, 0.0)])) == []
    assert told(recorded([Lane("thread", "a", 1)], [(0, "f", "own", 0, nan, 0.0)], None, 0.0)) == []


def slow(run, lane, moment):
    """Return what a lane does at a moment, told span by span and state by state."""
    here = [one for one in run.spans if one.lane == lane and one.start <= moment < one.end]
    kinds = {str(one.kind) for one in here}
    if not kinds and (run.lanes[lane].kind != "main" or run.states is None):
        return None
    for one in run.states if run.states is not None else ():
        if one.lane == lane and one.start <= moment < one.end:
            return STYLES.index(STYLE_OF[str(one.state)])
    awaiting = "task" in kinds and "step" not in kinds
    return STYLES.index(STYLE_OF["awaiting" if awaiting else "unknown"])


def by_chance(seed):
    """Return a recording of every kind of lane, with random spans and states on a grid."""
    chance = np.random.default_rng(seed)
    kinds = ["main", "thread", "process", "task", "task"]
    spans, states = [], []
    for lane, kind in enumerate(kinds):
        choices = {"main": ["own"], "thread": ["item", "own", "thread"], "process": ["process"]}
        for _ in range(8):
            start, end = sorted(chance.integers(0, 40, 2).tolist())
            spans.append((lane, "x", str(chance.choice(choices.get(kind, ["own"]))), start, end, 0))
        if kind == "task":
            spans += [(lane, "x", "task", 3, 36, 0)]
            spans += [(lane, "x", "step", at, at + 2, 0) for at in range(4, 30, 5)]
        cuts = sorted(chance.choice(41, 14, replace=False).tolist())
        for start, end in zip(cuts[::2], cuts[1::2], strict=True):
            states.append(
                (lane, str(chance.choice(["running", "gil", "sleep", "child"])), start, end)
            )
    lanes = [Lane(kind, str(number), 1) for number, kind in enumerate(kinds)]
    return recorded(lanes, spans, states if seed % 3 else None, elapsed=40.0)


@pytest.mark.parametrize("seed", range(9))
def test_the_sweep_tells_the_same_as_looking_at_each_moment(seed):
    run = by_chance(seed)
    done = pieces(run)
    for lane in range(len(run.lanes)):
        for moment in np.arange(40) + 0.5:
            here = done.code[
                (done.lane == lane) & (done.start <= moment) & (moment < done.end)
            ].tolist()
            expected = slow(run, lane, moment)
            assert here == ([] if expected is None else [expected])


def test_the_time_in_each_state_adds_up():
    done = pieces(by_chance(1))
    seconds = np.zeros_like(done.seconds)
    np.add.at(seconds, (done.lane, done.code), done.end - done.start)
    assert np.allclose(done.seconds, seconds)
    assert (done.start[1:] >= done.end[:-1])[done.lane[1:] == done.lane[:-1]].all()
