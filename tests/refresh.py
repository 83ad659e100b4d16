"""Runs the notebooks anew and keeps their outputs: `python3 course.py run python tests/refresh.py`.

The committed outputs are made by this command only, on the reference Python, so that nbval
compares like with like. It also takes the README's picture out of notebook 00.
"""

import argparse
import base64
import os
import sys
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient
from PIL import Image

from tests.command import read
from tests.reference import on_reference_python, reference_python

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
PICTURE = ROOT / "docs/first_picture.png"
WIDGET = "application/vnd.jupyter.widget-view+json"
PICTURE_CELL = ("00_start_here", "change-run")


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    paths = read(parser, words, numbered=True).paths
    if not on_reference_python():
        sys.exit(f"The outputs are those of Python {reference_python()}; run this with that one.")
    for path in paths:
        print(path.name, flush=True)
        refresh(path)
    PICTURE.write_bytes(picture_in_notebook())


def refresh(path: Path) -> None:
    """Run one notebook from the top in a new kernel and write it back with its outputs."""
    book = nbformat.read(path, as_version=4)
    kernel = {"kernel_name": "python3", "resources": {"metadata": {"path": str(path.parent)}}}
    options = {"timeout": 60, "record_timing": False, "store_widget_state": False}
    with TemporaryDirectory() as folder:
        os.environ["THREE_LANES_DIARY"] = f"{folder}/diary"  # nobody's answers are kept
        NotebookClient(book, **options, **kernel).execute()
    for cell in book.cells:
        for output in cell.get("outputs", []):
            keep_once(output)
    nbformat.write(book, path)


def keep_once(output: nbformat.NotebookNode) -> None:
    """Take out of an output what lives no longer than its kernel, and a picture's second copy.

    What is left is the PNG, with its text alternative in the metadata, in as few bytes as it can
    be without loss: there is time for that here, and not while somebody waits for a picture.
    """
    data = output.get("data", {})
    data.pop(WIDGET, None)
    if "image/png" in data:
        data.pop("text/html", None)
        data["image/png"] = smaller(data["image/png"])


def smaller(png: str) -> str:
    """Return a PNG, in base64, in fewer bytes if that can be."""
    content, found = base64.b64decode(png), BytesIO()
    with Image.open(BytesIO(content)) as picture:
        picture.save(found, "PNG", optimize=True, dpi=picture.info.get("dpi", (96, 96)))
    shortest = min(content, found.getvalue(), key=len)
    return base64.b64encode(shortest).decode("ascii")


def picture_in_notebook() -> bytes:
    """Return the PNG that the README shows, as it stands in the committed notebook."""
    name, cell_id = PICTURE_CELL
    book = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    (cell,) = [cell for cell in book.cells if cell["id"] == cell_id]
    return base64.b64decode(cell.outputs[0].data["image/png"])


if __name__ == "__main__":
    main(sys.argv[1:])
