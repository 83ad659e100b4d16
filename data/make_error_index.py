"""The error index as a page to print, made from docs/error_index.md.

    python data/make_error_index.py

rewrites docs/error_index.html. An entry is whatever stands under a heading of the third level. The
page numbers the entries and adds a register of them by the alphabet; where the text names an entry
in italics, it links there.
"""

import html
import re
from pathlib import Path

import mistune

__all__ = ["make_page", "slug"]

DOCS = Path(__file__).resolve().parent.parent / "docs"

TAG = re.compile(r"<[^>]+>")

PAGE = """\
<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Three Lanes: {title}, what errors mean</title>
<!-- Made from error_index.md by data/make_error_index.py: edit it there. -->
<style>
  :root {{
    color-scheme: light;
    --ink: #1f2933; --secondary: #52606d; --axis: #9aa5b1; --grid: #e6e9ee; --core: #0072B2;
    --text: system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, "DejaVu Sans", sans-serif;
    --code: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  }}
  * {{ box-sizing: border-box; }}
  body {{ margin: 0; background: var(--grid); color: var(--ink); font: 9.5pt/1.36 var(--text); }}
  h1, h2, h3, p, ol, ul, pre {{ margin: 0; }}
  h1 {{ font-size: 17pt; line-height: 1.2; letter-spacing: -0.01em; }}
  h2 {{ font-size: 12.5pt; line-height: 1.25; }}
  h3 {{ font-size: 9.5pt; line-height: 1.3; }}
  svg {{ display: block; }}
  a {{ color: var(--core); }}
  code, pre {{ font: 8.5pt/1.36 var(--code); overflow-wrap: anywhere; }}
  h3 code {{ font-weight: bold; }}
  i {{ font-style: normal; color: var(--secondary); }}

  main {{ width: 210mm; margin: 8mm auto; padding: 12mm 11mm; background: #ffffff;
         box-shadow: 0 1px 6px var(--axis); }}
  .title {{ display: flex; align-items: center; gap: 4mm;
           padding-bottom: 2.5mm; border-bottom: 2px solid var(--ink); }}
  .title p {{ margin-left: auto; color: var(--secondary); }}
  section {{ margin-top: 6mm; }}
  section > h2 {{ padding-bottom: 1mm; border-bottom: 1px solid var(--axis); }}
  section > p, section > ol, section > pre, header + p, header + p ~ p {{ margin-top: 2mm; }}
  article {{ margin-bottom: 3.5mm; }}
  article p, article pre, article ol {{ margin-top: 1mm; }}
  ol {{ padding-left: 6mm; }}
  .number {{ color: var(--secondary); font-weight: normal; margin-right: 1.5mm; }}
  nav {{ margin-top: 2mm; padding-left: 3mm; border-left: 3px solid var(--axis); }}
  .columns {{ columns: 2; column-gap: 6mm; margin-top: 2.5mm; }}
  .register {{ padding: 0; list-style: none; margin-bottom: 3.5mm; }}
  .register li {{ display: flex; gap: 2mm; padding: 0.5mm 0; break-inside: avoid;
                 border-bottom: 1px solid var(--grid); }}
  .register a {{ color: inherit; text-decoration: none; min-width: 0; }}
  .register a:hover {{ text-decoration: underline; }}
  .register .number {{ margin: 0 0 0 auto; }}

  pre {{ padding: 0.5mm 0 0.5mm 2mm; border-left: 3px solid var(--core); white-space: pre-wrap; }}
  pre span {{ --rest: calc(var(--depth, 0ch) + 4ch);
             display: block; padding-left: var(--rest); text-indent: calc(-1 * var(--rest)); }}

  @media screen and (max-width: 215mm) {{
    main {{ width: auto; margin: 0; padding: 5mm; }}
    .title {{ flex-wrap: wrap; }}
    .columns {{ columns: 80mm 2; }}
  }}
  @page {{
    margin: 12mm 11mm 15mm;
    @bottom-left {{
      content: "Three Lanes: error index"; color: #52606d; font: 9.5pt sans-serif;
    }}
    @bottom-right {{
      content: counter(page) " of " counter(pages); color: #52606d; font: 9.5pt sans-serif;
    }}
  }}
  @media print {{
    body {{ background: none; }}
    main {{ width: auto; margin: 0; padding: 0; box-shadow: none; }}
    h2, h3 {{ break-after: avoid; }}
    h2 + p {{ break-before: avoid; }}
    article, pre {{ break-inside: avoid; }}
    p {{ orphans: 3; widows: 3; }}
    a {{ text-decoration: none; }}
  }}
</style>
</head>
<body>

<main>
<header class="title">
  <svg width="46" height="34" viewBox="0 0 46 34" aria-hidden="true">
    <path d="M0 2h16v8H0z M30 13h16v8H30z M16 24h14v8H16z" fill="#0072B2"/>
    <path d="M16 6h30 M0 17h30 M0 28h16 M30 28h16" stroke="#6b7785"/>
  </svg>
  <h1>{title}</h1>
  <p><a href="cheat_sheet.html">Cheat sheet</a> · Three Lanes</p>
</header>
{introduction}
<nav aria-label="Sections">
{contents}
</nav>
<section aria-labelledby="register">
<h2 id="register">Register: each message, and the number of its entry</h2>
<div class="columns">
{register}</div>
</section>
{sections}</main>
</body>
</html>
"""


