"""The practice website: is it whole, true to its source, and fit to be scraped and read?"""

import ast
import importlib.util
import re
import shutil
import subprocess
import sys
import textwrap
import urllib.robotparser
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path, PurePosixPath
from types import ModuleType

import pytest

DATA = Path(__file__).resolve().parent.parent / "data"
WEBSITE = DATA / "website"
VOID = {"meta", "link"}


def load_maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_website", DATA / "make_website.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


maker = load_maker()
GLOSSARY = (DATA / "glossary.md").read_text(encoding="utf-8")
ENTRIES = maker.read_glossary(GLOSSARY)
TERM_PAGES = [f"{entry.slug}.html" for entry in ENTRIES]


class Page(HTMLParser):
    """What the tests look at in a page, read as strictly as can be."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.source = (WEBSITE / path).read_text(encoding="utf-8")
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.links: dict[str, list[str]] = {"nav": [], "main": [], "sees": []}
        self.text: dict[str, str] = {}
        self.description = ""
        self.sees = False
        self.feed(self.source)
        self.close()
        assert not self.open, f"{path}: never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {key: value or "" for key, value in attrs}
        self.tags.append(tag)
        self.ids += [values["id"]] if "id" in values else []
        self.addresses += [values[key] for key in ("href", "src", "action") if key in values]
        if tag == "a":
            where = "sees" if self.sees else "main" if "main" in self.open else "nav"
            self.links[where].append(values["href"])
        if values.get("name") == "description":
            self.description = values["content"]
        if tag not in VOID:
            self.open.append(tag)
        self.sees = self.sees or values.get("class") == "sees"

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"closed out of order: {tag}"
        self.sees = self.sees and tag != "p"

    def handle_data(self, data: str) -> None:
        for tag in set(self.open):
            self.text[tag] = self.text.get(tag, "") + data


PAGES = {
    str(path): Page(str(path))
    for path in sorted(PurePosixPath(p.relative_to(WEBSITE)) for p in WEBSITE.rglob("*.html"))
}


def resolve(address: str, start: str) -> tuple[str, str]:
    """The file an address leads to from the page `start`, and the anchor in it."""
    path, _, anchor = address.partition("#")
    if not path:
        return start, anchor
    target = (WEBSITE / start).parent.joinpath(path).resolve()
    return target.relative_to(WEBSITE).as_posix(), anchor


def followed(start: str) -> set[str]:
    """Every page that a crawler reaches from `start`."""
    seen, waiting = set(), [start]
    while waiting:
        page = waiting.pop()
        if page not in seen:
            seen.add(page)
            waiting += [resolve(a, page)[0] for links in PAGES[page].links.values() for a in links]
    return seen


# the source and what is made of it


def test_committed_website_is_what_the_glossary_makes(tmp_path):
    maker.write_pages(maker.make_pages(GLOSSARY), tmp_path)
    made = {p.relative_to(tmp_path): p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    # A checkout on Windows may have turned the line ends of the committed files.
    committed = {
        p.relative_to(WEBSITE): p.read_bytes().replace(b"\r\n", b"\n")
        for p in WEBSITE.rglob("*")
        if p.is_file()
    }
    by_hand = {Path("robots.txt"), Path("style.css")}
    assert made.keys() | by_hand == committed.keys()
    different = [str(path) for path in made if made[path] != committed[path]]
    assert not different, "run `python data/make_website.py`"
    assert not any(b"\r" in content for content in made.values())


def test_there_are_enough_terms_for_a_scrape():
    assert len(ENTRIES) >= 60


def test_entries_stand_in_alphabetical_order_in_the_source():
    assert re.findall(r"^# (.+)", GLOSSARY, re.MULTILINE) == [entry.term for entry in ENTRIES]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.slug)
def test_entry_is_short_and_its_code_is_python(entry):
    blocks = maker.split_blocks(entry.body)
    prose = [maker.plain(block) for block in blocks if not maker.is_code(block)]
    assert 60 <= len(" ".join(prose).split()) <= 140
    assert len(entry.first_sentence) <= 150
    for code in filter(maker.is_code, blocks):
        text = textwrap.dedent(code)
        compile(text, entry.term, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        assert max(map(len, text.splitlines())) <= 72


def test_every_notebook_and_lane_has_terms():
    assert {lane for entry in ENTRIES for lane in entry.lanes} == set(maker.LANES)
    assert {number for entry in ENTRIES for number in entry.taught} >= {f"0{n}" for n in range(9)}


GOOD = """\
What stands up here is for the editor.

