"""helpers.classroom: what a learner hands in, and the one table of a class."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import classroom, diary, lesson
from helpers.classroom import gathered, main, read, told, write_csv
from helpers.lesson import check, predict, progress


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The folder of a learner's notebooks."""
    (tmp_path / "class").mkdir()
    monkeypatch.chdir(tmp_path / "class")
    return tmp_path / "class"


def hand_in(folder, name, written="2026-11-28T10:00:00", **changes):
    page = {classroom.KEY: classroom.FORMAT, "name": name, "written": written}
    page |= {"predictions": {}, "exercises": {}, "votes": {}} | changes
    file = folder / f"progress_{name}_{written[-8:-6]}.json"
    file.write_text(json.dumps(page))
    return file


def test_a_learner_s_file_holds_what_was_done_and_what_it_says_it_holds(folder):
    predict("00 test", "?", [1, 2]).choose("1.00 s")
    predict("00 test", "?", [1, 2]).vote("2.00 s", 7)
    predict("00 two", "?", [1, 2]).choose(None)
    check("02 tickets", lesson.find("02 tickets").solution)
    check("02 fetch all", lambda fetch, urls: {})
    said = str(progress(export="Anna B."))
    page = json.loads((folder / "progress_Anna_B_.json").read_text("utf-8"))
    assert page.pop("written")
    assert page == {
        classroom.KEY: classroom.FORMAT,
        "name": "Anna B.",
        "predictions": {"00 test": "1.00 s"},
        "exercises": {"02 tickets": "passed", "02 fetch all": "tried"},
        "votes": {"00 test": {"1.00 s": 0, "2.00 s": 7}},
    }
    for words in ("name Anna B.", "1 predictions, 1 exercises passed and 1 tried", "1 votes"):
        assert words in said
    assert [file.name for file in folder.iterdir()] == ["progress_Anna_B_.json"]


def test_what_was_passed_once_stays_passed_and_what_was_tried_is_not_passed():
    check("02 tickets", lesson.find("02 tickets").solution)
    check("02 tickets", lesson.find("02 tickets").start)
    check("02 tickets", lambda: lambda tickets: True)
    assert diary.read() == {("exercise", "02 tickets"): "passed"}
    check("02 fetch all", lambda fetch, urls: {})
    assert diary.read()["exercise", "02 fetch all"] == "tried"
    row = progress()._repr_html_().partition("02_threading")[2].partition("</tr>")[0]
    assert "<td>1 of 4</td>" in row


@pytest.mark.parametrize("name", [" ", "…", "x" * 41])
def test_a_name_that_will_not_do_is_refused_in_a_line(folder, name):
    assert str(progress(export=name)).startswith("Not written. `export` wants a name of 1 to 40")
    assert not [*folder.iterdir()]


def test_another_s_file_is_never_written_over_and_one_s_own_is(folder):
    progress(export="Anna")
    assert str(progress(export="Anna")).startswith("Written.")
    (folder / "progress_Ben.json").write_text("mine")
    assert "there is another file of that name" in str(progress(export="Ben"))
    assert (folder / "progress_Ben.json").read_text() == "mine"


def test_one_learner_s_file_is_not_written_over_another_s(folder):
    progress(export="Ann B")
    assert "there is another file of that name" in str(progress(export="Ann_B"))
    progress(export="Ann B")  # one's own is
    assert read(folder / "progress_Ann_B.json").name == "Ann B"


def test_a_name_that_is_no_name_is_a_type_error():
    with pytest.raises(TypeError, match=r"progress\(export\): must be a name, not 3"):
        progress(export=3)


def test_to_hand_in_and_forget_at_once_does_neither(folder):
    diary.note("exercise", "02 tickets", "passed")
    assert str(progress(forget=True, export="Anna")).startswith("Neither. Hand it in first")
    assert diary.read() and not [*folder.iterdir()]


@pytest.mark.parametrize("name", ["Anna", "Zo\udcff"])
def test_what_cannot_be_written_leaves_the_file_as_it_was(folder, monkeypatch, name):
    progress(export=name)
    [file] = folder.iterdir()
    before = file.read_bytes()
    assert read(file).name

    def full(path, content):
        path.touch()
        raise OSError(28, "No space left on device", str(path))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", full)
        assert "No space left" in str(progress(export=name))
    assert [*folder.iterdir()] == [file] and file.read_bytes() == before
    assert str(progress(export=name)).startswith("Written.")


