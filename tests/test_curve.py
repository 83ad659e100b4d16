"""helpers.timeline.curve: seconds over how many there were."""

import itertools

import pytest

from helpers.prediction import Prediction
from helpers.timeline import curve

NUMBERS = [1, 2, 4, 8]
MEASURED = {1: 4.1, 2: 2.1, 4: 1.2, 8: 1.1}
LIMITS = {"waiting": {n: 4 / n for n in NUMBERS}, "computing": dict.fromkeys(NUMBERS, 1.0)}


@pytest.fixture
def axes():
    return curve(MEASURED, LIMITS, "Eight pages", guess=4).axes[0]


def test_it_draws_what_was_measured_and_the_limits(axes):
    measured = next(line for line in axes.lines if line.get_marker() == "o")
    assert [*measured.get_xdata()] == NUMBERS
    assert [*measured.get_ydata()] == [*MEASURED.values()]
    told = [text.get_text() for text in axes.texts]
    assert {"measured", "waiting", "computing", "you"} <= {*told}


def test_the_axis_holds_all_that_was_measured(axes):
    low, high = axes.get_ylim()
    assert low < min(MEASURED.values()) < max(MEASURED.values()) < high
    assert [label.get_text() for label in axes.get_xticklabels()] == [*map(str, NUMBERS)]


def test_the_prediction_stands_at_its_number(axes):
    (dashed,) = [line for line in axes.lines if [*line.get_xdata()] == [4, 4]]
    assert dashed.get_linestyle() == "--"


def boxes(picture):
    picture.png()
    return [text.get_window_extent() for text in picture.axes[0].texts if text.get_text()]


def test_no_two_names_stand_over_one_another():
    votes = [("you", 4), ("3 of 3", 4)]
    limits = LIMITS | {"memory": dict.fromkeys(NUMBERS, 1.01)}
    shown = boxes(curve(MEASURED, limits, "Names", guess=votes))
    assert not any(a.overlaps(b) for n, a in enumerate(shown) for b in shown[:n])


@pytest.mark.parametrize("power", [0, 1, 2, 3, 9])
def test_all_of_it_lies_on_the_page(power):
    limits = {"a limit whose name is " + "very " * 20 + "long": MEASURED}
    limits["waiting"] = {n: 4 / n**power for n in NUMBERS}
    picture = curve(MEASURED, limits, "A title that is " + "much " * 30 + "too long")
    picture.png()
    for text in [*picture.texts, *picture.axes[0].texts]:
        box = text.get_window_extent()
        assert 0 <= box.x0 < box.x1 <= picture.bbox.x1, text.get_text()
        assert 0 <= box.y0 < box.y1 <= picture.bbox.y1, text.get_text()


def test_it_is_told_in_words():
    assert "Measured: 1: 4.10 s, 2: 2.10 s" in curve(MEASURED, title="Pages").alt


def test_a_prediction_in_another_unit_is_drawn(monkeypatch, tmp_path):
    monkeypatch.setenv("THREE_LANES_DIARY", str(tmp_path / "diary"))
    asked = Prediction("99 knee", "How many?", {"2 threads": 2, "4 threads": 4}, "threads")
    asked.choose("2 threads")
    assert asked.label("2 threads") == "2 threads"
    drawn = curve(MEASURED, guess=asked).axes[0]
    assert any([*line.get_xdata()] == [2, 2] for line in drawn.lines)


def test_both_axes_are_such_that_halving_is_a_line(axes):
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert axes.get_xlabel() == "threads"
    assert any(label.get_text() == "2.00 s" for label in axes.get_yticklabels())


def test_a_limit_that_leaves_the_axes_has_its_name_where_it_leaves():
    drawn = curve(MEASURED, {"waiting": {n: 4 / n**3 for n in NUMBERS}}, "Pages").axes[0]
    name = next(text for text in drawn.texts if text.get_text() == "waiting")
    low, _ = drawn.get_ylim()
    assert name.xy[1] == low
    assert 4 / name.xy[0] ** 3 == pytest.approx(low)
    assert name.get_ha() == "left"


def test_where_numbers_double_times_halve():
    labels = curve({1: 4.0, 2: 2.0, 4: 1.0}).axes[0].get_yticklabels()
    assert [label.get_text() for label in labels] == ["1.00 s", "2.00 s", "4.00 s"]
    labels = curve({1: 4.0, 10: 2.0, 100: 1.0}).axes[0].get_yticklabels()
    assert [label.get_text() for label in labels] == ["1.00 s", "2.00 s", "5.00 s"]


@pytest.mark.parametrize("flat", [{1: 3.0, 2: 3.05, 4: 3.1, 8: 3.2}, {1: 3e8, 3: 3.1e8}])
def test_a_flat_curve_has_times_on_its_axis(flat):
    shown = [label.get_text() for label in curve(flat).axes[0].get_yticklabels()]
    assert len({*shown}) == 2


@pytest.mark.parametrize("where", ["title", "what", "limit", "guess"])
def test_dollars_are_dollars(where):
    odd = r"$\frac{$"
    given = {"limit": {"limits": {odd: MEASURED}}, "guess": {"guess": [(odd, 2)]}}
    assert curve(MEASURED, **given.get(where, {where: odd})).png()


def test_the_prediction_is_told_in_words():
    assert "Predicted by you: 4 threads." in curve(MEASURED, guess=4).alt


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"limits": {"measured": MEASURED}}, r"curve\(limits\)"),
        ({"limits": [1]}, r"curve\(limits\)"),
        ({"limits": {"half": {1: 0.5}}}, r"curve\(half\)"),
        ({"guess": 9}, r"curve\(guess\): must be from 1 to 8"),
        ({"guess": "x"}, r"curve\(guess\): must be from 1 to 8"),
        ({"guess": [1, 2]}, r"timeline\(guess\): must be a number, or \(who, number\)s"),
        ({"title": 3}, r"curve\(title\)"),
    ],
)
def test_a_wrong_argument_is_one_clear_line(arguments, says):
    with pytest.raises((TypeError, ValueError), match=f"^{says}"):
        curve(MEASURED, **arguments)


BAD = [
    None,
    3,
    [(1, 2.0)],
    {1: 1.0, 2**2000: 1.0},
    {},
    {1: 2.0},
    {1: 0.0, 2: 1.0},
    {0: 1.0, 2: 1.0},
]


@pytest.mark.parametrize("points", BAD)
def test_what_cannot_be_drawn_is_one_clear_line(points):
    with pytest.raises(ValueError, match=r"^curve\(measured\): must be numbers and their seconds"):
        curve(points)


def test_numbers_under_the_axis_do_not_touch():
    points = {2**power: 0.0002 * (1 + 2**power / 300) for power in range(15)}
    picture = curve(points, what="kilobytes")
    picture.png()
    labels = [one for one in picture.axes[0].get_xticklabels() if one.get_text()]
    assert [one.get_text() for one in labels][:2] == ["1", "4"]
    edges = [one.get_window_extent() for one in labels]
    assert all(one.x1 < after.x0 for one, after in itertools.pairwise(edges))


def test_times_are_round_in_their_unit():
    points = {2**power: 0.0002 * 2**power for power in range(5)}
    times = [one.get_text() for one in curve(points).axes[0].get_yticklabels()]
    assert times == ["250 µs", "500 µs", "1.00 ms", "2.00 ms", "4.00 ms"]
