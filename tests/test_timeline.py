"""helpers.timeline: the picture agrees with the data, and says what it could not see."""

import io
import warnings
from math import nan

import numpy as np
import pytest
from matplotlib.text import Annotation
from PIL import Image

from helpers.look import STYLE_OF, UNKNOWN, UNMEASURED
from helpers.recorder import Lane, Recording
from helpers.timeline import ONE_OF_MANY, describe, page, summary

LEFT, ALONG, DPI = 400, 1440, 200  # dots: left of the lanes, along them, in an inch


@pytest.fixture
def run():
    """Two threads of which one is not finished, and the main thread."""
    recording = Recording()
    lanes = [Lane("main", "MainThread", 1), Lane("thread", "a", 1), Lane("thread", "b", 1)]
    rows = [
        (0, "all", "own", 0.0, 1.0, 0.1),
        (1, "page 1", "own", 0.1, 0.5, 0.0),
        (2, "page 2", "own", 0.2, nan, nan),
    ]
    recording.fill(lanes, 1.0, rows)
    return recording


@pytest.fixture
def states():
    """Two threads that share the GIL, and a process within which a thread sleeps."""
    recording = Recording()
    lanes = [
        Lane("main", "MainThread", 1),
        Lane("thread", "Thread-1 (count)", 1, within=0),
        Lane("thread", "Thread-2 (count)", 1, within=0),
        Lane("process", "Process-1", 2, within=0, until=0.8),
        Lane("thread", "Thread-1 (nap)", 2, within=3, until=0.8),
    ]
    spans = [(lane, "count", "thread", 0.0, 1.0, nan) for lane in (1, 2)]
    spans += [(3, "work", "process", 0.1, nan, nan), (4, "nap", "thread", 0.2, 0.7, nan)]
    rows = [(0, "lock", 0.0, 1.0), (1, "running", 0.0, 0.6), (1, "gil", 0.6, 1.0)]
    rows += [(2, "gil", 0.0, 0.6), (2, "running", 0.6, 1.0)]
    rows += [(3, "ready", 0.1, 0.3), (3, "running", 0.4, 0.8), (4, "sleep", 0.2, 0.7)]
    recording.fill(lanes, 1.0, spans, rows, ["The states of one thread could not be seen."])
    return recording


def dots(figure):
    return np.asarray(Image.open(io.BytesIO(figure.png())).convert("RGB"))


def rgb(colour):
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]


def column(figure, number, part):
    """Return the dots of row `number` at a part of the axis, from its top to its bottom."""
    row, image = figure.rows[number], dots(figure)
    middle = image.shape[0] - round(figure.axes[0].bbox.y1) + round(row.middle * DPI)
    high = round(0.45 * row.lane * DPI)
    return image[middle - high : middle + high, LEFT + round(part * ALONG)], row.lane * DPI


def height(figure, number, part, style):
    """Return which part of a lane's height a style's colour takes at a part of the axis."""
    found, lane = column(figure, number, part)
    return (found == rgb(style.fill)).all(axis=1).sum() / lane


