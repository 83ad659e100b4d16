"""The gallery: is it what its script makes, whole, and fit to be crawled and seen?"""

import importlib.util
import urllib.robotparser
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urldefrag, urljoin

import pytest
import requests
from PIL import Image

from helpers.website import GALLERY, website

ROOT = Path(__file__).resolve().parent.parent
SITE = "http://gallery.test/"
BY_HAND = {"robots.txt", "style.css"}


def load_maker():
    spec = importlib.util.spec_from_file_location("make", ROOT / "data" / "make_gallery.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


maker = load_maker()
PICTURES = sorted(GALLERY.rglob("*.png"))
TREE = [*maker.PICTURES, maker.UNFINISHED]


class Page(HTMLParser):
    """What the tests look at in a page."""

    def __init__(self, path):
        super().__init__()
        self.url = SITE + path.relative_to(GALLERY).as_posix()
        self.tags, self.links, self.ids, self.images, self.title = [], [], [], [], ""
        self.open = []
        self.feed(path.read_text("utf-8"))
        self.close()

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.tags.append((tag, values))
        self.links += [urljoin(self.url, values["href"])] if "href" in values else []
        self.ids += [values["id"]] if "id" in values else []
        if tag == "img":
            self.images.append(urljoin(self.url, values["src"]))
        if tag not in ("meta", "link", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"closed out of order: {tag}"

    def handle_data(self, data):
        if self.open[-1:] == ["title"]:
            self.title += data


PAGES = {page.url: page for page in map(Page, sorted(GALLERY.rglob("*.html")))}


def followed(allowed):
    """The pages that a crawler reaches from the first one, where it is allowed to go."""
    seen, waiting = set(), [SITE + "index.html"]
    while waiting:
        page = waiting.pop()
        if page in PAGES and page not in seen and allowed(page):
            seen.add(page)
            waiting += [urldefrag(link).url for link in PAGES[page].links]
    return seen


def rules():
    robots = urllib.robotparser.RobotFileParser()
    robots.parse((GALLERY / "robots.txt").read_text().splitlines())
    return robots


# what the script makes


def test_the_pages_are_those_that_the_script_makes():
    made = maker.make_pages()
    kept = {
        path.relative_to(GALLERY).as_posix(): path.read_text("utf-8")
        for path in GALLERY.rglob("*.html")
    }
    assert kept == made
    others = {path.name for path in GALLERY.rglob("*") if path.suffix in (".txt", ".css")}
    assert others == BY_HAND


def test_there_is_a_picture_for_each_one_in_the_script():
    names = {path.stem for path in PICTURES}
    assert names == {picture.slug for picture in maker.PICTURES} | {"unfinished"}
    assert len(maker.PICTURES) == 24
    assert len({picture.title for picture in maker.PICTURES}) == 24


@pytest.mark.parametrize("picture", TREE[::8], ids=lambda picture: picture.slug)
def test_some_pictures_are_those_that_the_script_makes(picture):
    check_same(picture)


@pytest.mark.slow
@pytest.mark.parametrize("picture", TREE, ids=lambda picture: picture.slug)
def test_all_pictures_are_those_that_the_script_makes(picture):
    check_same(picture)


def check_same(picture):
    unfinished = picture is maker.UNFINISHED
    file = "store/unfinished.png" if unfinished else f"pictures/{picture.slug}.png"
    assert maker.same(picture.paint(), GALLERY / file), "run data/make_gallery.py"


@pytest.mark.slow
def test_made_again_not_a_byte_changes_and_what_is_stale_goes(tmp_path):
    def contents():
        return {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    maker.make(tmp_path)
    first = contents()
    (tmp_path / "pictures" / "stale.png").touch()
    (tmp_path / "stale.html").touch()
    maker.make(tmp_path)
    assert contents() == first
    assert len(first) == 18 + 25
    for path in list(first)[:3]:
        path.unlink()
    maker.make(tmp_path)
    assert contents() == first


# the pictures


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.stem)
def test_a_picture_is_large_to_open_small_to_send_and_has_a_main_colour(path):
    assert path.stat().st_size <= 25_000
    with Image.open(path) as picture:
        assert (picture.format, picture.mode, picture.size) == ("PNG", "P", (2400, 1600))
        counts = sorted(picture.convert("RGB").getcolors(), reverse=True)
    (most, colour), (next_most, _) = counts[:2]
    assert most >= 0.4 * 2400 * 1600 and most >= 1.25 * next_most
    ground = next((p.ground for p in maker.PICTURES if p.slug == path.stem), "grey")
    assert "#{:02x}{:02x}{:02x}".format(*colour) == maker.COLOURS[ground]


def test_all_pictures_together_are_small():
    assert sum(path.stat().st_size for path in PICTURES) <= 450_000


# the pages


def test_there_are_17_pages_and_a_store():
    assert len(PAGES) == 18
    assert len({page.title for page in PAGES.values()}) == 18
    rooms = [page for page in PAGES.values() if len(page.images) == 2]
    assert len(rooms) == 12
    assert len({image for room in rooms for image in room.images}) == 24


def test_a_crawler_finds_all_pages_and_robots_txt_keeps_it_out_of_the_store():
    store = {SITE + "store/index.html"}
    assert followed(lambda page: True) == set(PAGES)
    assert followed(lambda page: rules().can_fetch("*", page)) == set(PAGES) - store
    assert not rules().can_fetch("*", SITE + "store/unfinished.png")


def test_all_links_lead_somewhere_and_some_of_them_outside():
    outside = set()
    for page in PAGES.values():
        for address in [*page.links, *page.images]:
            if not address.startswith(SITE):
                outside.add(address)
                continue
            url, anchor = urldefrag(address)
            url += "index.html" * (url == SITE)
            assert (GALLERY / url.removeprefix(SITE)).is_file(), address
            assert not anchor or anchor in PAGES[url].ids, address
    assert outside == {"https://www.example.org/", "mailto:gallery@example.org"}
    assert any("#" in link for link in PAGES[SITE + "circles.html"].links)


@pytest.mark.parametrize("page", PAGES.values(), ids=lambda page: page.url.removeprefix(SITE))
def test_a_page_can_be_read_by_everyone(page):
    assert not page.open
    tags = [tag for tag, _ in page.tags]
    assert all(tags.count(tag) == 1 for tag in ("html", "title", "nav", "main", "h1"))
    assert ("html", {"lang": "en-GB"}) in page.tags
    assert any(values.get("name") == "viewport" for _, values in page.tags)
    assert len(page.ids) == len(set(page.ids))
    texts = [values["alt"] for tag, values in page.tags if tag == "img"]
    assert all(len(text) >= 25 and text.endswith(".") for text in texts)
    assert len(texts) == len(set(texts))


def test_the_website_serves_it():
    with website(pages=GALLERY) as site:
        assert len(site.urls) == 16
        page = requests.get(site.url, timeout=60)
        picture = requests.get(site.url + "pictures/bars-cream.png", timeout=60)
    assert "<title>The gallery</title>" in page.text
    assert picture.headers["Content-Type"] == "image/png"
    assert picture.content == (GALLERY / "pictures" / "bars-cream.png").read_bytes()
