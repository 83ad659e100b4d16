"""The Python that the committed outputs are of."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def reference_python() -> str:
    """Return the version, major and minor, of the Python whose outputs are committed."""
    return re.search(r"- python=(\S+)", (ROOT / "environment.yml").read_text("utf-8"))[1]


def on_reference_python() -> bool:
    return reference_python() == ".".join(map(str, sys.version_info[:2]))
