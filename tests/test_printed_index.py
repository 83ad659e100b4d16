"""docs/error_index.html: what its script makes of the Markdown, complete, linked, and printable."""

import importlib.util
import os
import re

import pytest

from tests.documents import ROOT
from tests.test_cheat_sheet import Reader, look

PAGE = ROOT / "docs" / "error_index.html"
INDEX = ROOT / "docs" / "error_index.md"
HTML, TEXT = PAGE.read_text("utf-8"), INDEX.read_text("utf-8")
ELEMENTS = Reader(HTML).elements
ENTRIES = re.findall(r"^### (.+)$", TEXT, re.M)

pytest.importorskip("mistune", reason="it comes with nbconvert, of which JupyterLab consists")
spec = importlib.util.spec_from_file_location("make_error_index", ROOT / "data/make_error_index.py")
script = importlib.util.module_from_spec(spec)
spec.loader.exec_module(script)


def inside(kind, mark):
    """Return the elements of that kind inside the one with that class or tag."""
    return [
        one
        for one in ELEMENTS
        if one.tag == kind
        and any(mark in (outer.tag, outer.attrs.get("class")) for outer in one.inside)
    ]


def words(text):
    """Return a text without its markup and without the spaces, which HTML may break anywhere."""
    return re.sub(r"[`*\\\s]", "", text)


def test_it_is_what_the_script_makes_of_the_markdown():
    assert script.make_page(TEXT) == HTML, "run: python data/make_error_index.py"


def test_every_entry_is_there_whole_under_its_number():
    articles = [one for one in ELEMENTS if one.tag == "article"]
    entries = re.split(r"^### ", TEXT, flags=re.M)[1:]
    assert len(articles) == len(entries) == len(ENTRIES)
    for number, (article, entry) in enumerate(zip(articles, entries, strict=True), start=1):
        text = re.sub(r"^```.*$|^\d\. |\]\([^)]+\)|\[(?=notebook)", "", entry, flags=re.M)
        text = re.sub(r"\n## .*", "", text, flags=re.S)
        shown = re.sub(r" \(\d+\)", "", article.text) if "*" in entry else article.text
        assert words(shown) == str(number) + words(text)


def test_the_register_has_every_entry_once_in_the_order_of_the_alphabet():
    lists = [one for one in ELEMENTS if one.attrs.get("class") == "register"]
    names = []
    for one in lists:
        shown = [item.text for item in inside("a", "register") if one in item.inside]
        keys = [re.sub(r"[^\w ]", "", name).strip().lower() for name in shown]
        assert shown and keys == sorted(keys)
        names += shown
    assert sorted(names) == sorted(entry.replace("`", "") for entry in ENTRIES)


def test_the_register_and_the_text_tell_the_number_that_they_link_to():
    headings = {one.attrs["id"]: one for one in ELEMENTS if one.tag == "h3" and "id" in one.attrs}
    numbers = {name: re.match(r"\d+", one.text)[0] for name, one in headings.items()}
    items = inside("li", "register")
    assert len(items) == len(ENTRIES)
    for item in items:
        (link,) = (one for one in inside("a", "register") if item in one.inside)
        assert item.text.strip() == link.text + numbers[link.attrs["href"][1:]]
    for link in inside("a", "article"):
        if link.attrs["href"].startswith("#"):
            assert link.text.endswith(f" ({numbers[link.attrs['href'][1:]]})")


def test_every_link_within_the_page_leads_somewhere_and_every_id_is_there_once():
    ids = [one.attrs["id"] for one in ELEMENTS if "id" in one.attrs]
    assert len(ids) == len(set(ids))
    targets = {one.attrs["href"] for one in ELEMENTS if one.tag == "a"}
    assert "error_index.html" not in targets
    within = {target[1:] for target in targets if target.startswith("#")}
    assert within <= set(ids)
    assert {script.slug(entry) for entry in ENTRIES} <= within


def test_a_link_into_the_markdown_leads_to_the_same_entry_here():
    ids = {one.attrs["id"] for one in ELEMENTS if "id" in one.attrs}
    assert {script.slug(heading) for heading in ENTRIES} <= ids
    assert {script.slug(name) for name in re.findall(r"^## (.+)$", TEXT, re.M)} <= ids


def test_two_entries_of_one_name_are_refused():
    with pytest.raises(ValueError, match="two entries"):
        script.make_page("# Title\n\nWords.\n\n## One\n\n### `A`\n\nB.\n\n### `A`\n\nC.\n")


def test_it_looks_like_the_cheat_sheet_and_fetches_nothing():
    assert not {one.tag for one in ELEMENTS} & {"script", "link", "img", "iframe", "object", "use"}
    assert not re.search(r"@import|@font-face|url\(|\bsrc=", HTML)
    sheet = (PAGE.parent / "cheat_sheet.html").read_text("utf-8")
    for name in ("ink", "secondary", "axis", "grid", "core", "text", "code"):
        value = re.search(rf"--{name}: ([^;]+);", HTML)[1]
        assert value == re.search(rf"--{name}: ([^;]+);", sheet)[1]
    assert look.INK in HTML


# --- in a browser -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def chromium():
    pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    from tests import browser

    if not browser.find_browser():
        pytest.skip("no Chromium or Chrome is installed")
    with browser.browser(dict(os.environ)) as chromium:
        yield chromium


# The width of the paper less the margins, in the pixels of which an inch has 96.
PAPERS = {"A4": 711, "Letter": 733}
CUT_OFF = """() => {
    const right = document.querySelector('main').getBoundingClientRect().right;
    return [...document.querySelectorAll('main *')].filter(one => {
        const column = one.closest('article, li') ?? document.querySelector('main');
        const beyond = [...one.getClientRects()].some(box => box.right > right + 1);
        return beyond || (one.clientWidth > 0 && one.scrollWidth > one.clientWidth + 1)
            || one.getBoundingClientRect().width > column.getBoundingClientRect().width + 1;
    }).map(one => one.textContent);
}"""
SMALL = """() => [...document.querySelectorAll('body *')]
    .filter(one => [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
    .filter(one => parseFloat(getComputedStyle(one).fontSize) * 0.75 <
        (one.closest('code, pre') ? 8.5 : 9.5) - 0.01)
    .map(one => one.textContent)"""


@pytest.mark.slow
@pytest.mark.parametrize("paper", PAPERS)
def test_printed_nothing_is_cut_off_on_the_right_or_too_small(chromium, paper):
    page = chromium.new_page(viewport={"width": PAPERS[paper], "height": 980})
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(PAGE.as_uri())
    page.emulate_media(media="print")
    assert page.evaluate(CUT_OFF) == []
    assert page.evaluate(SMALL) == []
    pages = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format=paper)))
    assert 5 < pages < 25
    page.add_style_tag(content="article pre { white-space: pre }")
    assert page.evaluate(CUT_OFF)  # without the line breaks, some would be: this test sees it
    assert asked == [PAGE.as_uri()]
    page.close()


@pytest.mark.slow
def test_on_a_narrow_screen_nothing_is_cut_off(chromium):
    page = chromium.new_page(viewport={"width": 360, "height": 740})
    page.goto(PAGE.as_uri())
    assert page.evaluate(CUT_OFF) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.close()