def slug(heading: str) -> str:
    """Return what a link to a heading of the Markdown names, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def plain(text: str) -> str:
    """Return HTML without its tags."""
    return html.unescape(TAG.sub("", text))


class Renderer(mistune.HTMLRenderer):
    """Writes the page's HTML; `numbers` has the entries' numbers by their slugs."""

    def __init__(self, numbers: dict[str, int]):
        super().__init__()
        self.numbers = numbers

    def heading(self, text: str, level: int, **attrs: object) -> str:
        """Give a heading its place to link to, and an entry its number."""
        name = slug(plain(text))
        number = f'<span class="number">{self.numbers[name]}</span>' if level == 3 else ""
        return f'<h{level} id="{name}">{number}{text}</h{level}>\n'

    def emphasis(self, text: str) -> str:
        """Make a link of an entry's name."""
        name = slug(plain(text))
        if name not in self.numbers:
            return f"<em>{text}</em>"
        return f'<a href="#{name}"><em>{text}</em> ({self.numbers[name]})</a>'

    def block_code(self, code: str, info: str | None = None) -> str:
        """Let a long line break with an indent, and print comments paler."""
        escaped = mistune.escape(code, quote=False)
        commented = re.sub(r"(# .*)$", r"<i>\1</i>", escaped, flags=re.M)
        lines = re.sub(r"( *)(.*\n)", indented, commented)
        return f"<pre>{lines}</pre>\n"


def indented(line: re.Match[str]) -> str:
    """Make a line of code of its own, and say how far it is indented, for what does not fit."""
    depth = f' style="--depth: {len(line[1])}ch"' if line[1] else ""
    return f"<span{depth}>{line[0]}</span>"


def make_page(text: str) -> str:
    """Make the page from the text of the index."""
    title, body = re.fullmatch(r"# (.+?)\n(.+)", text, re.S).groups()
    introduction, *sections = re.split(r"^(?=## )", body, flags=re.M)
    headings = re.findall(r"^### (.+)$", text, re.M)
    numbers = {slug(heading): number for number, heading in enumerate(headings, start=1)}
    if len(numbers) < len(headings):
        raise ValueError("two entries would have the same place to link to")
    markdown = mistune.create_markdown(renderer=Renderer(numbers))
    introduction = re.sub(r"^.*\(error_index\.html\).*\n", "", introduction, flags=re.M)
    names = [section.partition("\n")[0].removeprefix("## ") for section in sections]
    return PAGE.format(
        title=title,
        contents=" ·\n".join(f'<a href="#{slug(name)}">{inline(name)}</a>' for name in names),
        introduction=markdown(introduction),
        register=make_register(headings, numbers),
        sections="".join(make_section(markdown, section) for section in sections),
    )


def make_section(markdown: mistune.Markdown, section: str) -> str:
    """Make a section: its heading and its own words in one piece, then its entries in columns."""
    head, *entries = re.split(r"^(?=### )", section, flags=re.M)
    name = slug(head.partition("\n")[0].removeprefix("## "))
    articles = "".join(f"<article>\n{markdown(entry)}</article>\n" for entry in entries)
    return (
        f'<section aria-labelledby="{name}">\n{markdown(head)}'
        f'<div class="columns">\n{articles}</div>\n</section>\n'
    )


def make_register(headings: list[str], numbers: dict[str, int]) -> str:
    """List the entries by the alphabet: first the messages, then what is told without one."""
    quoted = [heading for heading in headings if re.fullmatch(r"`[^`]+`(, .+)?", heading)]
    others = [heading for heading in headings if heading not in quoted]
    return make_list("What Python says", quoted, numbers) + make_list(
        "Without a message", others, numbers
    )


def make_list(title: str, headings: list[str], numbers: dict[str, int]) -> str:
    """List some entries by the alphabet, each with its number."""
    lines = [
        f'<li><a href="#{slug(heading)}">{inline(heading)}</a>'
        f'<span class="number">{numbers[slug(heading)]}</span></li>\n'
        for heading in sorted(headings, key=lambda heading: slug(heading).strip("-"))
    ]
    return f'<h3>{title}</h3>\n<ul class="register">\n{"".join(lines)}</ul>\n'


def inline(heading: str) -> str:
    """Make the HTML of a heading's words."""
    return mistune.html(heading).strip().removeprefix("<p>").removesuffix("</p>")


if __name__ == "__main__":
    page = make_page((DOCS / "error_index.md").read_text("utf-8"))
    (DOCS / "error_index.html").write_text(page, "utf-8")