# lock
also: mutex
lane: threads
taught: 02

A lock is *held* by one [[thread]] at a time. Mind `a < b`, [[Thread|many "threads"]].

    if a < b:

        lock.acquire()

# thread
lane: threads, processes
taught: 01

A thread takes a [[mutex]]. It is
[[lock|`lock`]]ed.
"""


def test_markup_becomes_html():
    pages = maker.make_pages(GOOD)
    lock, thread = pages["lock.html"], pages["thread.html"]
    assert "A lock is <em>held</em> by one" in lock
    assert "<pre><code>if a &lt; b:\n\n    lock.acquire()</code></pre>" in lock
    assert '<code>a &lt; b</code>, <a href="thread.html">many &quot;threads&quot;</a>.</p>' in lock
    assert '<meta name="description" content="A lock is held by one thread at a time.">' in lock
    assert '<p class="sees">See also: <a href="thread.html">thread</a></p>' in lock
    assert "<dt>Also here</dt><dd>mutex</dd>" in lock
    assert "<dt>Taught in</dt><dd>02_threading</dd>" in lock
    assert (
        'a <a href="lock.html">mutex</a>. It is <a href="lock.html"><code>lock</code></a>ed.'
        in thread
    )
    assert "Also here" not in thread
    assert "for the editor" not in "".join(pages.values())


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("[[mutex]]", "[[muttex]]", "entry 'thread' links to [[muttex]], which is no term"),
        ("[[mutex]]", "[[thread]]", "entry 'thread' links to itself, as [[thread]]"),
        ("mutex\n", "thread\n", "entry 'thread': 'thread' is 'lock' already"),
        ("# thread", "# Index", "entry 'Index': 'index' is the index already"),
        ("taught: 02", "taught: 12", "entry 'lock': taught must be one or more of 00, 01,"),
        ("lane: threads\n", "", "entry 'lock': lane must be one or more of threads, processes,"),
        ("also:", "alias:", "entry 'lock': 'alias: mutex' is none of also:, lane:, taught:"),
        (
            "takes a [[mutex]]. It is\n[[lock|`lock`]]ed.",
            "takes it",
            "'thread' has no first sentence",
        ),
    ],
)
def test_a_wrong_entry_is_refused_in_one_line(old, new, complaint):
    assert GOOD.count(old) == 1
    with pytest.raises(maker.GlossaryError) as refusal:
        maker.make_pages(GOOD.replace(old, new))
    assert complaint in str(refusal.value)
    assert "\n" not in str(refusal.value)


def run_maker(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(folder / "make_website.py")]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_the_script_rewrites_its_website(tmp_path):
    shutil.copy(DATA / "make_website.py", tmp_path)
    (tmp_path / "glossary.md").write_text(GOOD, encoding="utf-8")
    (tmp_path / "website").mkdir()
    (tmp_path / "website" / "renamed.html").touch()
    assert run_maker(tmp_path).returncode == 0
    pages = {page.name for page in (tmp_path / "website").glob("*.html")}
    assert pages == {"index.html", "lock.html", "thread.html"}


def test_the_script_refuses_an_unknown_link_in_one_line_and_writes_nothing(tmp_path):
    shutil.copy(DATA / "make_website.py", tmp_path)
    broken = GOOD.replace("[[mutex]]", "[[muttex]]")
    (tmp_path / "glossary.md").write_text(broken, encoding="utf-8")
    result = run_maker(tmp_path)
    assert result.returncode == 1
    complaint = "glossary.md: entry 'thread' links to [[muttex]], which is no term"
    assert result.stderr.splitlines() == [complaint]
    assert not (tmp_path / "website").exists()


# the made pages


@pytest.mark.parametrize("path", PAGES)
def test_links_and_anchors_resolve(path):
    for address in PAGES[path].addresses:
        target, anchor = resolve(address, path)
        assert (WEBSITE / target).is_file(), address
        assert not anchor or anchor in PAGES[target].ids, address


@pytest.mark.parametrize("path", PAGES)
def test_nothing_leads_off_the_site_and_nothing_runs(path):
    page = PAGES[path]
    assert not any(re.match(r"[a-z][a-z0-9+.-]*:|/", a, re.IGNORECASE) for a in page.addresses)
    assert not {"script", "style", "img", "iframe", "base"} & set(page.tags)
    assert not re.search(r"\s(on\w+|style|srcset)=", page.source)


def test_the_stylesheet_fetches_nothing():
    assert not re.search(r"url\(|@import|@font-face|//", (WEBSITE / "style.css").read_text("utf-8"))


@pytest.mark.parametrize("path", PAGES)
def test_page_is_whole(path):
    page = PAGES[path]
    assert page.source.startswith('<!DOCTYPE html>\n<html lang="en-GB">\n')
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page.source
    for tag in ("title", "h1", "main", "nav"):
        assert page.tags.count(tag) == 1, tag
    assert len(page.ids) == len(set(page.ids))
    assert page.text["title"].endswith(" - Three Lanes glossary")
    assert not re.search(r"\[\[|\]\]|`|\*\*", page.text["p"])


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.slug)
def test_term_page_has_what_a_scraper_looks_for(entry):
    page = PAGES[f"{entry.slug}.html"]
    assert page.text["title"] == f"{entry.term} - Three Lanes glossary"
    assert page.text["h1"] == entry.term
    assert page.text["p"].startswith(page.description)
    assert page.links["sees"] == list(dict.fromkeys(page.links["main"]))
    assert len(page.links["sees"]) >= 2
    assert f"index.html#{entry.letter}" in page.links["nav"]
    assert "Taught in" in page.text["dt"]


def test_previous_and_next_make_one_chain_through_all_terms():
    for before, after in pairwise(TERM_PAGES):
        assert f'<a rel="next" href="{after}">' in PAGES[before].source
        assert f'<a rel="prev" href="{before}">' in PAGES[after].source


def test_index_lists_every_term_with_its_first_sentence():
    index = PAGES["index.html"]
    assert index.links["main"] == TERM_PAGES
    for entry in ENTRIES:
        assert entry.first_sentence in index.text["dd"]


def test_every_page_but_the_drafts_is_reached_from_the_index():
    assert followed("index.html") == PAGES.keys() - {"drafts/index.html"}
    assert followed("index.html") == {"index.html", *TERM_PAGES}


def test_every_term_is_linked_from_another_term():
    linked = {link for path in TERM_PAGES for link in PAGES[path].links["main"]}
    assert [path for path in TERM_PAGES if path not in linked] == []


def test_robots_txt_says_what_is_meant():
    lines = (WEBSITE / "robots.txt").read_text(encoding="utf-8").splitlines()
    rules = urllib.robotparser.RobotFileParser()
    rules.parse(lines)
    site = "http://127.0.0.1:8000/"
    assert all(
        rules.can_fetch("three-lanes", site + path) for path in ("", "index.html", *TERM_PAGES)
    )
    assert not rules.can_fetch("three-lanes", site + "drafts/")
    assert not rules.can_fetch("three-lanes", site + "drafts/index.html")
