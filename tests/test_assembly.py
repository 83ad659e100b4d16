"""script(): my_project.py, with the functions of a notebook in place of its own."""

import ast
from functools import partial
from pathlib import Path

import nbformat
import pytest

from helpers.project import fresh, kept, my_project, script, shelf
from helpers.project.assembly import REFERENCE

ROOT = Path(__file__).resolve().parent.parent
TEXT = REFERENCE.read_text("utf-8")


def functions_of(text):
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return {one.name: ast.dump(one) for one in ast.parse(text).body if isinstance(one, kinds)}


def test_without_functions_it_is_the_reference():
    assert script() == TEXT


def test_with_its_own_functions_it_is_the_reference():
    own = [getattr(my_project, name) for name in functions_of(TEXT)]
    assert len(own) > 10
    assert script(*own) == TEXT


def test_a_function_stands_for_the_one_of_its_name():
    def pause_after(error, number):  # its comment comes along
        return 7

    async def fetch(session, address):
        return await session.get(address)

    made = script(pause_after, fetch)
    before, after = functions_of(TEXT), functions_of(made)
    assert [*before] == [*after]
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"pause_after", "fetch"}
    assert "def pause_after(error, number):  # its comment comes along\n    return 7\n\n\n" in made


def test_what_cannot_stand_there_is_one_clear_line():
    def crawls():
        """Stand for nothing."""

    exec("def attempt(): pass", made := {})
    for wrong in (3, None, "text", len, partial(crawls), my_project.Bar):
        with pytest.raises(TypeError, match=r"^script\(\.\.\.\): must be functions, not "):
            script(wrong)
    with pytest.raises(ValueError, match=r"no function 'crawls'; it has fetch, patiently, "):
        script(crawls)
    with pytest.raises(ValueError, match=r"the source of 'attempt' is not to be found$"):
        script(made["attempt"])


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