def bars(figure, number, style):
    """Return (start, end) in parts of the axis, for each bar in a style.

    Of a high one the upper part is looked at, because a name may stand in the middle.
    """
    row, image = figure.rows[number], dots(figure)
    up = 0.8 * style.half_height * row.lane if style.half_height > 0.2 else 0
    y = image.shape[0] - round(figure.axes[0].bbox.y1) + round((row.middle - up) * DPI)
    line = (image[y, LEFT : LEFT + ALONG] == rgb(style.fill)).all(axis=1)
    edges = np.flatnonzero(np.diff(line, prepend=False, append=False))
    return [(a / ALONG, b / ALONG) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def words(figure):
    return [text.get_text() for text in [*figure.texts, *figure.axes[0].texts]]


def places(figure):
    """Return {name: (x, alignment)} of the words on the lanes, without those of the axis."""
    texts = [text for text in figure.axes[0].texts if not isinstance(text, Annotation)]
    return {t.get_text(): (t.get_position()[0], t.get_ha()) for t in texts}


def test_bars_stand_where_the_spans_do(run):
    figure = run.timeline()
    for number, (start, end) in enumerate([(0.0, 1.0), (0.1, 0.5), (0.2, 1.0)]):
        (bar,) = bars(figure, number, UNKNOWN)
        assert bar == pytest.approx((start, end), abs=16 / ALONG)
        assert height(figure, number, start + 0.1, UNKNOWN) == pytest.approx(0.44, abs=0.02)


def test_tall_is_on_a_core_thin_is_waiting_and_a_hairline_sleeps(states):
    figure = states.timeline()
    assert bars(figure, 1, STYLE_OF["running"]) == [pytest.approx((0, 0.6), abs=1 / ALONG)]
    assert bars(figure, 1, STYLE_OF["gil"]) == [pytest.approx((0.6, 1), abs=1 / ALONG)]
    found = {
        "running": height(figure, 1, 0.3, STYLE_OF["running"]),
        "gil": height(figure, 1, 0.8, STYLE_OF["gil"]),
        "unknown": height(figure, 3, 0.35, UNKNOWN),
        "sleep": height(figure, 4, 0.4, STYLE_OF["sleep"]),
    }
    expected = {state: 2 * STYLE_OF[state].half_height for state in found}
    assert found == pytest.approx(expected, abs=0.025)


def test_a_wait_for_a_core_is_an_outline_and_a_wait_for_a_lock_has_a_texture(states):
    found, lane = column(states.timeline(), 3, 0.2)
    assert 0.02 < (found == rgb("#0072B2")).all(axis=1).sum() / lane < 0.1
    row = states.timeline()
    image = dots(row)
    middle = image.shape[0] - round(row.axes[0].bbox.y1) + round(row.rows[0].middle * DPI)
    lock = image[middle, LEFT + 10 : LEFT + ALONG - 10]
    assert {tuple(rgb("#CC79A7")), (255, 255, 255)} <= {tuple(one) for one in lock.tolist()}


def test_neighbouring_states_meet_without_a_seam(states):
    figure = states.timeline()
    image = dots(figure)
    middle = image.shape[0] - round(figure.axes[0].bbox.y1) + round(figure.rows[1].middle * DPI)
    edge = image[middle, LEFT + round(0.6 * ALONG) - 3 : LEFT + round(0.6 * ALONG) + 3].tolist()
    assert edge == [rgb("#0072B2")] * 3 + [rgb("#D55E00")] * 3


def test_what_ran_shortly_is_not_hidden_by_what_waits(states):
    rows = [(1, "gil", 0.0, 0.5), (1, "running", 0.5, 0.5001), (1, "gil", 0.5001, 1.0)]
    states.fill(states.lanes[:2], 1.0, [(1, "count", "thread", 0.0, 1.0, nan)], rows)
    ((start, end),) = bars(states.timeline(), 1, STYLE_OF["running"])
    assert (start, end) == pytest.approx((0.5, 0.5 + 2 / ALONG))


def test_a_gap_too_short_to_be_drawn_is_not_drawn(states):
    states.fill(states.lanes[1:2], 1.0, [(0, "count", "thread", 0.0, 1.0, nan)], [])
    assert UNKNOWN.label in words(states.timeline())
    rows = [(0, "gil", 0.0, 0.5), (0, "gil", 0.5001, 1.0)]
    states.fill(states.lanes, 1.0, [(0, "count", "thread", 0.0, 1.0, nan)], rows)
    assert bars(states.timeline(), 0, UNKNOWN) == []
    assert UNKNOWN.label not in words(states.timeline())


def test_a_task_that_awaits_is_a_dashed_line():
    run = Recording()
    run.fill([Lane("task", "t", 1)], 1.0, [(0, "t", "task", 0.0, 1.0, nan)])
    assert len(bars(run.timeline(), 0, STYLE_OF["awaiting"])) > 10


def test_lanes_are_named_from_the_top_and_set_in_under_their_process(states):
    figure = states.timeline()
    labels = ["main", "Thread-1 (count)", "Thread-2 (count)", "Process-1 (work)", "Thread-1 (nap)"]
    assert [row.label for row in figure.rows] == labels
    assert [row.depth for row in figure.rows] == [0, 0, 0, 0, 1]
    middles = [row.middle for row in figure.rows]
    assert middles == sorted(middles)
    texts = {text.get_text(): text.get_position() for text in figure.texts}
    assert texts["Thread-1 (nap)"][0] > texts["Process-1 (work)"][0]
    assert texts["main"][1] > texts["Thread-1 (nap)"][1]


def torn_at(figure, number, part):
    """Say whether a tooth is bitten out of a bar just left of a part of the axis."""
    row, image = figure.rows[number], dots(figure)
    middle = image.shape[0] - round(figure.axes[0].bbox.y1) + round(row.middle * DPI)
    at, high = LEFT + round(part * ALONG), round(0.2 * row.lane * DPI)
    return (image[middle - high : middle + high, at - 8 : at] == rgb("#1f2933")).all(axis=2).any()


def test_what_is_not_finished_has_a_torn_edge_where_it_was_last_seen(run, states):
    assert [torn_at(run.timeline(), number, 1.0) for number in range(3)] == [False, False, True]
    assert torn_at(states.timeline(), 3, 0.8)
    assert not torn_at(states.timeline(), 4, 0.7)
    assert "not finished" in words(run.timeline())
    run.fill(run.lanes[:1], 1.0, [(0, "all", "own", 0.0, 1.0, 0.1)])
    assert "not finished" not in words(run.timeline())


def test_title_elapsed_and_the_one_of_many(run):
    figure = run.timeline(title="Two pages at once")
    assert {"Two pages at once", "1.00 s", ONE_OF_MANY} <= set(words(figure))


def test_the_legend_holds_only_what_occurs(run, states):
    assert UNMEASURED in words(run.timeline())
    assert UNKNOWN.label not in words(run.timeline())
    found = set(words(states.timeline()))
    occur = ("running", "ready", "gil", "lock", "sleep", "unknown")
    assert {STYLE_OF[state].label for state in occur} <= found
    assert not {STYLE_OF[state].label for state in ("network", "pipe", "disk", "awaiting")} & found
    assert UNMEASURED not in found


def test_what_could_not_be_seen_is_said_on_the_picture(states):
    assert states.unseen[0] in words(states.timeline())
    assert states.unseen[0] in states.alt


def test_a_long_title_goes_on_in_a_second_line(run):
    long = "Twelve pages of the practice website, each fetched by a thread of its own"
    short, tall = run.timeline(title="Short"), run.timeline(title=long)
    assert long in [text.replace("\n", " ") for text in words(tall)]
    assert tall.get_figheight() > short.get_figheight()
    assert [row.middle for row in tall.rows] == [row.middle for row in short.rows]


def test_names_are_written_on_the_bar_or_beside_it(run):
    assert places(run.timeline())["page 1"] == (pytest.approx(0.3), "center")
    x, align = places(run.timeline(until=30))["page 1"]
    assert (0.5 < x < 1, align) == (True, "left")
    run.fill(run.lanes, 1.0, [(1, "at the very end", "own", 0.95, 1.0, nan)])
    x, align = places(run.timeline())["at the very end"]
    assert (0.9 < x < 0.95, align) == (True, "right")


def test_names_are_written_over_a_bracket_where_states_were_measured(run):
    run.fill(run.lanes, 1.0, [(1, "page 1", "own", 0.1, 0.5, nan)], [(1, "gil", 0.1, 0.5)])
    assert places(run.timeline())["page 1"] == (pytest.approx(0.3), "center")
    assert places(run.timeline(until=30))["page 1"] == (pytest.approx(0.1), "left")
    (text,) = [one for one in run.timeline().axes[0].texts if one.get_text() == "page 1"]
    assert text.get_position()[1] < run.timeline().rows[1].middle - 0.2
    run.fill(run.lanes, 1.0, [(1, "at the very end", "own", 0.95, 1.0, nan)], [])
    assert places(run.timeline())["at the very end"] == (pytest.approx(1.0), "right")


def test_names_without_room_are_left_out(run):
    rows = [(1, f"page {n}", "own", n / 40, (n + 1) / 40, nan) for n in range(40)]
    run.fill(run.lanes, 1.0, rows)
    assert places(run.timeline()) == {}


def test_a_name_much_too_long_is_written_in_part(run):
    run.fill(run.lanes, 1.0, [(1, "x" * 300 + "y", "own", 0.0, 0.5, nan)])
    (name,) = places(run.timeline())
    assert "…" in name
    assert name.endswith("y")


def test_nested_names_stand_one_below_the_other(run):
    rows = [(1, "outer", "own", 0.0, 1.0, nan), (1, "inner", "own", 0.4, 0.6, nan)]
    run.fill(run.lanes, 1.0, rows)
    figure = run.timeline()
    heights = {text.get_text(): text.get_position()[1] for text in figure.axes[0].texts}
    bottom = figure.rows[0].middle - figure.rows[0].lane / 2
    assert heights["outer"] < heights["inner"] < bottom


def test_the_bracket_of_a_span_of_a_killed_process_ends_where_it_was_last_seen(states):
    spans = [(3, "tile", "own", 0.2, nan, nan)]
    states.fill(states.lanes, 1.0, spans, [])
    (mark,) = states.timeline().rows[1].marks
    assert (mark.left, mark.right) == pytest.approx((0.2 * 7.2, 0.8 * 7.2))


def test_a_threads_own_span_and_the_one_in_it_are_not_both_marked(run):
    rows = [(1, "visit", "thread", 0.0, 1.0, nan), (1, "page", "own", 0.001, 0.999, nan)]
    run.fill(run.lanes, 1.0, rows)
    figure = run.timeline()
    assert [mark.name for mark in figure.rows[0].marks] == ["page"]
    assert len(bars(figure, 0, UNKNOWN)) == 1
    assert figure.rows[0].label == "thread a (visit)"


def test_a_function_already_in_a_lanes_name_is_not_told_twice(states):
    assert "Thread-1 (count)" in words(states.timeline())


def test_spans_that_follow_at_once_are_parted_where_no_state_parts_them(run):
    rows = [(1, "a", "own", 0.0, 0.5, nan), (1, "b", "own", 0.5, 1.0, nan)]
    run.fill(run.lanes, 1.0, rows)
    assert len(bars(run.timeline(), 0, UNKNOWN)) == 2


def test_a_guess_is_drawn_and_kept_on_the_picture(run):
    figure = run.timeline(guess=2.5)
    assert "you: 2.50 s" in words(figure)
    (line,) = figure.axes[0].lines
    assert list(line.get_xdata()) == [2.5, 2.5]
    assert figure.axes[0].get_xlim()[1] > 2.5
    assert not run.timeline().axes[0].lines


def test_a_guess_beyond_the_axis_is_told_at_its_end(run):
    figure = run.timeline(until=2, guess=9)
    assert "you: 9.00 s →" in words(figure)
    assert not figure.axes[0].lines


def test_elapsed_and_guess_take_the_unit_of_the_axis(run):
    run.fill(run.lanes[:1], 0.31, [(0, "page", "own", 0.0, 0.3, 0.1)])
    assert {"0.31 s", "you: 0.50 s"} <= set(words(run.timeline(until=2, guess=0.5)))
    assert "310 ms" in words(run.timeline())


def test_the_same_until_gives_the_same_scale(run):
    assert run.timeline(until=3).axes[0].get_xlim() == (0, 3)
    (bar,) = bars(run.timeline(until=2), 1, UNKNOWN)
    assert bar == pytest.approx((0.05, 0.25), abs=4 / ALONG)


def test_what_lies_beyond_the_axis_is_not_drawn(states):
    figure = states.timeline(until=0.5)
    assert bars(figure, 1, STYLE_OF["running"]) == [(0.0, 1.0)]
    assert not torn_at(states.timeline(until=0.78), 3, 0.8 / 0.78)


@pytest.mark.parametrize(("end", "last"), [(0.12, "120"), (2.15, "2"), (1e-5, "10"), (400, "400")])
def test_the_axis_has_round_times_and_no_powers_of_ten(run, end, last):
    ticks = [t for t in run.timeline(until=end).axes[0].texts if isinstance(t, Annotation)]
    numbers = [text.get_text() for text in ticks[:-1]]
    assert numbers[0] == "0"
    assert numbers[-1] == last
    assert 3 <= len(numbers) <= 9
    assert not any("e" in number for number in numbers)


def test_the_line_says_where_the_time_went(states):
    assert summary(states) == (
        "3 threads, all alive at once: 40% on a core, 40% waiting for the GIL, 20% sleeping; "
        "1 process: 57% on a core, 29% waiting for a core, 14% state not known; "
        "1 process not finished."
    )


def test_the_line_of_eight_threads_and_the_gil():
    run = Recording()
    states = [(n, "running", n / 8, n / 8 + 0.06 if n else 0.06) for n in range(8)]
    states += [(n, "gil", 0.0, n / 8) for n in range(8)]
    states += [(n, "gil", n / 8 + 0.06, 1.0) for n in range(8)]
    lanes = [Lane("thread", f"t{n}", 1) for n in range(8)]
    run.fill(lanes, 1.0, [(n, "f", "thread", 0.0, 1.0, nan) for n in range(8)], states)
    assert summary(run) == "8 threads, all alive at once: 94% waiting for the GIL, 6% on a core."


def test_the_line_tells_one_at_a_time_from_all_at_once():
    run = Recording()
    lanes = [Lane("thread", f"t{n}", 1) for n in range(3)]
    states = [(0, "sleep", 0.0, 1.0)]
    run.fill(lanes, 1.0, [(n, "f", "thread", n / 3, (n + 1) / 3, nan) for n in range(3)], states)
    assert summary(run).startswith("3 threads, one at a time: ")
    run.fill(lanes, 1.0, [(n, "f", "thread", n / 4, (n + 2) / 4, nan) for n in range(3)], states)
    assert summary(run).startswith("3 threads, at most 2 alive at once: ")


def test_waiting_is_said_once_for_shares_in_a_row(states):
    rows = [(1, "network", 0.0, 0.5), (1, "gil", 0.5, 0.8), (1, "running", 0.8, 1.0)]
    states.fill(states.lanes[:2], 1.0, [(1, "f", "thread", 0, 1, nan)], rows)
    assert (
        summary(states) == "1 thread: 50% waiting for the network, 30% for the GIL, 20% on a core."
    )


def test_main_alone_is_told_of(states):
    states.fill(states.lanes[:1], 1.0, [], [(0, "network", 0.0, 0.98), (0, "running", 0.98, 1.0)])
    assert summary(states) == "main: 98% waiting for the network, 2% on a core."


def test_tiny_shares_are_folded_but_to_have_hardly_run_is_told(states):
    rows = [(1, "sleep", 0, 0.96), (1, "running", 0.96, 0.965), (1, "lock", 0.965, 0.972)]
    rows += [(1, "pipe", 0.972, 0.98), (1, "disk", 0.98, 1.0)]
    states.fill(states.lanes[:2], 1.0, [(1, "f", "thread", 0, 1, nan)], rows)
    assert summary(states) == (
        "1 thread: 96% sleeping, 2% waiting for the disk, under 1% on a core, 2% other."
    )


def test_the_text_alternative_is_written_from_the_data(run):
    assert "main: all from 0.00 µs to 1.00 s." in run.alt
    assert "thread b: page 2 from 200 ms, not finished." in run.alt
    assert "2 threads, at most 2 alive at once: 2.20 s in spans; 1 thread not finished" in run.alt
    assert run.timeline().alt == run.alt


def test_the_text_alternative_tells_states_and_whose_thread_it_is(states):
    assert "Thread-2 (count): 60% waiting for the GIL, 40% on a core; count from" in states.alt
    assert "Thread-1 (nap) of process Process-1: 100% sleeping; nap from 200 ms" in states.alt
    assert states.alt.endswith(ONE_OF_MANY)


def test_main_alone_is_told_once():
    run = Recording()
    run.fill([Lane("main", "MainThread", 1)], 1.0, [], [(0, "sleep", 0.0, 1.0)])
    assert run.alt.count("main: ") == 1


def test_the_share_on_a_core_is_told_where_it_is_known(run):
    run.fill(
        run.lanes[1:2],
        1.0,
        [(0, "page", "own", 0.0, 0.5, 0.05), (0, "in it", "own", 0.1, 0.2, 0.05)],
    )
    assert "1 thread: 500 ms in spans, 10% of it on a core." in run.alt


def test_a_tasks_share_on_a_core_is_that_of_its_steps():
    run = Recording()
    rows = [(0, "t", "task", 0.0, 1.0, nan), (0, "s", "step", 0.0, 0.2, 0.1)]
    run.fill([Lane("task", "t", 1)], 1.0, [*rows, (0, "s", "step", 0.8, 1.0, 0.1)])
    assert summary(run) == "1 task: 1.00 s in spans, 20% of it on a core."


def test_a_share_that_rounds_to_nothing_is_not_called_nothing(run):
    run.fill(run.lanes[1:2], 1.0, [(0, "page", "own", 0.0, 0.5, 0.001)])
    assert "under 1% of it on a core" in run.alt


def test_many_lanes_are_told_together():
    run = Recording()
    lanes = [Lane("thread", f"n{n}", 1) for n in range(30)]
    run.fill(lanes, 1.0, [(n, "x", "own", 0.0, 1.0, nan) for n in range(30)])
    assert "30 threads: 100% state not known." in run.alt
    assert "thread n" not in run.alt


def test_many_spans_of_a_lane_are_not_all_told_one_by_one(run):
    run.fill(run.lanes, 1.0, [(1, "x", "own", n / 100, (n + 1) / 100, nan) for n in range(100)])
    assert "and 88 more spans, the last x from 990 ms to 1.00 s." in run.alt


def family(processes, threads):
    """Return a recording of processes with threads, each in one span."""
    lanes = [Lane("main", "MainThread", 1)]
    for number in range(processes):
        parent = len(lanes)
        lanes.append(Lane("process", f"p{number}", number + 2, within=0))
        lanes += [Lane("thread", f"t{n}", number + 2, within=parent) for n in range(threads)]
    run = Recording()
    spans = [(n, "f", lane.kind, 0.0, 1.0, nan) for n, lane in enumerate(lanes) if n]
    run.fill(lanes, 1.0, spans, [(0, "child", 0.0, 1.0)])
    return run


@pytest.mark.parametrize(
    ("processes", "threads", "labels"),
    [
        (
            4,
            100,
            ["main", *[row for n in range(4) for row in (f"process p{n} (f)", "100 threads")]],
        ),
        (30, 10, ["main", "process p0 (f)", "300 threads"]),
        (1000, 9, ["main", "1,000 processes", "9,000 threads"]),
    ],
)
def test_more_lanes_than_can_be_seen_are_folded_by_family(processes, threads, labels):
    run = family(processes, threads)
    found = [row.label for row in run.timeline().rows]
    assert found[: len(labels)] == labels
    assert len(found) <= 40
    assert len(describe(run)) < 6_000


def test_a_folded_row_stands_under_its_process():
    figure = family(4, 100).timeline()
    assert [row.depth for row in figure.rows[:3]] == [0, 0, 1]
    assert figure.rows[2].folded
    assert not figure.rows[1].folded


def test_forty_lanes_are_all_drawn():
    run = Recording()
    lanes = [Lane("task", f"n{n}", 1) for n in range(40)]
    run.fill(lanes, 1.0, [(n, "x", "own", 0.0, 1.0, nan) for n in range(40)])
    figure = run.timeline()
    assert len(figure.rows) == 40
    assert figure.rows[-1].label == "task n39"


def test_a_lane_that_did_nothing_has_no_row(run):
    run.fill(run.lanes, 1.0, [(1, "x", "own", 0.0, 1.0, nan)])
    assert [row.label for row in run.timeline().rows] == ["thread a"]


def test_long_names_are_smaller_and_then_keep_the_end_that_tells_them_apart(run):
    for number, lane in enumerate(run.lanes):
        lane.name, lane.kind = f"ThreadPoolExecutor-0_{number}", "thread"
    assert "ThreadPoolExecutor-0_2" in words(run.timeline())
    for number, lane in enumerate(run.lanes):
        lane.name = f"a thread with a name that has no room at all {number}"
    labels = [text for text in words(run.timeline()) if "…" in text]
    assert [label[-2:] for label in labels] == [" 0", " 1", " 2"]


def test_no_words_reach_beyond_the_page(states, run):
    run.fill(run.lanes, 1.0, [(1, "download all of it", "own", 0.9, 1.0, nan)])
    for figure in (states.timeline(title="A sentence " * 12), run.timeline(guess=0.999)):
        figure.png()
        for text in [*figure.texts, *figure.axes[0].texts]:
            box = text.get_window_extent()
            assert box.x0 >= 0, text
            assert box.x1 <= figure.bbox.x1, text
            assert box.y0 >= 0, text
            assert box.y1 <= figure.bbox.y1, text


def test_a_span_of_no_length_divides_nothing(run):
    run.fill(run.lanes, 1.0, [(1, "x", "own", 0.5, 0.5, 0.0)])
    assert "on a core" not in run.alt
    assert run.timeline().png()


def test_words_are_not_taken_for_formulas(run):
    run.lanes[1].name = "$a^^$"
    run.fill(run.lanes, 1.0, [(1, "$b^^$", "own", 0.0, 1.0, nan), (2, "有难", "own", 0, 1, nan)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ResourceWarning)  # of what earlier tests have left open
        assert run.timeline(title="$c^^$").png()
        run.lanes[1].name = run.spans.name[0] = "half a \udc80 character"
        assert run.timeline(title="\udc80").png()
        assert run.alt.encode()


def test_an_empty_recording_is_a_picture_that_says_so():
    run = Recording()
    run.fill([], 1.0, [])
    assert any("Nothing to see" in text for text in words(run.timeline()))
    assert run.timeline().png()
    run.fill([], 0.0, [], [])
    assert run.timeline().png()


def test_the_bundle_has_a_described_image_and_a_png(run):
    bundle, about = run.timeline()._repr_mimebundle_()
    assert about == {"image/png": {"alt": run.alt, "width": 950}}
    assert f'alt="{run.alt}"' in bundle["text/html"]
    assert bundle["text/plain"] == "<Picture>"
    picture = Image.open(io.BytesIO(run.timeline().png()))
    assert picture.size[0] == 1900
    assert len(run.timeline().png()) < 40_000


def test_the_text_alternative_cannot_break_out_of_its_attribute(run):
    run.lanes[1].name = '"><script>'
    assert "<script>" not in run.timeline().html()


def test_a_title_is_words(run):
    with pytest.raises(TypeError, match=r"timeline\(title\): must be words, not 3"):
        run.timeline(title=3)


@pytest.mark.parametrize("argument", ["until", "guess"])
@pytest.mark.parametrize("value", [0, -1, 1e-320, 1.7e308, float("nan"), 10**400, "2"])
def test_bad_arguments_are_named(run, argument, value):
    with pytest.raises(ValueError, match=rf"timeline\({argument}\): must be seconds, from"):
        run.timeline(**{argument: value})


def test_a_task_s_long_turn_is_marked():
    run = Recording()
    spans = [(0, "holds", "task", 0.0, 1.0, nan), (0, "holds", "step", 0.0, 0.6, nan)]
    spans += [(0, "holds", "step", 0.98, 1.0, nan)]
    run.fill([Lane("task", "Task-1", 1)], 1.0, spans)
    assert [mark.name for mark in run.timeline().rows[0].marks] == ["one turn"]


def test_a_name_of_a_hundred_thousand_letters_is_not_measured_again_and_again(monkeypatch):
    measured = []
    width = page.text_width
    monkeypatch.setattr(
        page, "text_width", lambda words, *how: measured.append(words) or width(words, *how)
    )
    name = "begin" + "i" * 100_000 + "end"
    assert page.shortened(name, 10, 2.0) == page.shortened(f"begin{'i' * 500}end", 10, 2.0)
    assert sum(map(len, measured)) < 400_000