@pytest.mark.parametrize("kind", ["exercise", "prediction", "votes"])
@pytest.mark.parametrize("value", [["y"], 3, {"y": "z"}, "\ud800"])
def test_nonsense_in_a_diary_is_no_trouble_to_hand_in(folder, kind, value):
    diary.note(kind, "x", value)
    diary.note("exercise", "02 tickets", "passed")
    assert "1 exercises passed" in str(progress(export="Anna"))
    if value != {"y": "z"}:  # hands that are words: the teacher is told
        assert read(folder / "progress_Anna.json").exercises["02 tickets"] == "passed"


@pytest.fixture
def three(folder):
    hand_in(folder, "Cleo", exercises={"01 together": "tried", "02 tickets": "tried"})
    both = {"01 together": "passed", "02 tickets": "tried"}
    hand_in(folder, "anna", exercises=both, predictions={"01 sums": "as two"})
    votes = {"01 sums": {"as all four": 9, "as one": 0}}
    hand_in(folder, "Ben", exercises={"01 together": "passed"}, votes=votes)
    return folder


def test_the_table_tells_who_passed_where_most_are_stuck_and_what_was_predicted(three):
    learners, left_out = gathered([three])
    assert not left_out
    text = told(learners, 100)
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert lines[0] == "3 handed in: anna, Ben, Cleo."
    assert "anna Ben Cleo passed tried" in lines
    assert "01 together + + ? 2 1" in lines
    assert "02 tickets ? ? 0 2" in lines
    assert "Most are stuck at: 02 tickets (2 of 3), 01 together (1 of 3)." in lines
    assert "01 sums as two: 1 (by hands: as all four: 9)" in lines


def test_a_learner_s_sign_stands_in_the_learner_s_column(three):
    lines = told(gathered([three])[0]).splitlines()
    head = next(line for line in lines if "Cleo" in line and "passed" in line)
    row = next(line for line in lines if "01 together" in line)
    right = [head.index(name) + len(name) - 1 for name in ("anna", "Ben", "Cleo")]
    assert [row[at] for at in right] == ["+", "+", "?"]


def test_a_large_class_has_no_columns_and_is_told_where_they_are(folder):
    for number in range(30):
        hand_in(folder, f"Learner {number}", exercises={"01 together": "passed"})
    text = told(gathered([folder])[0], 100)
    assert "no room for each learner's column: use --csv" in text
    assert max(map(len, text.splitlines()[2:])) <= 100
    assert " 30 " in text


def test_a_csv_has_a_column_for_each_learner_and_no_formula(three):
    hand_in(three, "=1+1", exercises={"01 together": "passed"}, predictions={"01 sums": "-2"})
    learners, _ = gathered([three])
    write_csv(learners, three / "table.csv")
    with (three / "table.csv").open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.reader(lines))
    assert rows[0] == ["kind", "name", "'=1+1", "anna", "Ben", "Cleo"]
    assert rows[1] == ["exercise", "01 together", "passed", "passed", "passed", "tried"]
    assert rows[3] == ["prediction", "01 sums", "'-2", "as two", "", ""]


def page(**changes):
    whole = {classroom.KEY: 1, "name": "Eve", "written": "now"}
    whole |= {"predictions": {}, "exercises": {}, "votes": {}}
    return json.dumps(whole | changes)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "it is broken"),
        ("\x00", "it is broken"),
        ("[" * 100_000, "it is broken"),
        ("[]", "it is not what progress(export=...) writes"),
        ('{"cells": []}', "it is not what progress(export=...) writes"),
        (page(**{classroom.KEY: 0}), "another version of the course wrote it"),
        (page(name=3), "something in it was changed by hand"),
        (page(name=" "), "something in it was changed by hand"),
        (page(exercises=["x"]), "something in it was changed by hand"),
        (page(predictions={"x": ["y"]}), "something in it was changed by hand"),
        (page(exercises={"x": ["y"]}), "something in it was changed by hand"),
        (page(votes={"x": {"y": "many"}}), "something in it was changed by hand"),
        (page(votes={"x": {"y": float("inf")}}), "something in it was changed by hand"),
        (" " * 1_000_001, "it is too large"),
    ],
)
def test_a_file_that_will_not_do_is_told_in_a_line_and_left_out(three, content, said, capsys):
    (three / "bad.json").write_text(content)
    learners, [line] = gathered([three])
    assert [one.name for one in learners] == ["anna", "Ben", "Cleo"]
    assert line.startswith(f"{three / 'bad.json'}: left out: {said}")
    assert "\n" not in line


