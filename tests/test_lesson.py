"""helpers.lesson and helpers.diary: predictions, votes, hints, progress, and what is kept."""

import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from helpers import diary, lesson, prediction, record
from helpers.exercises.threads import RECAP
from helpers.lesson import check, hint, predict, progress, solution
from helpers.magic import TITLE, title_in

ROOT = Path(__file__).resolve().parent.parent
QUESTION = "How long will it take?"


@pytest.fixture(autouse=True)
def file(monkeypatch, tmp_path):
    path = tmp_path / "mine" / "diary"
    monkeypatch.setenv("THREE_LANES_DIARY", str(path))
    monkeypatch.setattr(diary, "_unkept", [])
    monkeypatch.setattr(prediction, "_last", None)
    monkeypatch.setattr(prediction, "_of_cell", {})
    return path


def ask(**answers):
    return predict("00 test", QUESTION, answers or [0.3, 1.8])


# --- predictions ---------------------------------------------------------------------------------


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
    assert [label for label, _ in prediction.sheet(guess).children[1].options] == [
        "as one: 0.20 s",
        "as all: 2.40 s",
    ]
    assert [label for label, _ in prediction.sheet(ask()).children[1].options] == [
        "0.30 s",
        "1.80 s",
    ]
    words = predict("00 words", QUESTION, ["soon", "late"])
    assert [label for label, _ in prediction.sheet(words).children[1].options] == ["soon", "late"]
    assert (guess.longest, words.longest) == (2.4, 0.0)


def test_code_in_a_question_is_shown_as_code():
    guess = predict("00 code", "What does `a < b` do?", ["this", "that"])
    shown = "What does <code>a &lt; b</code> do?"
    assert shown in guess._repr_mimebundle_()["text/html"]
    assert shown in prediction.sheet(guess).children[0].value


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
    _, buttons, room = prediction.sheet(guess).children
    buttons.value = "1.80 s"
    assert guess.answer == "1.80 s"
    room.children[0].children[0].value = 5
    assert guess.votes == {"0.30 s": 5, "1.80 s": 0}
    again = ask()
    assert (again.answer, again.votes) == (guess.answer, guess.votes)


def test_a_picture_takes_the_prediction_before_it_and_takes_it_again():
    assert prediction.taken_by("first") is None
    guess = ask()
    assert prediction.taken_by("second") is guess
    assert prediction.taken_by("third") is None
    assert prediction.taken_by("second") is guess


def test_a_comment_below_the_magic_is_the_title():
    assert title_in("%%timeline run\n# Six pages\nx = 1") == "Six pages"
    for cell in ("%%timeline", "%%timeline\nx = 1", "%%timeline\nx\n# later", "%%timeline\n#!x"):
        assert title_in(cell) == TITLE


# --- what is said --------------------------------------------------------------------------------


def test_hints_come_one_at_a_time():
    page = hint("02 tickets")._repr_html_()
    assert page.count("<details>") == page.count("</details>") == 3
    inner = page.partition("Hint 1 of 3")[2]
    assert inner.index("<details>") < inner.index("Hint 2 of 3")
    assert "open" not in page


def test_a_solution_is_folded_and_whole():
    page = solution("02 tickets")._repr_html_()
    assert page.index("<details>") < page.index("def make_seller")
    assert "tickets.left &gt; 0" in page


def test_what_code_raises_is_told_and_escaped():
    def answer(*_):
        raise ValueError("<b>")

    told = check("02 fetch all", answer)
    assert str(told) == "Not yet. Your code raised ValueError: <b>"
    assert "&lt;b&gt;" in told._repr_html_()


# --- progress ------------------------------------------------------------------------------------


def test_progress_counts_what_was_done_in_each_notebook(monkeypatch, tmp_path):
    source = 'predict("00 test", QUESTION, [1, 2])\nguess = predict("00 two", "?", [1, 2])'
    checks = 'check("02 tickets", make_seller)\ncheck("02 tickets", again)'
    for name, text in (("00_a", source), ("02_b", checks)):
        cells = [{"cell_type": "code", "source": [text]}]
        (tmp_path / f"{name}.ipynb").write_text(json.dumps({"cells": cells}))
    monkeypatch.setattr(lesson, "NOTEBOOKS", tmp_path)
    assert "0 of 2" in progress()._repr_html_()
    ask().choose("0.30 s")
    ask().vote("0.30 s", 3)
    check("02 tickets", SimpleNamespace)
    check("02 tickets", lesson.find("02 tickets").solution)
    page = progress()._repr_html_()
    assert "<tr><td>00_a</td><td>1 of 2</td><td></td></tr>" in page
    assert "<tr><td>02_b</td><td></td><td>1 of 1</td></tr>" in page
    assert str(progress(forget=True)).startswith("Forgotten.")
    assert "0 of 2" in progress()._repr_html_()


def test_it_survives_a_restart(file):
    code = "from helpers.lesson import predict\n"
    code += f"print(predict('00 test', {QUESTION!r}, [0.3, 1.8]))"
    ask().choose("0.30 s")
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert run.stdout == "0.30 s\n"


def test_a_line_cut_off_by_a_kill_spoils_no_other(file):
    diary.note("exercise", "one", 1)
    with file.open("a") as lines:
        lines.write('{"kind": "exercise", "na')
    diary.note("exercise", "two", 2)
    assert diary.read() == {("exercise", "one"): 1, ("exercise", "two"): 2}


def test_many_may_write_at_the_same_time(file):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: diary.note("exercise", str(n), "x" * 500), range(200)))
    assert len(diary.read()) == 200


def test_where_it_cannot_be_kept_it_lasts_as_long_as_the_kernel(monkeypatch, tmp_path, capsys):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("THREE_LANES_DIARY", str(blocked / "diary"))
    ask().choose("0.30 s")
    ask().choose("1.80 s")
    assert ask().answer == "1.80 s"
    assert capsys.readouterr().err.count("cannot be written") == 1
    assert str(progress(forget=True)).startswith("Forgotten.")
    assert ask().answer is None


def test_the_learner_s_file_is_no_tracked_one(monkeypatch):
    monkeypatch.delenv("THREE_LANES_DIARY")
    assert diary.path().parent == ROOT / "my_notebooks"
    ignored = subprocess.run(["git", "check-ignore", str(diary.path())], cwd=ROOT)
    assert ignored.returncode == 0


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
    with pytest.raises(TypeError, match=r"^predict\(unit\): must be a word"):
        predict("99 many", "How many?", [1, 8], unit=3)


def test_what_hangs_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(lesson, "LONGEST", 0.2)
    never = threading.Event()
    try:
        told = str(check("02 fetch all", lambda fetch, urls: never.wait()))
    finally:
        never.set()
    assert told.startswith("Not yet. It has not come back")


def test_an_exit_in_an_answer_does_not_end_the_notebook():
    told = str(check("02 fetch all", lambda fetch, urls: sys.exit("gone")))
    assert told == "Not yet. Your code raised SystemExit: gone"


def test_the_recap_in_the_notebook_is_the_one_that_is_judged():
    book = (lesson.NOTEBOOKS / "02_threading.ipynb").read_text("utf-8")
    source = "\n".join("".join(cell["source"]) for cell in json.loads(book)["cells"])
    assert all(f'"{sentence}": None' in source for sentence in RECAP)
