"""helpers.diary: what a learner has answered and passed, in a file of their own."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from helpers import diary
from helpers.lesson import predict, progress

ROOT = Path(__file__).resolve().parent.parent


def ask():
    return predict("00 test", "How long will it take?", [0.3, 1.8])


def test_a_line_cut_off_by_a_kill_spoils_no_other(diary_file):
    diary.note("exercise", "one", 1)
    with diary_file.open("a") as lines:
        lines.write('{"kind": "exercise", "na')
    diary.note("exercise", "two", 2)
    assert diary.read() == {("exercise", "one"): 1, ("exercise", "two"): 2}


def test_many_may_write_at_the_same_time():
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
    assert "my_notebooks/" in (ROOT / ".gitignore").read_text("utf-8").splitlines()


def test_what_was_written_later_holds(monkeypatch, tmp_path, capsys):
    kept = diary.path()
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(diary.ELSEWHERE, str(tmp_path / "file" / "diary"))
    diary.note("exercise", "one", "lost")
    diary.note("exercise", "two", "lost")
    monkeypatch.setenv(diary.ELSEWHERE, str(kept))
    diary.note("exercise", "one", "kept")
    assert diary.read() == {("exercise", "one"): "kept", ("exercise", "two"): "lost"}
