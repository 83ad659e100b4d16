"""helpers.prediction: a question, what was chosen, a room's votes, and what is drawn of them."""

import subprocess
import sys
from pathlib import Path

import pytest

from helpers import diary, prediction, record
from helpers.prediction import predict

ROOT = Path(__file__).resolve().parent.parent
QUESTION = "How long will it take?"


@pytest.fixture(autouse=True)
def nothing_before(monkeypatch):
    monkeypatch.setattr(prediction, "_last", None)
    monkeypatch.setattr(prediction, "_of_cell", {})


def ask(**answers):
    return predict("00 test", QUESTION, answers or [0.3, 1.8])


def test_nobody_must_answer():
    guess = ask()
    assert str(guess) == "no prediction"
    assert list(guess) == []
    assert repr(guess) == "How long will it take? 0.30 s / 1.80 s"


def test_an_answer_is_kept_and_drawn():
    ask().choose("1.80 s")
    guess = ask()
    assert str(guess) == "1.80 s"
    assert list(guess) == [("you", 1.8)]
    with record() as run:
        pass
    assert "Predicted: you: 1.80 s." in run.timeline(guess=guess).alt


def test_the_votes_of_a_room_are_kept_and_drawn():
    guess = ask()
    guess.choose("1.80 s")
    guess.vote("0.30 s", 7)
    guess.vote("1.80 s", 2)
    told = [("7 of 9", 0.3), ("you", 1.8), ("2 of 9", 1.8)]
    assert list(guess) == list(ask()) == told
    with record() as run:
        pass
    assert "Predicted: 7 of 9: 0.30 s, " in run.timeline(guess=guess).alt


def test_answers_may_be_words_with_seconds_or_without():
    guess = ask(**{"as one": 0.2, "as all": 2.4})
    guess.choose("as all")
    assert list(guess) == [("you", 2.4)]
    words = predict("00 words", QUESTION, ["soon", "late"])
    words.choose("late")
    assert list(words) == []
    assert str(words) == "late"


def test_a_button_tells_the_seconds_too():
    guess = ask(**{"as one": 0.2, "as all": 2.4})
    assert [label for label, _ in guess.widgets.children[1].options] == [
        "as one: 0.20 s",
        "as all: 2.40 s",
    ]
    assert [label for label, _ in ask().widgets.children[1].options] == [
        "0.30 s",
        "1.80 s",
    ]
    words = predict("00 words", QUESTION, ["soon", "late"])
    assert [label for label, _ in words.widgets.children[1].options] == ["soon", "late"]
    assert (guess.longest, words.longest) == (2.4, 0.0)


def test_code_in_a_question_is_shown_as_code():
    guess = predict("00 code", "What does `a < b` do?", ["this", "that"])
    shown = "What does <code>a &lt; b</code> do?"
    assert shown in guess._repr_mimebundle_()["text/html"]
    assert shown in guess.widgets.children[0].value


def test_an_answer_that_the_question_no_longer_has_is_forgotten():
    ask().choose("0.30 s")
    assert ask(a=1.0, b=2.0).answer is None


@pytest.mark.parametrize("kept", [None, 3, "0.30 s", {"0.30 s": -1, "1.80 s": "x", "?": 4}])
def test_what_a_diary_should_not_hold_does_no_harm(kept):
    diary.note("votes", "00 test", kept)
    diary.note("prediction", "00 test", [kept])
    assert list(ask()) == []


@pytest.mark.parametrize(
    ("arguments", "error", "word"),
    [
        ((1, QUESTION, [1, 2]), TypeError, "name"),
        (("00", None, [1, 2]), TypeError, "question"),
        (("00", QUESTION, [1.0]), ValueError, "answers"),
        (("00", QUESTION, ["a", "a"]), ValueError, "answers"),
        (("00", QUESTION, {"a": 0, "b": 1}), ValueError, "answers"),
        (("00", QUESTION, {"a": 1, "b": "2"}), ValueError, "answers"),
        (("00", QUESTION, {"a": 1, 2: 3}), ValueError, "answers"),
        (("00", QUESTION, [1, None]), ValueError, "answers"),
        (("00", QUESTION, [True, 1]), ValueError, "answers"),
        (("00", QUESTION, [1, 1e6]), ValueError, "answers"),
        (("00", QUESTION, [0.3010001, 0.3010002]), ValueError, "answers"),
        (("00", QUESTION, "abc"), TypeError, "answers"),
        (("00", QUESTION, 3), TypeError, "answers"),
        (("00", QUESTION, None), TypeError, "answers"),
    ],
)
def test_a_question_that_is_none_is_one_clear_line(arguments, error, word):
    with pytest.raises(error, match=rf"^predict\({word}\): "):
        predict(*arguments)


def test_its_buttons_and_counts_choose():
    guess = ask()
    bundle = guess._repr_mimebundle_()
    assert bundle["text/plain"] == repr(guess)
    assert "0.30 s" in bundle["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in bundle
    _, buttons, room, told = guess.widgets.children
    buttons.value = "1.80 s"
    assert guess.answer == "1.80 s"
    assert "You chose 1.80 s." in told.value
    opener, fields = room.children
    opener.value = True
    assert fields.layout.display == "flex"
    fields.children[0].value = 5
    assert guess.votes == {"0.30 s": 5, "1.80 s": 0}
    again = ask()
    assert (again.answer, again.votes) == (guess.answer, guess.votes)


def test_a_picture_takes_the_prediction_before_it_and_takes_it_again():
    assert prediction.taken_by("first") is None
    guess = ask()
    assert prediction.taken_by("second") is guess
    assert prediction.taken_by("third") is None
    assert prediction.taken_by("second") is guess


def test_it_survives_a_restart():
    code = "from helpers.lesson import predict\n"
    code += f"print(predict('00 test', {QUESTION!r}, [0.3, 1.8]))"
    ask().choose("0.30 s")
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert run.stdout == "0.30 s\n"


def test_numbers_of_another_unit_are_told_in_it_and_no_timeline_draws_them():
    waiting = predict("99 seconds", "How long?", [0.1, 0.2])
    many = predict("99 many", "How many?", [1, 8, "none"], unit="threads")
    assert [*many.choices] == ["1 threads", "8 threads", "none"]
    assert many.label("8 threads") == "8 threads"
    many.choose("8 threads")
    assert [*many] == [("you", 8)]
    assert prediction.taken_by("the next cell") is waiting
    with record() as run:
        pass
    with pytest.raises(ValueError, match=r"^timeline\(guess\): .* asked in threads$"):
        run.timeline(guess=many)
    with pytest.raises(TypeError, match=r"^predict\(unit\): must be words"):
        predict("99 many", "How many?", [1, 8], unit=3)


def test_only_one_of_the_answers_can_be_chosen():
    guess = ask()
    for wrong in (guess.choose, lambda answer: guess.vote(answer, 3)):
        with pytest.raises(ValueError, match=r"^predict: must be one of '0.30 s', '1.80 s', not"):
            wrong("zzz")
    assert list(guess) == []


def test_shown_twice_it_is_the_same():
    guess = ask()
    guess._repr_mimebundle_()
    _, buttons, *_ = guess.widgets.children
    buttons.value = "1.80 s"
    assert guess.widgets.children[1].value == "1.80 s"


def test_the_largest_answer_can_be_drawn():
    with record() as run:
        pass
    guess = predict("00 test", QUESTION, [1, prediction.MOST])
    guess.choose(guess.label([*guess.choices][1]))
    assert run.timeline(guess=guess, until=1.02 * guess.longest)
