"""The practice pictures: seven made by data/make_pictures.py, and a photograph of matplotlib's."""

from __future__ import annotations

from pathlib import Path
from reprlib import repr as short

__all__ = ["pictures"]

FOLDER = Path(__file__).resolve().parent.parent / "data" / "pictures"
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


def _in(folder: Path) -> list[Path]:
    return sorted(one for one in folder.iterdir() if one.suffix.lower() in KINDS)
