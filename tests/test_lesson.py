"""helpers.lesson: what is checked, hinted at and shown, and how far a learner has come."""

import json
import multiprocessing
import os
import signal
import sys
import threading
import time
from types import SimpleNamespace

import pytest

from helpers import diary, lesson
from helpers.exercises import attempt, meeting, processes, tasks
from helpers.exercises.threads import RECAP
from helpers.exercises.ways import JOBS
from helpers.lesson import check, hint, predict, progress, solution


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


def test_progress_counts_what_was_done_in_each_notebook(monkeypatch, tmp_path):
    source = 'predict("00 test", QUESTION, [1, 2])\nguess = predict("00 two", "?", [1, 2])'
    checks = 'check("02 tickets", make_seller)\ncheck("02 tickets", again)'
    for name, text in (("00_a", source), ("02_b", checks)):
        cells = [{"cell_type": "code", "source": [text]}]
        (tmp_path / f"{name}.ipynb").write_text(json.dumps({"cells": cells}))
    monkeypatch.setattr(lesson, "NOTEBOOKS", tmp_path)
    assert "0 of 2" in progress()._repr_html_()
    diary.note("prediction", "00 of old", "0.30 s")
    predict("00 test", "?", [1, 2]).choose("1.00 s")
    predict("00 two", "?", [1, 2]).vote("1.00 s", 3)
    diary.note("prediction", "00 two", None)
    check("02 tickets", SimpleNamespace)
    check("02 tickets", lesson.find("02 tickets").solution)
    page = progress()._repr_html_()
    assert '<tr><th scope="row">00_a</th><td>1 of 2</td><td></td></tr>' in page
    assert '<tr><th scope="row">02_b</th><td></td><td>1 of 1</td></tr>' in page
    assert str(progress(forget=True)).startswith("Forgotten.")
    assert "0 of 2" in progress()._repr_html_()


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


@pytest.mark.parametrize(
    ("name", "words"), [("01", JOBS), ("02", RECAP), ("03", processes.RECAP), ("04", tasks.RECAP)]
)
def test_what_is_to_be_recalled_in_the_notebook_is_what_is_judged(name, words):
    (path,) = lesson.NOTEBOOKS.glob(f"{name}_*.ipynb")
    cells = json.loads(path.read_text("utf-8"))["cells"]
    source = "\n".join("".join(cell["source"]) for cell in cells)
    assert all(f'"{sentence}": None' in source for sentence in words)


def solved(*raised):
    """Return a solution of '01 together' whose threads raise an error when all is done."""

    def together(job, times):
        def last():
            job()
            for error in raised:
                raise error

        lesson.find("01 together").solution(last, times)

    return together


def test_an_interrupt_leaves_no_hook(monkeypatch):
    class Interrupted(threading.Thread):
        def join(self, timeout=None):
            super().join(timeout)  # so that the next test does not meet it at its end
            raise KeyboardInterrupt

    hook = threading.excepthook
    monkeypatch.setattr(threading, "Thread", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        check("01 together", lesson.find("01 together").solution)
    assert threading.excepthook is hook


@pytest.mark.skipif(sys.platform == "win32", reason="an interrupt is no signal there")
def test_an_interrupted_check_ends_what_it_has_started(monkeypatch):
    for room, patience in ((meeting, "PATIENCE"), (attempt, "STUCK"), (attempt, "LONGEST")):
        monkeypatch.setattr(room, patience, 600)
    before, started = threading.enumerate(), threading.Event()

    def waits_for_ever(job, numbers):
        process = multiprocessing.Process(target=job, args=(numbers, multiprocessing.Queue()))
        process.start()
        started.set()
        process.join()

    def interrupt():
        started.wait()
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        check("03 receive", waits_for_ever)
    thread.join()
    deadline = time.monotonic() + 60
    while threading.enumerate() != before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.enumerate() == before
    assert not multiprocessing.active_children()


def test_what_threads_raise_is_told_with_what_is_wrong():
    told = str(check("01 together", lambda job, times: solved(OSError("x"))(job, 1)))
    assert told.startswith("Not yet. In 1 of your threads: OSError: x. `job` ran 1 times")


def test_who_passes_sees_what_threads_raise_as_ever(monkeypatch):
    seen = []
    monkeypatch.setattr(threading, "excepthook", seen.append)
    assert str(check("01 together", solved(OSError("x")))).startswith("Passed.")
    assert [type(one.exc_value) for one in seen] == [OSError] * 5
