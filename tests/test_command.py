"""tests/command.py, and the command lines of what runs notebooks."""

import argparse

import pytest

from benchmarks import heads
from site_source import pages
from tests import refresh, soak
from tests.command import read


def paths(*words, numbered=False):
    found = read(argparse.ArgumentParser(), [*words], numbered).paths
    return [path.relative_to(pages.ROOT / "notebooks").as_posix() for path in found]


def refused(capsys, command, *words):
    """Return the last line of what is said where a command line is refused."""
    with pytest.raises(SystemExit) as ended:
        command([*words])
    assert ended.value.code == 2
    return capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("name", ["02", "02_threading", "notebooks/02_threading.ipynb"])
def test_a_notebook_is_named_by_its_number_its_name_or_its_path(name):
    assert paths(name) == ["02_threading.ipynb"]


def test_without_a_name_all_are_meant():
    assert paths() == [*paths(numbered=True), "own_code/your_job.ipynb"]
    assert paths("your_job", "00", numbered=True) == [paths()[0], paths()[-1]]


def test_a_course_below_a_hidden_folder_has_its_notebooks(monkeypatch, tmp_path):
    root = tmp_path / ".hidden/course"
    (root / "notebooks/.ipynb_checkpoints").mkdir(parents=True)
    for name in ("02_b.ipynb", ".ipynb_checkpoints/02_b-checkpoint.ipynb"):
        (root / "notebooks" / name).touch()
    monkeypatch.setattr(pages, "ROOT", root)
    assert pages.notebooks.__wrapped__() == ["notebooks/02_b.ipynb"]


def test_a_notebook_that_is_not_there_is_refused(capsys):
    told = refused(capsys, soak.arguments, "00", "nonsense")
    assert told.endswith("there is no notebook nonsense")


@pytest.mark.parametrize(("module", "works"), [(refresh, "refresh"), (heads, "of_notebook")])
def test_who_runs_notebooks_runs_none_where_one_is_not_there(module, works, monkeypatch, capsys):
    monkeypatch.setattr(module, works, None)
    assert "no notebook nonsense" in refused(capsys, module.main, "00", "nonsense")


def test_a_course_without_notebooks_is_refused(monkeypatch, capsys):
    monkeypatch.setattr("tests.command.notebooks", list)
    assert "get a whole copy" in refused(capsys, soak.arguments)


def test_a_soak_is_run_in_one_way(capsys):
    told = refused(capsys, soak.arguments, "--shuffle", "1", "--restart", "2")
    assert told.endswith("argument --restart: not allowed with argument --shuffle")


def test_heads_are_measured_on_linux_only(monkeypatch, capsys):
    monkeypatch.setattr(heads, "of_notebook", None)
    monkeypatch.setattr("sys.platform", "darwin")
    assert "only Linux" in refused(capsys, heads.main, "00")
