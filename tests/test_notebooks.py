"""The notebooks as documents: whole outputs, described pictures, nothing of an author's machine."""

import base64
import io
import itertools
import re
from pathlib import Path

import nbformat
import pytest
from PIL import Image

from tests import refresh
from tests.figures import figures
from tests.reference import reference_python

ROOT = Path(__file__).resolve().parent.parent
PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LONGEST_CELL = 16  # lines
LARGEST_PNG = 60_000  # bytes
MOST_WORDS, MOST_MINUTES = 1_500, 45  # of the core path
EXERCISES = 3  # at least, from notebook 01 on

pytestmark = pytest.mark.parametrize("book", PATHS, ids=lambda path: path.stem, indirect=True)


@pytest.fixture
def book(request):
    return nbformat.read(request.param, as_version=4)


def code(book):
    return [cell for cell in book.cells if cell.cell_type == "code"]


def text(book):
    return [cell for cell in book.cells if cell.cell_type == "markdown"]


def test_it_is_valid(book):
    nbformat.validate(book)
    ids = [cell["id"] for cell in book.cells]
    assert len(set(ids)) == len(ids)


def test_its_python_is_told_in_full(book):
    assert book.metadata["kernelspec"]["name"] == "python3"
    assert {"name", "version", "file_extension", "mimetype"} <= set(book.metadata["language_info"])
    assert book.metadata["language_info"]["version"].startswith(f"{reference_python()}.")


def test_it_was_run_from_the_top_in_one_go(book):
    assert [cell.execution_count for cell in code(book)] == list(range(1, len(code(book)) + 1))


def test_it_begins_with_the_set_up(book):
    assert code(book)[0].source == "%load_ext helpers"


def test_no_cell_failed_that_was_not_meant_to(book):
    for cell in code(book):
        failed = any(
            out.output_type == "error" or out.get("name") == "stderr" for out in cell.outputs
        )
        assert failed == ("raises-exception" in cell.metadata.get("tags", [])), cell.source


def test_cells_are_short(book):
    long = [cell["id"] for cell in code(book) if cell.source.count("\n") >= LONGEST_CELL]
    assert not long


def test_the_core_path_is_a_lesson_long(book):
    counted = figures(book)
    assert counted.core_words <= MOST_WORDS
    assert counted.minutes <= MOST_MINUTES


def test_there_is_something_to_do(book):
    counted = figures(book)
    assert counted.predictions
    assert counted.exercises >= EXERCISES or "# Start here" in book.cells[0].source


def test_nothing_of_the_author_s_machine_is_kept(book):
    kept = re.findall(
        r"(?:/tmp|/root|/home|/work|/Users|[A-Z]:\\)[/\\][\w./-]*", nbformat.writes(book)
    )
    assert not kept
    assert not any("execution" in cell.metadata for cell in book.cells)


def test_headings_are_in_order(book):
    levels = [len(mark) for cell in text(book) for mark in re.findall(r"^(#+) ", cell.source, re.M)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_every_picture_is_described(book):
    for cell in code(book):
        for out in cell.outputs:
            data = out.get("data", {})
            if "image/png" in data:
                assert len(out.metadata["image/png"]["alt"]) > 40, cell["id"]
                assert "text/html" not in data, cell["id"]  # a picture is kept once
    for cell in text(book):
        assert not re.findall(r"!\[\s*\]|<img(?![^>]*alt=\"[^\"])", cell.source), cell["id"]


def test_pictures_are_whole_and_small(book):
    for cell in code(book):
        for out in cell.outputs:
            if png := out.get("data", {}).get("image/png"):
                content = base64.b64decode(png)
                Image.open(io.BytesIO(content)).verify()
                assert len(content) <= LARGEST_PNG, cell["id"]


def test_the_readme_s_picture_is_the_one_in_the_notebook(book):
    name, cell_id = refresh.PICTURE_CELL
    if any(cell["id"] == cell_id for cell in book.cells):
        assert refresh.PICTURE.read_bytes() == refresh.picture_in_notebook(), name


def test_what_is_folded_has_no_markdown_in_its_head(book):
    heads = [
        one for cell in text(book) for one in re.findall(r"<summary>(.*?)</summary>", cell.source)
    ]
    assert not [one for one in heads if "`" in one or "*" in one]
