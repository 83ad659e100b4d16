"""docs/recipe.md: its blocks are one program, which counts the same with every kind of pool."""

import csv
import re
import runpy
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.documents import BLOCK

RECIPE = Path(__file__).resolve().parent.parent / "docs" / "recipe.md"
TEXT = RECIPE.read_text("utf-8")

CHOICE = "Pool = ProcessPoolExecutor"
MAIN = 'if __name__ == "__main__":\n'
FULL, SHORT = 50_000, 15_000  # rows of its table, and as many as the quick tests need
FORK = pytest.mark.skipif(sys.platform == "win32", reason="there is no fork on Windows")


def script(length=SHORT):
    """Return the program that the blocks make, as a reader puts it into one file."""
    text = "\n\n".join(BLOCK.findall(TEXT))
    assert f"length={FULL:_}" in text
    return text.replace(f"length={FULL:_}", f"length={length:_}")


def save(folder, text):
    """Write the program where a learner would, and return its path."""
    path = folder / "rides.py"
    path.write_text(text, "utf-8")
    return path


def run(path):
    """Run the program from the folder that it is in; return what it printed."""
    ended = subprocess.run(
        [sys.executable, path.name], cwd=path.parent, capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 0, ended.stderr
    assert not ended.stderr
    return ended.stdout


def without_times(printed):
    """Return the lines that are the same in every run, and the names of the times."""
    told = re.compile(r"^(.+): \d+\.\d\d s passed, \d+\.\d\d s on a core$", re.M)
    return told.sub("", printed).strip().splitlines(), told.findall(printed)


@pytest.fixture
def recipe(tmp_path):
    """The program's functions, without a run of it."""
    return runpy.run_path(str(save(tmp_path, script())))


@pytest.fixture
def rows(recipe, tmp_path):
    """The table that the program makes."""
    recipe["make_table"](tmp_path / "rides.csv")
    return recipe["read_table"](tmp_path / "rides.csv")


@pytest.fixture(scope="module")
def in_threads(tmp_path_factory):
    """What the program prints with threads: whatever else it is run with must print the same."""
    text = script().replace(CHOICE, "Pool = ThreadPoolExecutor")
    return run(save(tmp_path_factory.mktemp("recipe"), text))


def check_report(printed, length):
    """Check all that the program prints when its table is so long."""
    results, times = without_times(printed)
    assert times == ["in turn", "1 in a pool", "2 in a pool", "4 in a pool"]
    bad = [7_000 * number + 1 for number in range(1, length // 7_000 + 1)]
    assert re.fullmatch(rf"\d+ quarters .* {length} rows, {len(bad)} of them bad", results[0])
    assert [int(re.match(r"line (\d+): .*'\?'", line)[1]) for line in results[1:]] == bad


def test_threads_print_times_results_and_every_bad_row(in_threads):
    check_report(in_threads, SHORT)


@pytest.mark.slow
def test_the_program_as_it_stands(tmp_path):
    check_report(run(save(tmp_path, script(FULL))), FULL)


@pytest.mark.parametrize("method", ["spawn", pytest.param("forkserver", marks=FORK), None])
def test_processes_print_the_same_however_they_are_started(tmp_path, in_threads, method):
    setting = f"    import multiprocessing\n    multiprocessing.set_start_method({method!r})\n"
    text = script().replace(MAIN, MAIN + setting * bool(method))
    assert CHOICE in text and (not method or setting in text)
    assert without_times(run(save(tmp_path, text))) == without_times(in_threads)


def test_the_program_leaves_nothing_behind(tmp_path, monkeypatch):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    for variable in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(variable, str(temporary))
    path = save(tmp_path, script().replace(CHOICE, "Pool = ThreadPoolExecutor"))
    run(path)
    assert not list(temporary.iterdir())
    assert {one.name for one in tmp_path.iterdir()} == {path.name, temporary.name}


def test_quarters_are_those_of_another_calculation(recipe, rows):
    expected = Counter()
    for _, (station, left, returned) in rows:
        if returned != "?":
            for hour in range(int(left[-2:]), int(returned[-2:])):
                expected[station, hour] += 4
    quarters, bad = recipe["count"](rows)
    assert quarters == expected
    assert [line for line, _ in bad] == [7_001, 14_001]


@pytest.mark.parametrize(
    ("workers", "size"), [(1, SHORT), (2, 2_500), (3, 7), (4, 2 * SHORT)], ids=str
)
def test_no_number_of_workers_and_no_size_of_chunk_changes_the_result(recipe, rows, workers, size):
    pooled = with_pool(recipe, recipe["ThreadPoolExecutor"])
    assert pooled(rows, workers, size) == recipe["count"](rows)


def with_pool(recipe, pool):
    """Return `count_in_pool` with that pool, as after a change of the one line."""
    function = recipe["count_in_pool"]
    function.__globals__["Pool"] = pool
    return function


@pytest.mark.parametrize(
    "fields", [["S"], ["S", "?", "?"], ["S", "2024-02-30 08", "2024-03-01 09"], []], ids=str
)
def test_whatever_is_wrong_with_a_row_it_is_reported_and_costs_no_other(recipe, rows, fields):
    _, bad = recipe["count"]([*rows[:10], (99, fields), *rows[10:20]])
    assert [line for line, _ in bad] == [99]
    assert recipe["count"](rows[:20])[0] == recipe["count"]([(99, fields), *rows[:20]])[0]


def test_a_chunk_that_fails_is_not_lost_in_silence(recipe, rows):
    pooled = with_pool(recipe, recipe["ThreadPoolExecutor"])
    with pytest.raises(TypeError):
        pooled([*rows, None], 2, 100)


def test_line_numbers_are_those_of_the_file(recipe, rows, tmp_path):
    with (tmp_path / "rides.csv").open(newline="") as file:
        lines = list(csv.reader(file))
    assert [lines[number - 1] for number, _ in rows] == [fields for _, fields in rows]


def test_one_line_exchanges_the_pools_and_only_the_standard_library_is_needed():
    text = script()
    assert text.count("Pool = ") == 1
    assert text.count("PoolExecutor") == 4  # imported twice, used once, named once as the other
    modules = re.findall(r"^(?:import|from) (\w+)", text, re.M)
    assert set(modules) <= sys.stdlib_module_names


def test_the_prose_is_short_and_has_no_measured_figure():
    prose = BLOCK.sub("", TEXT)
    assert len(prose.split()) < 700
    assert not re.search(r"\d\s*(%|s|ms|times|seconds|percent)\b", prose)
    assert re.findall(r"^## (\d)\.", prose, re.M) == list("12345")
