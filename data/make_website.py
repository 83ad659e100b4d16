"""The practice website: a glossary of concurrency, made from glossary.md.

    python data/make_website.py

rewrites the pages of data/website/, whose style.css and robots.txt are written by hand. An entry
of glossary.md reads

    # term
    also: other names, which links may use too
    lane: threads, processes, tasks
    taught: 02, 06

    Paragraphs with `code`, *stress*, [[other term]] and [[other term|shown words]].

        code, indented by four

`also` may be left out. The first sentence has to stand alone: it is the term's line in the index
and its description for search engines. What stands above the first entry is for you only.
"""

import html
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

__all__ = ["Entry", "GlossaryError", "make_pages", "read_glossary", "write_pages"]

HERE = Path(__file__).resolve().parent
LANES = ("threads", "processes", "tasks")
NOTEBOOKS = {
    name[:2]: name
    for name in (
        "00_start_here",
        "01_three_ways",
        "02_threading",
        "03_multiprocessing",
        "04_asyncio",
        "05_choosing",
        "06_best_practices",
        "07_debugging_profiling",
        "08_going_further",
        "09_your_project",
    )
}
INLINE = re.compile(
    r"`(?P<code>[^`]+)`|\[\[(?P<link>[^]|]+)(\|(?P<shown>[^]]+))?\]\]|\*(?P<stress>[^*]+)\*"
)
BLOCK = re.compile(r"(?:^ {4}.*\n(?:\n+(?= {4}))?)+|(?:^(?! {4}).+\n)+", re.MULTILINE)
FIRST_SENTENCE = re.compile(r".+?[.!?](?=\s|$)")

PAGE = """\
<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<meta name="description" content="{description}">
<link rel="stylesheet" href="{root}style.css">
</head>
<body>
<nav aria-label="Glossary">
{nav}
</nav>
<main>
{main}
</main>
</body>
</html>
"""

INDEX_INTRO = """\
<h1>Three Lanes glossary</h1>
<p>{count} terms of concurrency in Python, in alphabetical order. This is the practice website of
the course: read it, or let your program read it. Programs find in <code>robots.txt</code> what they
are asked to leave alone.</p>"""

DRAFTS = """\
<h1>Drafts</h1>
<p>This page is not meant for robots. No page links to it, and <code>robots.txt</code> asks programs
to keep out of <code>/drafts/</code>. If a program of yours has brought you here, it did not ask
first.</p>"""


class GlossaryError(ValueError):
    """What is wrong with glossary.md, in one line that names the entry."""


@dataclass(frozen=True)
class Entry:
    """One term of the glossary."""

    term: str
    also: tuple[str, ...]
    lanes: tuple[str, ...]
    taught: tuple[str, ...]
    body: str

    @property
    def slug(self) -> str:
        """The name of the page, without .html."""
        letters = re.sub(r"['/]", "", self.term.lower())
        return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")

    @property
    def letter(self) -> str:
        """The letter it stands under in the index; also the anchor there."""
        return self.slug[0]

    @property
    def first_sentence(self) -> str:
        """What the term means, in one sentence without any markup."""
        found = FIRST_SENTENCE.match(plain(self.body))
        if not found:
            raise GlossaryError(f"entry {self.term!r} has no first sentence")
        return found[0]


# glossary.md -> entries


def read_glossary(text: str) -> list[Entry]:
    """Read the entries of a glossary and put them in the order of the alphabet.

    Raises:
        GlossaryError: If an entry is incomplete, or a name stands for two entries.
    """
    pieces = re.split(r"^# ", text, flags=re.MULTILINE)[1:]
    entries = sorted(map(read_entry, pieces), key=lambda entry: entry.slug)
    check_names(entries)
    return entries


def read_entry(piece: str) -> Entry:
    """Read one entry, from its term (without the leading #) to its last line."""
    head, _, body = piece.partition("\n\n")
    term, *lines = head.splitlines()
    facts = {"also": "", "lane": "", "taught": ""}
    for line in lines:
        key, _, value = line.partition(":")
        if key not in facts:
            raise GlossaryError(f"entry {term!r}: {line!r} is none of also:, lane:, taught:")
        facts[key] = value
    also, lanes, taught = (split_list(facts[key]) for key in facts)
    check_known(term, "lane", lanes, LANES)
    check_known(term, "taught", taught, NOTEBOOKS)
    return Entry(term, also, lanes, taught, body.rstrip())


