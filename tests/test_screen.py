"""helpers.screen: what is shown to a room is larger, and whole."""

import re
import subprocess
import sys
from functools import cache

import pytest

from helpers import compare, lesson, presentation, race
from helpers.board.loop_strip import Strip
from helpers.board.slider import slide
from helpers.lesson import hint, predict, progress
from helpers.recorder.recording import Lane, Recording
from helpers.screen import DESK, LARGE, LEAST, ROOM, size
from helpers.timeline import curve, grid
from helpers.workers import wait

NARROW = 880  # pixels: a notebook's column on a projector of 1024 x 768
SMALLEST = 15  # pixels high that letters are on it: a fiftieth of its height
WAYS = ["in turn", "threads", "processes", "tasks"]
LONG_TITLE = "Waiting: all three ways help, and by the same; and what a very long title does"


@pytest.fixture
def room():
    presentation()
    yield
    presentation(False)


def made(lanes=5, states=True, kind="thread"):
    run = Recording()
    own = [Lane(kind, f"ThreadPoolExecutor-0_{number}", 7) for number in range(lanes)]
    spans = [(n, "amdahls-law", "own", n / 10, 1.0, 0.1) for n in range(1, lanes + 1)]
    kinds = ("running", "ready", "gil", "lock", "network", "pipe", "disk", "sleep", "unknown")
    told = [
        (n, one, at / 10, (at + 1) / 10) for n in range(lanes + 1) for at, one in enumerate(kinds)
    ]
    run.fill([Lane("main", "MainThread", 7), *own], 1.0, spans, told if states else None)
    return run


def timeline():
    return made().timeline(title=LONG_TITLE, guess=[("you", 0.99), ("3 of 12", 0.95)])


def unmeasured():
    return made(states=False).timeline(guess=1.4)


def many():
    return made(30).timeline()


def four():
    return grid([[made(2)] * 3 + [None]] * 2, ["four waits", "four sums"], WAYS, LONG_TITLE)


def two():
    return grid([[made(2), made(8)]], ["count"], WAYS[:2], "Two", [[None, [("you", 0.9)]]])


def line():
    limits = {"waiting, shared out": {1: 3.0, 64: 0.05}, "computing": {1: 0.1, 64: 0.1}}
    return curve({1: 3.4, 8: 0.4, 64: 0.2}, limits, LONG_TITLE, guess=64)


@cache
def found():
    return compare(wait, [0.01] * 12, workers=6)


def chosen():
    return found().picture(guess="threads: they can wait")


PICTURES = [timeline, unmeasured, many, four, two, line, chosen]


def texts(picture):
    inside = [text for axes in picture.axes for text in axes.findobj(type(picture.text(0, 0, "")))]
    return [text for text in {*picture.texts, *inside} if text.get_text() and text.get_visible()]


def points(picture):
    """Return the sizes of all letters."""
    return [text.get_fontsize() for text in texts(picture)]


def pixels(picture, column=NARROW):
    """Return how many pixels an inch takes in a column of the page."""
    return min(column, picture._width) / picture.get_figwidth()


@pytest.mark.parametrize("draw", PICTURES)
def test_letters_are_larger_and_none_is_small_on_a_projector(draw, room):
    large = draw()
    assert pixels(large) * min(points(large)) / 72 >= SMALLEST
    presentation(False)
    usual = draw()
    assert min(points(large)) >= min(points(usual))
    assert pixels(large) >= 1.35 * pixels(usual)


@pytest.mark.parametrize("draw", [timeline, unmeasured, many])
def test_bars_are_thicker(draw, room):
    large = draw()
    presentation(False)
    usual = draw()
    for one, other in zip(large.rows, usual.rows, strict=True):
        assert one.lane * pixels(large) >= 1.2 * other.lane * pixels(usual)


