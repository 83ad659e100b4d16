"""What the tests read in the course's documents: words, code, links."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat

ROOT = Path(__file__).resolve().parent.parent

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)
TARGET = re.compile(r"\]\(([^)\s]+)\)|(?:href|src)=\"([^\"]+)\"|^\[[^\]]+\]: (\S+)", re.M)
FENCED = re.compile(r"^```.*?^```|`[^`\n]+`", re.M | re.S)


def words(path):
    """Return a document's text without its code."""
    if path.suffix == ".ipynb":
        book = nbformat.read(path, as_version=4)
        text = "\n\n".join(cell.source for cell in book.cells if cell.cell_type == "markdown")
    else:
        text = path.read_text("utf-8")
    return FENCED.sub("", text)


def anchors(path):
    """Return what a link into a document may name: GitHub's slugs, JupyterLab's, and ids."""
    text = words(path)
    headings = [heading.strip() for heading in re.findall(r"^#+ (.+)$", text, re.M)]
    lab = {heading.replace(" ", "-") for heading in headings}
    slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    ids = set(re.findall(r'id="([^"]+)"', text))
    return ids | (lab if path.suffix == ".ipynb" else slugs)


def problem(document, target):
    """Say in words what is wrong with a link, or return None."""
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return None if parts.scheme == "https" and parts.netloc else "not an https address"
    path = (document.parent / unquote(parts.path)).resolve() if parts.path else document
    if not path.is_relative_to(ROOT) or not path.exists():
        return "there is no such file"
    if parts.fragment and unquote(parts.fragment) not in anchors(path):
        return "there is no such heading"
    return None
