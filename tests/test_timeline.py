"""helpers.timeline: the picture agrees with the data, and says what it could not see."""

import io
import warnings
from math import nan

import pytest
from PIL import Image

from helpers.look import UNKNOWN, duration
from helpers.recorder import Lane, Recording
from helpers.timeline import ONE_OF_MANY


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


def bars(figure):
    """Return (left, right, middle, half height) of each bar drawn."""
    paths = [path for group in figure.axes[0].collections for path in group.get_paths()]
    boxes = [path.get_extents() for path in paths]
    return [(b.x0, b.x1, (b.y0 + b.y1) / 2, (b.y1 - b.y0) / 2) for b in boxes]


def words(figure):
    return [text.get_text() for text in [*figure.texts, *figure.axes[0].texts]]


def test_bars_stand_where_the_spans_do(run):
    drawn = bars(run.timeline())
    assert drawn == [
        pytest.approx((0.0, 1.0, 0, UNKNOWN.half_height)),
        pytest.approx((0.1, 0.5, 1, UNKNOWN.half_height)),
        pytest.approx((0.2, 1.0, 2, UNKNOWN.half_height)),
    ]


def test_lanes_are_named_from_the_top(run):
    axes = run.timeline().axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "main",
        "thread a",
        "thread b",
    ]
    assert axes.yaxis_inverted()


def test_what_is_not_finished_has_a_torn_edge(run):
    assert len(run.timeline().axes[0].patches) == 3
    run.fill(run.lanes[:1], 1.0, [(0, "all", "own", 0.0, 1.0, 0.1)])
    assert len(run.timeline().axes[0].patches) == 0


def test_title_elapsed_legend_and_the_one_of_many(run):
    figure = run.timeline(title="Two pages at once")
    assert "Two pages at once" in words(figure)
    assert "1.00 s" in words(figure)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [UNKNOWN.label]
    assert any(ONE_OF_MANY in text.replace("\n", " ") for text in words(figure))


def places(figure):
    """Return {name: (x, alignment)} of the words on the lanes."""
    return {t.get_text(): (t.get_position()[0], t.get_ha()) for t in figure.axes[0].texts}


def test_a_long_title_goes_on_in_a_second_line(run):
    long = "Twelve pages of the practice website, each fetched by a thread of its own"
    short, tall = run.timeline(title="Short"), run.timeline(title=long)
    assert long in [text.replace("\n", " ") for text in words(tall)]
    assert tall.get_figheight() > short.get_figheight()
    assert bars(tall) == bars(short)


def test_names_are_written_on_the_bar_or_beside_it(run):
    assert places(run.timeline())["page 1"] == (pytest.approx(0.3), "center")
    x, alignment = places(run.timeline(until=30))["page 1"]
    assert 0.5 < x < 1
    assert alignment == "left"
    rows = [(1, "at the very end", "own", 0.95, 1.0, nan)]
    run.fill(run.lanes, 1.0, rows)
    x, alignment = places(run.timeline())["at the very end"]
    assert 0.9 < x < 0.95
    assert alignment == "right"


def test_names_without_room_are_left_out(run):
    rows = [(1, f"page {n}", "own", n / 40, (n + 1) / 40, nan) for n in range(40)]
    run.fill(run.lanes, 1.0, rows)
    assert places(run.timeline()) == {}


def test_a_name_is_not_written_over_a_nested_bar(run):
    run.fill(run.lanes, 1.0, [(1, "outer", "own", 0, 1, nan), (1, "inner", "own", 0.4, 0.6, nan)])
    assert set(places(run.timeline())) == {"inner"}


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


def test_the_text_alternative_is_written_from_the_data(run):
    assert "main: all from 0.00 µs to 1.00 s." in run.alt
    assert "thread b: page 2 from 200 ms, not finished." in run.alt
    assert "2 threads, at most 2 at once: 2.20 s in spans; 1 span not finished" in run.alt
    assert run.timeline().alt == run.alt


def test_the_share_on_a_core_is_told_where_it_is_known(run):
    run.fill(
        run.lanes[1:2],
        1.0,
        [(0, "page", "own", 0.0, 0.5, 0.05), (0, "in it", "own", 0.1, 0.2, 0.05)],
    )
    assert "1 thread: 500 ms in spans, 10% of it on a core." in run.alt