@pytest.mark.parametrize("draw", PICTURES)
def test_nothing_is_clipped_and_no_words_meet(draw, room):
    picture = draw()
    picture.png()
    renderer = picture.canvas.get_renderer()
    whole = picture.bbox
    boxes = []
    for text in texts(picture):
        box = text.get_window_extent(renderer)
        assert box.x0 >= 0 and box.x1 <= whole.x1, text.get_text()
        assert box.y0 >= 0 and box.y1 <= whole.y1, text.get_text()
        boxes.append((text.get_text(), box.shrunk(0.96, 0.6).translated(0, 0)))
    for number, (words, box) in enumerate(boxes):
        for others, other in boxes[:number]:
            assert not box.overlaps(other), (words, others)


def test_a_picture_is_shown_whole_but_never_small(room):
    picture = timeline()
    told = re.search(
        r'style="width: min\(100%, (\d+)px, max\(calc\((\d+)vh \* ([\d.]+)\), (\d+)px',
        picture.html(),
    )
    most, high, shape, least = map(float, told.groups())
    wide = picture.get_figwidth()
    assert (most, least) == (wide * ROOM.pixels, wide * LEAST)
    assert shape == pytest.approx(wide / picture.get_figheight(), abs=1e-3)
    assert high < 90


def test_what_was_drawn_keeps_its_size_and_all_goes_back(room):
    large = timeline()
    presentation(False)
    assert size() is DESK
    assert large.get_figwidth() == ROOM.width and "vh" in large.html()
    usual = timeline()
    assert (usual.get_figwidth(), usual._width) == (9.5, 950)
    assert 'width="950" style="max-width: 100%; height: auto"' in usual.html()


def lost():
    def add(state):
        state.append(len(state))

    return race(list, [add, add], lambda state: state == [0, 1])


@pytest.mark.parametrize("show", [lost, progress, lambda: hint("02 tickets")])
def test_notes_and_tables_are_larger(show, room):
    page = show()._repr_html_()
    assert page.startswith(f'<div style="zoom:{ROOM.zoom}">') and page.count("zoom") == 1
    presentation(False)
    assert "zoom" not in show()._repr_html_()


def test_what_a_judge_shows_of_a_race_is_made_larger_once(room):
    told = lesson.check("06 level 1", lambda till: setattr(till, "total", till.total + abs(3)))
    assert told._repr_html_().count("zoom") == 1


def test_boards_and_questions_are_larger(room):
    boards = [
        lambda: predict("00 test", "?", [1, 2]).widgets,
        lambda: lost().step().widgets,
        lambda: slide(lambda _: timeline(), [1, 2]).widgets.children[0],
    ]
    for board in boards:
        style, widget = board().children
        assert LARGE in style.value and LARGE in widget._dom_classes
    presentation(False)
    assert not any(LARGE in board()._dom_classes for board in boards)


def test_the_loop_s_lane_lies_under_its_picture(room):
    lane = Strip([], 1.0)
    assert lane.left / lane.wide == pytest.approx(ROOM.names / ROOM.width)
    presentation(False)
    lane = Strip([], 1.0)
    assert lane.left / lane.wide == pytest.approx(DESK.names / DESK.width)


def test_it_says_what_it_did():
    assert "For the room" in str(presentation())
    assert "For the desk" in str(presentation(False))
    with pytest.raises(TypeError, match="must be True or False, not 'yes'"):
        presentation("yes")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_before_or_after_the_set_up_is_the_same(order):
    lines = ["shell.run_line_magic('load_ext', 'helpers')", "presentation()"]
    program = [
        "from IPython.testing.globalipapp import start_ipython",
        "shell = start_ipython()",
        "from helpers import presentation",
        *(lines[number] for number in order),
        "from helpers.timeline import curve",
        "print(curve({1: 2, 2: 1}).get_figwidth())",
    ]
    ended = subprocess.run(
        [sys.executable, "-c", "\n".join(program)], capture_output=True, text=True, timeout=300
    )
    assert ended.stdout.split()[-1] == str(ROOM.width), ended.stderr
