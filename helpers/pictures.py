"""The practice pictures: seven made by data/make_pictures.py, and a photograph of matplotlib's.

And two pictures side by side, to see what was done to one.
"""

from __future__ import annotations

import base64
import io
from html import escape
from pathlib import Path
from reprlib import repr as short
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from helpers.screen import enlarged

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["Sheet", "SideBySide", "a_hundred", "pictures", "side_by_side"]

FOLDER = Path(__file__).resolve().parent.parent / "data" / "pictures"
WIDE, HIGH, GAP = 400, 300, 20  # pixels of each picture, and between two
COLOURS = 64  # of both: a notebook keeps them
KINDS = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"}


def pictures(folder: str | Path | None = None) -> list[Path]:
    """Return the files of the practice pictures, or of the pictures in a folder of your own.

    Args:
        folder: where your pictures are; those in folders below it are left out.

    Raises:
        ValueError: there is no such folder, or no picture in it.
    """
    if folder is None:
        from matplotlib import get_data_path

        return [*_in(FOLDER), Path(get_data_path(), "sample_data", "grace_hopper.jpg")]
    if not isinstance(folder, str | Path) or not Path(folder).expanduser().is_dir():
        raise ValueError(f"pictures(folder): must be a folder, not {short(folder)}")
    found = _in(Path(folder).expanduser())
    if not found:
        kinds = ", ".join(sorted(KINDS))
        raise ValueError(f"pictures(folder): there is no picture in {short(folder)} ({kinds})")
    return found


def a_hundred() -> tuple[list[Path], list[Path], TemporaryDirectory[str]]:
    """Return a hundred practice pictures, a new folder for each, and the place of the folders."""
    place = TemporaryDirectory(prefix="three-lanes-")
    folders = [Path(place.name, str(number)) for number in range(100)]
    for folder in folders:
        folder.mkdir()
    return (pictures() * 13)[:100], folders, place


def _in(folder: Path) -> list[Path]:
    return sorted(one for one in folder.iterdir() if one.suffix.lower() in KINDS)


def side_by_side(before: str | Path, after: str | Path) -> SideBySide:
    """Return two pictures beside each other, small.

    Raises:
        OSError: one of them is not there, or is no picture.
    """
    from PIL import Image

    page = Image.new("RGB", (2 * WIDE + GAP, HIGH), "white")
    for number, path in enumerate((before, after)):
        with Image.open(path) as picture:
            small = picture.convert("RGB")
        small.thumbnail((WIDE, HIGH))
        page.paste(small, (number * (WIDE + GAP), 0))
    return SideBySide(page, Path(before).name)


class Sheet:
    """A picture with its description; it shows itself.

    Attributes:
        png: the picture, as a PNG of few colours.
        alt: what is to be seen, in words.
        wide: its width in pixels.
    """

    def __init__(self, picture: Image.Image, alt: str) -> None:
        from PIL import Image

        content = io.BytesIO()
        picture.quantize(COLOURS, dither=Image.Dither.NONE).save(content, "PNG", optimize=True)
        self.png, self.alt, self.wide = content.getvalue(), alt, picture.width

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, size = base64.b64encode(self.png).decode("ascii"), f'width="{self.wide}"'
        image = f'<img src="data:image/png;base64,{data}" {size} alt="{escape(self.alt)}">'
        shown = {"text/plain": repr(self), "text/html": enlarged(image), "image/png": data}
        return shown, {"image/png": {"alt": self.alt, "width": self.wide}}


class SideBySide(Sheet):
    """A picture before and after something was done to it."""

    def __init__(self, both: Image.Image, name: str) -> None:
        alt = f"The picture {name}: on the left before, on the right after it was processed."
        super().__init__(both, alt)
