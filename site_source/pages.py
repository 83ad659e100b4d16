"""The course's documents as Sphinx reads them: in the same folders, with links that hold there.

A document keeps its path, except that the README becomes index.md. A file of another kind to which
a document links, such as a program, gets a page that shows it. Of a notebook's outputs nothing is
changed; its pictures' alternative texts are put where myst-nb looks for them, and what moves only
in JupyterLab says so.
"""

from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

import course
from site_source.glossary import glossary

__all__ = ["ROOT", "write_pages", "write_printed"]

ROOT = Path(__file__).resolve().parent.parent
ENTRY = "README.md"
GLOSSARY = "data/glossary.md"
WEBSITE = "data/website/"  # a page for each of its entries
TO_WORK = ["docs/recipe.md", "docs/error_index.md", GLOSSARY]
TO_TEACH = ["docs/teaching.md", "docs/rubric.md"]
ABOUT = ["docs/other_systems.md"]
# Pages that are made to be printed, and their names on the site: one has its web page beside it.
PRINTED = {
    "docs/cheat_sheet.html": "docs/cheat_sheet.html",
    "docs/error_index.html": "docs/error_index_to_print.html",
}
PICTURES = (".png", ".jpg")

LINK = re.compile(r"\]\(([^)\s#]*)(#[^)\s]*)?\)")
CLICKED = re.compile(r"<button disabled>|^<(?:Stepper|LoopView|WhatIf)\b|^IntProgress\(")
NEEDS_KERNEL = (
    '<p class="needs-kernel">This part moves only in JupyterLab: it needs a running kernel.</p>'
)


@cache
def notebooks():
    """The paths of the notebooks, in the order of the course, without JupyterLab's checkpoints."""
    paths = [path.relative_to(ROOT) for path in sorted((ROOT / "notebooks").rglob("*.ipynb"))]
    return [
        path.as_posix() for path in paths if not any(part.startswith(".") for part in path.parts)
    ]


@cache
def documents():
    """The paths of all that becomes a page of the site."""
    return [ENTRY, *notebooks(), *TO_WORK, *TO_TEACH, *ABOUT]


def write_pages(folder):
    """Write all that Sphinx is to read into a folder."""
    files = set()
    for document in documents():
        text = read(document)
        files |= files_linked(document, text)
        write(folder / page_of(document), written(document, text))
    for file in files:
        if file.endswith(PICTURES):
            write(folder / file, (ROOT / file).read_bytes())
        else:
            write(folder / page_of(file), source_page(file))


def write_printed(folder):
    """Write the pages that are made to be printed into the finished site."""
    for file, name in PRINTED.items():
        text = (ROOT / file).read_text("utf-8").replace('.ipynb"', '.html"')
        write(folder / name, text)


def read(document):
    """A document's text; the glossary's is put into Markdown."""
    text = (ROOT / document).read_text("utf-8")
    return glossary(text) if document == GLOSSARY else text


def written(document, text):
    """A document as Sphinx is to read it."""
    if document.endswith(".ipynb"):
        return notebook(document, parsed(document, text))
    text = linked(document, text)
    return text + contents() if document == ENTRY else text


def write(path, content):
    """Write a file, and the folders that it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


# --- links ---------------------------------------------------------------------------------------


def linked(document, text):
    """The text with links that hold on the site; one that leads nowhere stays, and Sphinx tells."""

    def on_site(found):
        path, anchor = found[1], slug(found[2] or "")
        file = file_of(document, path)
        if file and file.startswith(WEBSITE):
            return f"]({target(document, GLOSSARY)}{entry(file)})"
        return f"]({target(document, file) if file else path}{anchor})"

    return LINK.sub(on_site, text)


def entry(page):
    """Where in the glossary the entry of a page of the practice website is."""
    name = PurePosixPath(page).stem
    return "" if name == "index" else f"#{name}"


def target(document, file):
    """How a document's page links to a file."""
    printed = PRINTED.get(file)
    start = PurePosixPath(page_of(document)).parent
    path = os.path.relpath(printed or page_of(file), start).replace(os.sep, "/")
    return f"printed:{path}" if printed else path


