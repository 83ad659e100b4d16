"""Links, pictures and anchors in the README and in the notebooks' text lead somewhere."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
TO_WORK = [path for kind in ("*.md", "*.html") for path in sorted((ROOT / "docs").glob(kind))]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "notebooks").glob("*.ipynb")), *TO_WORK]

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


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_links_lead_somewhere(document):
    targets = ["".join(groups) for groups in TARGET.findall(words(document))]
    broken = {target: problem(document, target) for target in targets}
    assert not {target: why for target, why in broken.items() if why}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[a](missing.md)", "there is no such file"),
        ("![a](pictures/missing.png)", "there is no such file"),
        ('<a href="#nowhere">', "there is no such heading"),
        ("[a](../../../../etc/passwd)", "there is no such file"),
        ("[a](http://example.org)", "not an https address"),
        ("[ref]: missing.md", "there is no such file"),
        ("[a](README.md#two-words)", None),
        ("[a](https://example.org/x#y)", None),
        ("`[a](missing.md)`", None),
    ],
)
def test_each_fault_is_found(tmp_path, monkeypatch, text, why):
    document = tmp_path / "README.md"
    document.write_text(f"# Two words\n\n{text}\n", "utf-8")
    monkeypatch.setattr("tests.test_links.ROOT", tmp_path)
    targets = ["".join(groups) for groups in TARGET.findall(words(document))]
    assert [problem(document, target) for target in targets] == ([why] if "`" not in text else [])