def test_a_share_that_rounds_to_nothing_is_not_called_nothing(run):
    run.fill(run.lanes[1:2], 1.0, [(0, "page", "own", 0.0, 0.5, 0.001)])
    assert "under 1% of it on a core" in run.alt


def test_many_lanes_are_not_all_told_one_by_one():
    run = Recording()
    lanes = [Lane("thread", f"n{n}", 1) for n in range(30)]
    run.fill(lanes, 1.0, [(n, "x", "own", 0.0, 1.0, nan) for n in range(30)])
    assert "And 18 more lanes." in run.alt
    assert run.alt.count("thread n") == 12


def test_many_spans_of_a_lane_are_not_all_told_one_by_one(run):
    run.fill(run.lanes, 1.0, [(1, "x", "own", n / 100, (n + 1) / 100, nan) for n in range(100)])
    assert "and 88 more spans, the last x from 990 ms to 1.00 s." in run.alt


def test_more_lanes_than_can_be_seen_are_counted_on_the_picture():
    run = Recording()
    lanes = [Lane("task", f"n{n}", 1) for n in range(1000)]
    run.fill(lanes, 1.0, [(n, "x", "own", 0.0, 1.0, nan) for n in range(1000)])
    figure = run.timeline()
    assert len(bars(figure)) == 40
    assert any("960 more lanes not drawn" in text for text in words(figure))


def test_long_names_keep_the_end_that_tells_them_apart(run):
    for number, lane in enumerate(run.lanes):
        lane.name, lane.kind = f"ThreadPoolExecutor-0_{number}", "thread"
    labels = [label.get_text() for label in run.timeline().axes[0].get_yticklabels()]
    assert labels == [f"ThreadPo…xecutor-0_{number}" for number in range(3)]


def test_a_span_of_no_length_divides_nothing(run):
    run.fill(run.lanes, 1.0, [(1, "x", "own", 0.5, 0.5, 0.0)])
    assert "1 thread" not in run.alt or "on a core" not in run.alt


def test_words_are_not_taken_for_formulas(run):
    run.lanes[1].name = "$a^^$"
    run.fill(run.lanes, 1.0, [(1, "$b^^$", "own", 0.0, 1.0, nan), (2, "有难", "own", 0, 1, nan)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert run.timeline(title="$c^^$").png()
        run.lanes[1].name = run.spans.name[0] = "half a \udc80 character"
        assert run.timeline(title="\udc80").png()
        assert run.alt.encode()


def test_an_empty_recording_is_a_picture_that_says_so():
    run = Recording()
    run.fill([], 1.0, [])
    assert any("Nothing to see" in text for text in words(run.timeline()))


def test_the_bundle_has_a_described_image_and_a_png(run):
    bundle = run.timeline()._repr_mimebundle_()
    assert f'alt="{run.alt}"' in bundle["text/html"]
    assert bundle["text/plain"] == "<Picture>"
    picture = Image.open(io.BytesIO(run.timeline().png()))
    assert picture.size[0] == 1900
    assert len(run.timeline().png()) < 60_000


def test_the_text_alternative_cannot_break_out_of_its_attribute(run):
    run.lanes[1].name = '"><script>'
    assert "<script>" not in run.timeline()._repr_mimebundle_()["text/html"]


def test_a_title_is_words(run):
    with pytest.raises(TypeError, match=r"timeline\(title\): must be words, not 3"):
        run.timeline(title=3)


@pytest.mark.parametrize("argument", ["until", "guess"])
@pytest.mark.parametrize("value", [0, -1, 1e-320, 1.7e308, float("nan"), 10**400, "2"])
def test_bad_arguments_are_named(run, argument, value):
    with pytest.raises(ValueError, match=rf"timeline\({argument}\): must be seconds, from"):
        run.timeline(**{argument: value})


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.12, "120 ms"),
        (1.2399, "1.24 s"),
        (9.996, "10.0 s"),
        (99.96, "100 s"),
        (0.00000123, "1.23 µs"),
        (0.9996, "1.00 s"),
        (0.00099999, "1.00 ms"),
        (0.0, "0.00 µs"),
    ],
)
def test_durations_have_three_figures_and_a_unit_that_suits(seconds, words):
    assert duration(seconds) == words