def slug(anchor):
    """GitHub's anchor of a heading for JupyterLab's, `#A-job:-x` -> `#a-job-x`; or GitHub's."""
    return re.sub(r"[^\w\-#]", "", unquote(anchor).lower())


def file_of(document, path):
    """The file of the course that a relative link leads to, or None."""
    if not path or ":" in path:
        return None
    file = (ROOT / document).parent.joinpath(unquote(path)).resolve()
    return file.relative_to(ROOT).as_posix() if file.is_file() and ROOT in file.parents else None


def files_linked(document, text):
    """The files that a document links to and that are no pages by themselves."""
    files = {file_of(document, path) for path, _ in LINK.findall(text)}
    return {one for one in files if one and not one.startswith(WEBSITE)} - {*documents(), *PRINTED}


def page_of(file):
    """The file that Sphinx reads for a file of the course."""
    if file == ENTRY:
        return "index.md"
    return file if file in documents() or file.endswith(PICTURES) else f"{file}.md"


# --- pages ---------------------------------------------------------------------------------------


def contents():
    """What stands in the menu on the left."""
    numbered = [
        f"{number(path)}{title(path)} <{path.removesuffix('.ipynb')}>" for path in notebooks()
    ]
    return (
        menu("The notebooks", numbered)
        + menu("To take to work", [path.removesuffix(".md") for path in TO_WORK])
        + menu("For teachers", [path.removesuffix(".md") for path in TO_TEACH])
        + menu("About the course", [path.removesuffix(".md") for path in ABOUT])
    )


def menu(caption, lines):
    """One part of the menu."""
    return "\n".join(["\n```{toctree}", ":hidden:", f":caption: {caption}", "", *lines, "```\n"])


def number(path):
    """A notebook's number with a space, if it has one."""
    found = re.match(r"\d\d", PurePosixPath(path).name)
    return f"{found[0]} " if found else ""


def title(path):
    """The heading with which a notebook begins."""
    first = parsed(path, read(path))["cells"][0]
    heading = re.match("# (.+)", "".join(first["source"]))
    if not heading:
        raise course.Failure(f"{path} has no title: begin its first cell with '# ' and a title.")
    return heading[1]


def parsed(document, text):
    """A notebook's text as JSON, with all that JupyterLab writes when it saves one."""
    try:
        book = json.loads(text)
        whole = book["cells"] and book["metadata"]["language_info"]
    except (ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        raise course.Failure(
            f"{document} is empty, or is not as JupyterLab keeps it: run and save it there."
        )
    return book


def source_page(file):
    """A page that shows a file as it is."""
    text = (ROOT / file).read_text("utf-8")
    language = "python" if file.endswith(".py") else "text"
    return f"---\norphan: true\n---\n\n# {file}\n\n`````{{code-block}} {language}\n{text}\n`````\n"


def notebook(document, book):
    """A notebook, its links, alternative texts and widgets made ready."""
    book["metadata"]["language_info"]["pygments_lexer"] = "python"  # ipython's knows no %%timeline
    for cell in book["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = linked(document, "".join(cell["source"]))
        else:
            texts = [text for output in cell["outputs"] for text in alternatives(output)]
            cell["metadata"]["mystnb"] = {"image": {"alt": " ".join(texts)}} if texts else {}
            cell["outputs"] = [part for output in cell["outputs"] for part in shown(output)]
    return json.dumps(book)


def alternatives(output):
    """The alternative text of an output's picture, if it has one."""
    about = output.get("metadata", {}).get("image/png", {})
    return [about["alt"]] if "alt" in about else []


def shown(output):
    """An output, and below it a line where it moves only in JupyterLab."""
    data = output.get("data", {})
    words = ("".join(data.get(kind, "")) for kind in ("text/html", "text/plain"))
    if not any(CLICKED.search(text) for text in words):
        return [output]
    line = {"text/html": NEEDS_KERNEL}
    return [output, {"output_type": "display_data", "metadata": {}, "data": line}]