def test_a_missing_file_is_told(three):
    learners, [line] = gathered([three / "progress_Dan.json", three])
    assert len(learners) == 3
    assert "progress_Dan.json: left out: it cannot be read" in line


def test_of_two_of_one_name_the_later_counts_and_a_file_named_twice_counts_once(three):
    later = hand_in(three, "Anna", "2026-11-28T11:00:00", exercises={"02 tickets": "passed"})
    learners, [line] = gathered([three, later, three])
    assert learners[0].exercises == {"02 tickets": "passed"}
    assert "Anna has handed in twice, and progress_Anna_11.json is the later one" in line


def test_the_command_gathers_prints_and_writes(three, capsys):
    (three / "bad.json").write_text("{")
    assert main([str(three), "--csv", str(three / "table.csv")]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("3 handed in") and "bad.json: left out" in err
    assert (three / "table.csv").exists()
    assert main([str(three), "--csv", str(three / "no" / "table.csv")]) == 1
    assert "cannot be written" in capsys.readouterr().err
    assert main([str(three / "nobody.json")]) == 1
    assert "nothing to gather" in capsys.readouterr().out


def test_names_of_several_lines_and_signs_stay_one_line(folder):
    hand_in(folder, "A", exercises={"01\n\x1b[31m together": "passed"})
    [one], _ = gathered([folder])
    assert list(one.exercises) == ["01 [31m together"]


def test_numbers_and_words_beyond_all_measure_are_cut(folder):
    hand_in(folder, "A", predictions={"x" * 9000: "y" * 9000}, votes={"q": {"y": 10**4000}})
    [one], _ = gathered([folder])
    assert one.votes == {"q": {"y": classroom.HANDS}}
    assert one.predictions == {"x" * classroom.WORDS: "y" * classroom.WORDS}


def test_a_file_with_the_mark_that_windows_puts_in_front_is_read(folder):
    (folder / "a.json").write_text(page(), "utf-8-sig")
    assert [one.name for one in gathered([folder])[0]] == ["Eve"]


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such files")
def test_odd_files_and_folders_are_told_in_a_line_each(three):
    (three / "loop.json").symlink_to("loop.json")
    os.mkfifo(three / "pipe.json")
    (three / "two\nlines\x1b.json").write_text("{")
    (three / "none").mkdir()
    learners, lines = gathered([three, three / "none", three / ("x" * 300)])
    assert len(learners) == 3
    told = [line.removeprefix(f"{three}/") for line in sorted(lines)]
    assert told[0].startswith("loop.json: left out: it cannot be read")
    assert told[1] == "none: left out: it holds no .json file that can be seen."
    assert told[2] == "pipe.json: left out: it is no file."
    assert told[3] == "two?lines?.json: left out: it is broken."
    assert told[4].startswith("xxx") and "it cannot be read" in told[4]


def test_the_table_is_not_written_over_what_a_learner_has_handed_in(three, capsys):
    file = hand_in(three, "Dan")
    before = file.read_bytes()
    assert main([str(three), "--csv", str(file)]) == 1  # as `--csv *.json` would
    assert "cannot be written: it is what a learner has handed in" in capsys.readouterr().err
    assert file.read_bytes() == before


def command(*words, **how):
    """Start the command in a Python of its own, whose terminal has few letters."""
    settings = {**os.environ, "PYTHONPATH": str(Path(classroom.__file__).parents[1])}
    return subprocess.Popen(
        [sys.executable, "-m", "helpers.classroom", *map(str, words)],
        env=settings | {"PYTHONIOENCODING": "cp1252"},
        stderr=subprocess.PIPE,
        **how,
    )


def test_a_name_that_a_terminal_cannot_show_is_shown_in_part(folder):
    (folder / "a.json").write_text(page(name="Łukasz"), "utf-8")
    with command(folder, stdout=subprocess.PIPE) as run:
        out, err = run.communicate()
    assert (run.returncode, err) == (0, b"")
    assert out.startswith(b"1 handed in: ?ukasz.")


@pytest.mark.skipif(os.name != "posix", reason="Windows says something else")
def test_a_reader_that_wants_no_more_is_told_in_a_line(three):
    wanted, given = os.pipe()
    os.close(wanted)
    with command(three, stdout=given) as run:
        os.close(given)
        err = run.communicate()[1]
    assert (run.returncode, err) == (1, b"The table cannot be shown: Broken pipe.\n")