def split_list(value: str) -> tuple[str, ...]:
    """Split `a, b` into its items."""
    return tuple(item.strip() for item in value.split(",") if item.strip())


def check_known(term: str, key: str, items: tuple[str, ...], known: Iterable[str]) -> None:
    """Refuse an entry with no lane or notebook, or with one that does not exist."""
    if not items or not set(items) <= set(known):
        raise GlossaryError(f"entry {term!r}: {key} must be one or more of {', '.join(known)}")


def check_names(entries: list[Entry]) -> None:
    """Refuse a glossary where a name, or the name of a page, would stand for two entries."""
    owner = {"index": "the index"}
    for entry in entries:
        names = {name.casefold() for name in (entry.term, entry.slug, *entry.also)}
        for name in names:
            if name in owner:
                raise GlossaryError(f"entry {entry.term!r}: {name!r} is {owner[name]} already")
            owner[name] = repr(entry.term)


# entries -> pages


def make_pages(text: str) -> dict[str, str]:
    """Make the whole website from the text of the glossary.

    Returns:
        The text of every file by its path below the website's root.

    Raises:
        GlossaryError: If an entry is wrong or links to a term that does not exist.
    """
    entries = read_glossary(text)
    links = {name.casefold(): e for e in entries for name in (e.term, *e.also)}
    pages = {"index.html": index_page(entries)}
    neighbours = zip([None, *entries], entries, [*entries[1:], None], strict=False)
    for before, entry, after in neighbours:
        nav = term_nav(before, entry, after)
        pages[f"{entry.slug}.html"] = term_page(entry, nav, links)
    pages["drafts/index.html"] = drafts_page()
    return pages


def term_page(entry: Entry, nav: str, links: dict[str, Entry]) -> str:
    """Make the page of one term."""
    others: list[Entry] = []

    def link(name: str, shown: str) -> str:
        other = find(name, entry, links)
        if other not in others:
            others.append(other)
        return anchor(f"{other.slug}.html", shown)

    blocks = [block(text, link) for text in split_blocks(entry.body)]
    sees = ", ".join(anchor(f"{other.slug}.html", escape(other.term)) for other in others)
    main = [f"<h1>{escape(entry.term)}</h1>", *blocks, f'<p class="sees">See also: {sees}</p>']
    return fill_page(entry.term, entry.first_sentence, nav, "\n".join([*main, facts(entry)]))


def term_nav(before: Entry | None, entry: Entry, after: Entry | None) -> str:
    """Make the links to the previous term, to the index, and to the next term."""
    index = [anchor(f"index.html#{entry.letter}", "All terms")]
    previous = [anchor(f"{before.slug}.html", escape(before.term), "prev")] if before else []
    following = [anchor(f"{after.slug}.html", escape(after.term), "next")] if after else []
    return "\n".join(previous + index + following)


def facts(entry: Entry) -> str:
    """Make the list of what else there is to know: other names, lanes, notebooks."""
    rows = {
        "Also here": ", ".join(entry.also),
        "Lanes": ", ".join(entry.lanes),
        "Taught in": ", ".join(NOTEBOOKS[number] for number in entry.taught),
    }
    lines = [f"<dt>{key}</dt><dd>{escape(value)}</dd>" for key, value in rows.items() if value]
    return "\n".join(['<dl class="facts">', *lines, "</dl>"])


def index_page(entries: list[Entry]) -> str:
    """Make the list of all terms, each with its first sentence."""
    letters = [(key, list(group)) for key, group in groupby(entries, lambda entry: entry.letter)]
    nav = "\n".join(anchor(f"#{letter}", letter.upper()) for letter, _ in letters)
    main = [INDEX_INTRO.format(count=len(entries))]
    for letter, group in letters:
        main += [f'<h2 id="{letter}">{letter.upper()}</h2>', "<dl>", *map(index_line, group)]
        main += ["</dl>"]
    description = "The terms of concurrency in Python, each in one sentence."
    return fill_page("All terms", description, nav, "\n".join(main))


