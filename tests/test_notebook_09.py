"""What notebook 09 shows of the project is what the project is; and where its databases are."""

import ast
from pathlib import Path

import nbformat
import pytest

from helpers.project import fresh, kept, shelf
from helpers.project.assembly import REFERENCE

ROOT = Path(__file__).resolve().parent.parent
TEXT = REFERENCE.read_text("utf-8")


def functions_of(text):
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return {one.name: ast.dump(one) for one in ast.parse(text).body if isinstance(one, kinds)}


def test_the_functions_in_the_notebook_are_those_of_the_reference():
    book = nbformat.read(ROOT / "notebooks/09_your_project.ipynb", as_version=4)
    cells = [one.source for one in book.cells if one.cell_type == "code"]
    plain = [text for text in cells if not text.startswith("%")]
    shown = {name: code for text in plain for name, code in functions_of(text).items()}
    reference = functions_of(TEXT)
    named = next(text for text in plain if "script(*yours)" in text)
    yours = named[named.index("yours =") + 7 : named.index("\nprogram")].split(",")
    assert len(yours) > 6
    for name in map(str.strip, yours):
        if name != "patiently":  # an exercise
            assert shown[name] == reference[name], name


def test_databases_are_put_away():
    place = fresh("one.db")
    place.write_text("something")
    assert kept("one.db") == place
    assert place.exists()
    assert not fresh("one.db").exists()
    place.write_text("something")
    shelf.clear()
    assert not place.parent.exists()
    assert kept("one.db").parent != place.parent
    shelf.clear()


@pytest.mark.parametrize("name", ["", "../up", "a/b", "a\\b", ".hidden", None, "a\0"])
def test_a_name_that_leads_elsewhere_is_refused(name):
    with pytest.raises(ValueError, match="letters, digits and spaces"):
        kept(name)
