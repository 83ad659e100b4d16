"""Makes the practice pictures: `python3 course.py run python data/make_pictures.py`.

Seven Julia sets: for each point of the plane, how often it can be squared and shifted before it
flies off. Nobody's rights are in them, and a blur shows on their edges.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

FOLDER = Path(__file__).resolve().parent / "pictures"
WIDE, HIGH = 1280, 960
MOST = 160  # times that a point is squared
SHIFTS = {
    "dragon": -0.8 + 0.156j,
    "galaxy": -0.7269 + 0.1889j,
    "coral": -0.70176 - 0.3842j,
    "lightning": -0.835 - 0.2321j,
    "islands": 0.355 + 0.355j,
    "spirals": -0.54 + 0.54j,
    "cauliflower": 0.37 + 0.1j,
}
COLOURS = np.array(
    [(13, 27, 42), (0, 114, 178), (86, 180, 233), (245, 245, 220), (230, 159, 0), (213, 94, 0)]
)


def main() -> None:
    """Write them all."""
    FOLDER.mkdir(exist_ok=True)
    for name, shift in SHIFTS.items():
        julia(shift).save(FOLDER / f"{name}.jpg", quality=82, optimize=True)


def julia(shift: complex) -> Image.Image:
    """Return the picture of one Julia set."""
    x, y = np.meshgrid(np.linspace(-1.6, 1.6, WIDE), np.linspace(-1.2, 1.2, HIGH))
    z = x + 1j * y
    times = np.zeros(z.shape)
    inside = np.ones(z.shape, bool)
    for _ in range(MOST):
        z[inside] = z[inside] ** 2 + shift
        inside &= np.abs(z) < 4
        times += inside
    # Between two whole numbers the height tells how far the last step went beyond.
    outside = ~inside
    times[outside] -= np.log2(np.maximum(np.log(np.abs(z[outside])) / np.log(4), 1))
    height = np.sqrt(np.clip(times, 0, None) / MOST) * (len(COLOURS) - 1)
    low = np.clip(height.astype(int), 0, len(COLOURS) - 2)
    part = (height - low)[..., None]
    return Image.fromarray(
        (COLOURS[low] * (1 - part) + COLOURS[low + 1] * part).clip(0, 255).astype("uint8")
    )


if __name__ == "__main__":
    main()
