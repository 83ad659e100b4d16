"""docs/teaching.md: what it names is in the notebooks, its figures are true, its plans add up."""

import json
import re
from pathlib import Path

import nbformat
import pytest

from helpers.lesson import named
from tests.figures import figures
from tests.kernel import running_kernel

ROOT = Path(__file__).resolve().parent.parent
GUIDE = (ROOT / "docs" / "teaching.md").read_text("utf-8")
PATHS = {path.stem[:2]: path for path in sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))}
SECTIONS = {
    head[:2]: (head, text)
    for head, text in re.findall(r"^### (\d\d .+)\n((?:(?!^##).*\n)*)", GUIDE, re.M)
}
ASKED = re.compile(r"^\| `(\d\d [^`]+)` \| \*\*(.+?)\*\* \|", re.M)
NAMED = re.compile(r"\b(\d\d)(?: \(\d+\))?[,:] \*([^*]+)\*")
SHOWN = re.compile(r"^\d+\. \*(.+?)\*: `(.+)`$", re.M)
PRELUDE = "from helpers import presentation\nfrom helpers.lesson import predict\n\npresentation()"
numbers = pytest.mark.parametrize("number", PATHS)


def book(number):
    return nbformat.read(PATHS[number], as_version=4)


def headings(number):
    cells = [cell.source for cell in book(number).cells if cell.cell_type == "markdown"]
    return re.findall(r"^#+ (.+)$", "\n".join(cells), re.M)


def is_live(cell):
    return "live" in cell.metadata.get("tags", [])


def live(number):
    """Return (heading, first line) of each live cell."""
    found, heading = [], ""
    for cell in book(number).cells:
        if cell.cell_type == "markdown":
            heading = ([heading, *re.findall(r"^#+ (.+)$", cell.source, re.M)])[-1]
        elif is_live(cell):
            found.append((heading, cell.source.split("\n")[0]))
    return found


def minutes(number):
    return round(figures(book(number)).minutes)


@numbers
def test_six_to_eight_code_cells_are_live(number):
    tagged = [cell for cell in book(number).cells if is_live(cell)]
    assert 6 <= len(tagged) <= 8
    assert {cell.cell_type for cell in tagged} == {"code"}
    assert not is_live(book(number).cells[0])


@numbers
def test_the_guide_names_the_live_cells(number):
    assert SHOWN.findall(SECTIONS[number][1]) == live(number)


@numbers
def test_a_section_has_the_notebook_s_title_and_its_minutes(number):
    head, _ = SECTIONS[number]
    title = headings(number)[0]
    assert head == f"{number} {title}: {minutes(number)} minutes"


@numbers
def test_its_questions_are_those_of_the_notebook(number):
    code = "\n".join(cell.source for cell in book(number).cells if cell.cell_type == "code")
    asked = [name for name, _ in ASKED.findall(SECTIONS[number][1])]
    assert len(asked) >= 2
    assert {*asked} <= named(code, "predict")


def test_every_heading_that_it_names_is_there():
    found = NAMED.findall(GUIDE)
    assert len(found) > 20
    missing = [(number, words) for number, words in found if not heading_of(number, words)]
    assert not missing


def heading_of(number, words):
    return any(words.rstrip(".") in one for one in headings(number))


def test_every_misconception_has_a_cell_that_shows_it():
    table = GUIDE.partition("| Somebody thinks |")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|-].*?) \| (.*) \|$", table, re.M)[1:]
    assert len(rows) >= 18
    assert all(NAMED.fullmatch(where) for _, where in rows)


@numbers
def test_every_plan_has_the_notebook_s_minutes(number):
    told = re.findall(rf"\b{number} \((\d+)\)", GUIDE)
    told += re.findall(rf"^\| they work: {number}\b[^|]*\| (\d+) \|$", GUIDE, re.M)
    assert all(int(one) == minutes(number) for one in told), told
    assert told or number == "09"


def tables():
    """Return the rows of each plan, as lists of cells."""
    plans = GUIDE.partition("## Plans")[2].partition("## The ten notebooks")[0]
    for table in re.findall(r"(?:^\|.*\n)+", plans, re.M):
        yield [[cell.strip(" *") for cell in line.split("|")[1:-1]] for line in table.splitlines()]


@pytest.mark.parametrize("plan", [*tables()], ids=lambda plan: plan[0][0])
def test_a_plan_adds_up(plan):
    *rows, total = plan[2:]
    assert total[0] == "total"
    assert sum(int(row[-1]) for row in rows) == int(total[-1])


def test_the_plans_are_as_long_as_they_say():
    totals = [int(plan[-1][-1]) for plan in tables()]
    assert totals[:3] == [90, 7 * 60, 8 * 90]


def test_a_session_has_room_for_its_notebooks():
    for row in list(tables())[2][2:-1]:
        inside = [int(one) for one in re.findall(r"\((\d+)\)", row[2])]
        assert sum(inside) < int(row[-1])


def test_what_a_head_takes_is_what_was_measured():
    measured = json.loads((ROOT / "benchmarks" / "heads.json").read_text("utf-8"))
    told = re.findall(r"^\| (.+?) \| (\d+) MB \| (\d+) s \| (\d+) \|$", GUIDE, re.M)
    heads = [[str(one) for one in head.values()] for head in measured["heads"]]
    assert [list(row) for row in told] == heads
    assert [head[0] for head in heads[1:]] == [path.stem for path in PATHS.values()]
    server, *peaks = (head["peak MB"] for head in measured["heads"])
    assert f"{server} + {max(peaks)} = {server + max(peaks)} MB" in GUIDE
    assert f"{sum(head['CPU s'] for head in measured['heads'][1:])} s of CPU time" in GUIDE
    assert measured["date"] in GUIDE and measured["machine"] in GUIDE
    assert server + max(peaks) < 1000


def test_the_lines_before_the_class_are_those_that_are_tried():
    assert f"```python\n{PRELUDE}\n```" in GUIDE


@pytest.mark.slow
@numbers
def test_the_live_cells_run_alone_and_the_questions_with_them(number, monkeypatch, tmp_path):
    monkeypatch.setenv("THREE_LANES_DIARY", str(tmp_path / "diary"))
    first, *cells = [cell for cell in book(number).cells if cell.cell_type == "code"]
    answers = dict(ASKED.findall(SECTIONS[number][1]))
    with running_kernel() as kernel:
        assert kernel.run(first.source)[0] == "ok"
        for cell in filter(is_live, cells):
            assert kernel.run(cell.source)[0] == "ok", (cell.source, kernel.traceback)
    with running_kernel() as kernel:
        assert kernel.run(f"{first.source}\n{PRELUDE}")[0] == "ok"
        for cell in cells:
            asked = named(cell.source, "predict") & {*answers}
            if is_live(cell) or asked:
                assert kernel.run(cell.source)[0] == "ok", (cell.source, kernel.traceback)
            for name in asked:
                # Not `_`: a cell's own loop may have taken that name.
                look = f"assert {answers.pop(name)!r} in Out[max(Out)].choices"
                assert kernel.run(look)[0] == "ok", kernel.traceback
    assert not answers