def index_line(entry: Entry) -> str:
    """Make the index's line for one term."""
    also = f" <small>also {escape(', '.join(entry.also))}</small>" if entry.also else ""
    term = anchor(f"{entry.slug}.html", escape(entry.term))
    return f"<dt>{term}{also}</dt>\n<dd>{escape(entry.first_sentence)}</dd>"


def drafts_page() -> str:
    """Make the page that robots.txt asks programs to leave alone."""
    nav = anchor("../index.html", "All terms")
    return fill_page("Drafts", "A page that is not meant for robots.", nav, DRAFTS, root="../")


def fill_page(title: str, description: str, nav: str, main: str, root: str = "") -> str:
    """Put a page together; `root` leads from it to the website's root."""
    return PAGE.format(
        title=escape(f"{title} - Three Lanes glossary"),
        description=escape(description),
        root=root,
        nav=nav,
        main=main,
    )


# markup -> HTML


def split_blocks(body: str) -> list[str]:
    """Split a body into its paragraphs and its pieces of code."""
    return BLOCK.findall(body + "\n")


def is_code(text: str) -> bool:
    """Tell a piece of code from a paragraph."""
    return text.startswith("    ")


def block(text: str, link: Callable[[str, str], str]) -> str:
    """Turn one paragraph or one piece of code into HTML."""
    if is_code(text):
        code = re.sub(r"^ {4}", "", text.rstrip(), flags=re.MULTILINE)
        return f"<pre><code>{escape(code)}</code></pre>"
    return f"<p>{inline(' '.join(text.split()), link)}</p>"


def inline(text: str, link: Callable[[str, str], str]) -> str:
    """Turn `code`, *stress* and [[links]] into HTML; `link` gets a name and the HTML to show."""

    def tag(found: re.Match[str]) -> str:
        if found["code"]:
            return f"<code>{escape(found['code'])}</code>"
        if found["stress"]:
            return f"<em>{inline(found['stress'], link)}</em>"
        return link(found["link"], inline(found["shown"] or found["link"], link))

    pieces = []
    end = 0
    for found in INLINE.finditer(text):
        pieces += [escape(text[end : found.start()]), tag(found)]
        end = found.end()
    return "".join([*pieces, escape(text[end:])])


def plain(text: str) -> str:
    """Take the markup off, and the line breaks."""

    def words(found: re.Match[str]) -> str:
        shown = found["code"] or found["stress"] or found["shown"] or found["link"]
        return shown.strip("`")

    return " ".join(INLINE.sub(words, text).split())


def find(name: str, entry: Entry, links: dict[str, Entry]) -> Entry:
    """Find the entry that a link leads to."""
    other = links.get(" ".join(name.split()).casefold())
    if other is None:
        raise GlossaryError(f"entry {entry.term!r} links to [[{name}]], which is no term")
    if other is entry:
        raise GlossaryError(f"entry {entry.term!r} links to itself, as [[{name}]]")
    return other


def anchor(href: str, shown: str, rel: str = "") -> str:
    """Make a link; `shown` is HTML already."""
    return f'<a rel="{rel}" href="{href}">{shown}</a>' if rel else f'<a href="{href}">{shown}</a>'


def escape(text: str) -> str:
    """Make text safe inside HTML and inside a quoted attribute."""
    return html.escape(text).replace("&#x27;", "'")


# pages -> files


def write_pages(pages: dict[str, str], folder: Path) -> None:
    """Write the files of the website, and remove pages that it no longer has."""
    for path, text in pages.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
    for file in folder.glob("*.html"):
        if file.name not in pages:
            file.unlink()


def main() -> None:
    """Remake data/website/ from data/glossary.md."""
    try:
        pages = make_pages((HERE / "glossary.md").read_text(encoding="utf-8"))
    except GlossaryError as error:
        sys.exit(f"glossary.md: {error}")
    write_pages(pages, HERE / "website")
    print(f"website/: {len(pages)} pages")


if __name__ == "__main__":
    main()
