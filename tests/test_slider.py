"""helpers.board.slider: an experiment is run anew when its slider is moved."""

import pytest

from helpers.board import slide
from helpers.timeline import curve


def picture_of(value):
    return curve({1: value, 2: value / 2}, title=f"with {value}")


def test_moving_it_runs_the_experiment_and_shows_the_new_picture():
    slider = slide(picture_of, [1, 2, 3], "how long")
    handle, page, told = slider.widgets.children
    assert not handle.continuous_update
    assert handle.description == "how long"
    before = page.value
    handle.value = 2  # the third of the values
    assert slider.value == 3
    assert "with 3." in page.value
    assert page.value != before
    assert page.value == slider.page
    assert "how long 3: with 3." in told.value


def test_what_cannot_show_widgets_shows_the_picture():
    bundle, about = slide(picture_of, [1, 2], "how long")._repr_mimebundle_()
    assert about["image/png"]["alt"].startswith("with 1.")
    assert "with 1." in bundle["text/html"]
    assert "image/png" in bundle
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/plain"] == "<Slider: how long from 1 to 2>"


def test_an_error_is_one_line_and_the_slider_can_be_moved_on():
    slider = slide(lambda value: picture_of(1 / value), [1, 0])
    handle, page, told = slider.widgets.children
    handle.value = 1  # the second of the values
    assert slider.page == "With 0 it raised ZeroDivisionError: division by zero"
    assert slider.picture is None
    assert slider._repr_mimebundle_()[1] == {}
    assert page.value == slider.page
    assert "raised ZeroDivisionError" in told.value
    handle.value = 0
    assert slider.picture is not None


@pytest.mark.parametrize("wrong", [None, "words", object()])
def test_who_returns_no_picture_is_told_so(wrong):
    slider = slide(lambda value: wrong, [1, 2])
    assert "the experiment should return a picture" in slider.page
    assert slider._repr_mimebundle_()[1] == {}


def test_an_exit_does_not_end_the_notebook_and_markup_is_words():
    def ends(value):
        raise SystemExit(f"<b>{value}</b>")

    assert slide(ends, [1, 2]).page.endswith("SystemExit: &lt;b&gt;1&lt;/b&gt;")


def test_an_interrupt_leaves_no_old_picture():
    def experiment(value):
        if value == 2:
            raise KeyboardInterrupt
        return picture_of(value)

    slider = slide(experiment, [1, 2])
    handle, page, _ = slider.widgets.children
    with pytest.raises(KeyboardInterrupt):
        handle.value = 1  # the second of the values
    assert page.value == "With 2 it was stopped."


@pytest.mark.parametrize("values", [[None, 1], [(1, 2), (3, 4)], [[1], [2]], [1, 1]])
def test_values_may_be_anything(values):
    assert slide(lambda _: picture_of(1), values)._repr_mimebundle_()


@pytest.mark.parametrize("values", [[], [1], 3, None])
def test_one_value_is_no_slider(values):
    with pytest.raises(ValueError, match=r"^slide\(values\): two at least"):
        slide(picture_of, values)


def test_an_experiment_is_a_function():
    with pytest.raises(TypeError, match=r"^slide\(experiment\): must be a function"):
        slide(3, [1, 2])
