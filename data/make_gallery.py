"""Makes the gallery, a website of pictures: `python3 course.py run python data/make_gallery.py`.

It rewrites data/gallery/, whose style.css and robots.txt are written by hand: an index, four wings,
twelve rooms, and two posters in each room. A poster has nearly four million pixels and few colours:
a small file that takes a core a while to open. All are variations on three lanes, and nobody's
rights are in them. A crawler finds what it meets elsewhere too: links to fragments, to another
website and to a mail address, pages that it has seen, and a store that robots.txt asks it to leave
alone.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image, ImageColor, ImageDraw

FOLDER = Path(__file__).resolve().parent / "gallery"
WIDE, HIGH = 24, 16  # a poster's size, in the unit of all that is drawn on it
UNIT = 100  # pixels
COLOURS = {
    "cream": "#f6f1e4",
    "black": "#1f2933",
    "blue": "#0072b2",
    "light-blue": "#9fcbe6",
    "orange": "#d55e00",
    "amber": "#e69f00",
    "green": "#009e73",
    "pink": "#cc79a7",
    "gold": "#c2b06a",
    "brown": "#8a6d00",
    "grey": "#d5dbe2",
}


class Poster:
    """A picture to draw on, in units from its upper left corner; at first it is all ground."""

    def __init__(self, ground: str, lanes: list[str]):
        self.ground = ground
        self.colours = list(dict.fromkeys([ground, *lanes]))  # four: two bits for each pixel
        self.image = Image.new("P", (WIDE * UNIT, HIGH * UNIT))
        self.image.putpalette(
            [part for name in self.colours for part in ImageColor.getrgb(COLOURS[name])]
        )
        self.draw = ImageDraw.Draw(self.image)

    def shape(self, points: Iterable[tuple[float, float]], colour: str) -> None:
        """Fill a polygon."""
        corners = [(round(x * UNIT), round(y * UNIT)) for x, y in points]
        self.draw.polygon(corners, fill=self.colours.index(colour))

    def box(self, x: float, y: float, wide: float, high: float, colour: str) -> None:
        """Fill a rectangle, given its upper left corner and its size."""
        right, low = round((x + wide) * UNIT) - 1, round((y + high) * UNIT) - 1
        left, top = round(x * UNIT), round(y * UNIT)
        if left <= right and top <= low:
            self.draw.rectangle((left, top, right, low), fill=self.colours.index(colour))

    def disc(self, x: float, y: float, r: float, colour: str) -> None:
        """Fill a circle around x, y."""
        self.pie(x, y, r, 0, 360, colour)

    def pie(self, x: float, y: float, r: float, start: float, end: float, colour: str) -> None:
        """Fill a part of a circle, between two angles in degrees, clockwise from three o'clock."""
        box = [round(v * UNIT) for v in (x - r, y - r, x + r, y + r)]
        if end - start == 360:
            self.draw.ellipse(box, fill=self.colours.index(colour))
        else:
            self.draw.pieslice(box, start, end, fill=self.colours.index(colour))

    def arc(
        self, x: float, y: float, r: float, width: float, start: float, end: float, colour: str
    ) -> None:
        """Draw a part of a ring, whose middle line has the radius r."""
        outer = r + width / 2
        box = [round(v * UNIT) for v in (x - outer, y - outer, x + outer, y + outer)]
        self.draw.arc(box, start, end, fill=self.colours.index(colour), width=round(width * UNIT))


# the posters: each gets its ground and three colours for its lanes


def bars(poster: Poster, lanes: list[str]) -> None:
    """Tall where something runs, thin where it waits."""
    runs = [[(1, 7), (14, 4)], [(6, 5), (17, 6)], [(2, 3), (9.5, 8)]]
    for row, (colour, lane) in enumerate(zip(lanes, runs, strict=True)):
        y = 3.5 + 4.5 * row
        poster.box(lane[0][0], y - 0.12, lane[-1][0] + lane[-1][1] - lane[0][0], 0.24, colour)
        for x, wide in lane:
            poster.box(x, y - 1.5, wide, 3, colour)


def turns(poster: Poster, lanes: list[str]) -> None:
    """Three lanes that take turns: never two of them at a time."""
    widths = [2.5, 1.5, 3, 2, 1, 2.5, 2, 3.5, 1.5, 2, 2.5]
    order = [0, 1, 2, 0, 2, 1, 0, 1, 2, 0, 1]
    for row, colour in enumerate(lanes):
        poster.box(0, 3 + 5 * row - 0.08, WIDE, 0.16, colour)
    x = 0.0
    for wide, row in zip(widths, order, strict=True):
        poster.box(x, 1 + 5 * row, wide, 4, lanes[row])
        x += wide


def pillars(poster: Poster, lanes: list[str]) -> None:
    """Three groups of three pillars with round heads, each group higher than the one before."""
    for group, colour in enumerate(lanes):
        for n in range(3):
            x = 2 + 7.33 * group + 2 * n
            top = 10.8 - 2.6 * group - 1.3 * n
            poster.box(x, top, 1.5, HIGH - top, colour)
            poster.disc(x + 0.75, top, 0.75, colour)


def teeth(poster: Poster, lanes: list[str]) -> None:
    """Pillars from above and from below that interlock."""
    for n in range(11):
        high = 5.5 + 4.5 * math.sin((n + 1) * math.pi / 12)
        poster.box(1.3 + 2 * n, 0 if n % 2 else HIGH - high, 1.4, high, lanes[n % 3])


def slopes(poster: Poster, lanes: list[str]) -> None:
    """Three bands that cross the poster from corner to corner, and a disc."""
    for n, colour in enumerate(lanes):
        x = 3.2 + 4 * n
        poster.shape([(x, HIGH), (x + 2.4, HIGH), (x + 2.4 + HIGH, 0), (x + HIGH, 0)], colour)
    poster.disc(5.5, 5, 2.6, lanes[0])


def chevrons(poster: Poster, lanes: list[str]) -> None:
    """Three arrow heads, one behind the other."""
    for n, colour in enumerate(lanes):
        x, thick = 1.25 + 6 * n, 3.0
        poster.shape(
            [
                *[(x, 1.5), (x + thick, 1.5), (x + thick + 6.5, 8)],
                *[(x + thick, 14.5), (x, 14.5), (x + 6.5, 8)],
            ],
            colour,
        )


def half_discs(poster: Poster, lanes: list[str]) -> None:
    """Three discs cut along the middle, and the halves put out of step."""
    for n, colour in enumerate(lanes):
        x = 4.6 + 7.4 * n
        shift = (0.9, 0, -0.9)[n]
        poster.pie(x + shift, 7.9, 3.4, 180, 360, colour)
        poster.pie(x - shift, 8.1, 3.4, 0, 180, colour)


def growing_discs(poster: Poster, lanes: list[str]) -> None:
    """Three lanes of discs that grow, each lane out of step with the next."""
    for row, colour in enumerate(lanes):
        for n in range(8):
            size = 0.35 + 1.0 * (1 + math.sin((n + 2.2 * row) * 2 * math.pi / 8)) / 2
            poster.disc(1.5 + 3 * n, 3.2 + 4.8 * row, size, colour)


def corner_rings(poster: Poster, lanes: list[str]) -> None:
    """Three times two rings around a corner."""
    for n in range(6):
        poster.arc(0, HIGH, 3.7 + 2.9 * n, 1.5, 270, 360, lanes[n // 2])
    poster.disc(0, HIGH, 1.6, lanes[0])


def linked_rings(poster: Poster, lanes: list[str]) -> None:
    """Three rings, each through the next."""
    centres = [(5.9, 8), (12, 8), (18.1, 8)]
    for (x, y), colour in zip(centres, lanes, strict=True):
        poster.arc(x, y, 4.3, 1.6, 0, 360, colour)
    for (x, y), colour in zip(centres[:2], lanes, strict=False):
        poster.arc(x, y, 4.3, 1.6, 300, 345, colour)


def rainbow(poster: Poster, lanes: list[str]) -> None:
    """Three half rings on one base, and half a disc beneath them."""
    for n, colour in enumerate(lanes):
        poster.arc(12, 12.5, 8.7 - 2.3 * n, 1.5, 180, 360, colour)
    poster.pie(12, 12.5, 1.9, 180, 360, lanes[1])
    poster.box(0, 12.5, WIDE, 0.3, lanes[1])


def scales(poster: Poster, lanes: list[str]) -> None:
    """Rows of quarter rings, like the scales of a fish."""
    for row in range(4):
        for n in range(-1, 5):
            x, y = 6 * n + 3 * (row % 2), 4 + 4 * row
            for k, colour in enumerate(lanes):
                poster.arc(x + 3, y, 2.6 - 0.85 * k, 0.4, 180, 360, colour)


def quarter_discs(poster: Poster, lanes: list[str]) -> None:
    """Quarters of discs, each turned by chance."""
    dice = random.Random(4)
    for row in range(4):
        left_out = dice.sample(range(6), 2)
        for n in range(6):
            turn, colour = dice.randrange(4), dice.choice(lanes)
            x, y = 4 * n + 4 * (turn in (1, 2)), 4 * row + 4 * (turn in (2, 3))
            if n not in left_out:
                poster.pie(x, y, 4, 90 * turn, 90 * turn + 90, colour)


def curves(poster: Poster, lanes: list[str]) -> None:
    """Tiles with two bends each, turned by chance, whose lanes meet at every edge."""
    dice = random.Random(15)
    for x in range(-3, WIDE, 10):
        for y in range(-2, HIGH, 10):
            corners = [(x, y, 0), (x + 10, y + 10, 180)]
            if dice.random() < 0.5:
                corners = [(x + 10, y, 90), (x, y + 10, 270)]
            for cx, cy, start in corners:
                for k, colour in enumerate([lanes[0], lanes[1], lanes[0]]):
                    poster.arc(cx, cy, 3 + 2 * k, 1.1, start, start + 90, colour)


def nested_squares(poster: Poster, lanes: list[str]) -> None:
    """Squares within squares, moved a little further each time."""
    for n in range(6):
        x, y = 4.7 + 7.3 * (n % 3), 4.4 + 7.2 * (n // 3)
        across, down = n % 3 - 1, 2 * (n // 3) - 1
        for k in range(3):
            half = 2.9 - 0.9 * k
            left, top = x - half + 0.4 * k * across, y - half + 0.4 * k * down
            poster.box(left, top, 2 * half, 2 * half, lanes[(n + k) % 3])


def loose_squares(poster: Poster, lanes: list[str]) -> None:
    """Rows of squares that lose their order from left to right."""
    dice = random.Random(3)
    for row in range(6):
        for n in range(11):
            loose = max(0, n - 2) / 8
            x = 2 + 2 * n + dice.uniform(-0.4, 0.4) * loose
            y = 2.5 + 2.2 * row + dice.uniform(-0.9, 0.9) * loose
            turn = dice.uniform(-1, 1) * loose + math.pi / 4
            corners = [turn + k * math.pi / 2 for k in range(4)]
            points = [(x + math.cos(a), y + math.sin(a)) for a in corners]
            poster.shape(points, lanes[row // 2])


def triangles(poster: Poster, lanes: list[str]) -> None:
    """Rows of triangles that stand on one another."""
    for row in range(4):
        for n in range(-1, 6):
            x, y = 4 * n + 2 * (row % 2), 4 * row
            poster.shape([(x, y + 4), (x + 4, y + 4), (x + 2, y)], lanes[(n + row) % 3])


def pinwheels(poster: Poster, lanes: list[str]) -> None:
    """Six wheels of four sails."""
    for row in range(2):
        for n in range(3):
            x, y = 4.4 + 7.6 * n, 4.3 + 7.4 * row
            for k in range(4):
                a = k * math.pi / 2
                cos, sin = math.cos(a), math.sin(a)
                points = [(0, 0), (3.2, 0), (3.2, 3.2)]
                poster.shape(
                    [(x + u * cos - v * sin, y + u * sin + v * cos) for u, v in points],
                    lanes[(n + row) % 3],
                )


def waves(poster: Poster, lanes: list[str]) -> None:
    """Three bands that swing together."""
    for n, colour in enumerate(lanes):
        band(poster, lambda x, n=n: 4 + 4 * n + 1.6 * math.sin(x * math.pi / 6), 1.9, colour)


def ripples(poster: Poster, lanes: list[str]) -> None:
    """Six lines that swing most in the middle."""
    for n in range(6):

        def line(x: float, n: int = n) -> float:
            return (
                1.75 + 2.5 * n - 0.95 * math.sin(x * math.pi / 24) ** 2 * math.sin(x * math.pi / 4)
            )

        band(poster, line, 1.1, lanes[n // 2])


def band(poster: Poster, middle: Callable[[float], float], width: float, colour: str) -> None:
    """Draw a band across the poster, as wide upright as `width`, around a line."""
    across = [n / 10 for n in range(WIDE * 10 + 1)]
    upper = [(x, middle(x) - width / 2) for x in across]
    lower = [(x, middle(x) + width / 2) for x in reversed(across)]
    poster.shape([*upper, *lower], colour)


def stairs(poster: Poster, lanes: list[str]) -> None:
    """Three stairs, one in front of the other."""
    for n, colour in enumerate(lanes):
        for k in range(6):
            x = 6 + 3 * k + 3 * n - 3
            top = 13.5 - 2.2 * k + 2.2 * n
            poster.box(x, top, WIDE, HIGH, colour)


def flights(poster: Poster, lanes: list[str]) -> None:
    """Three lines that climb in steps, side by side."""
    for n, colour in enumerate(lanes):
        for k in range(-1, 7):
            x, y = 4 * k - 2.5 + 1.7 * n, 14 - 3 * k + 1.7 * n
            poster.box(x, y, 5, 1, colour)
            poster.box(x + 4, y - 3, 1, 4, colour)


def bends(poster: Poster, lanes: list[str]) -> None:
    """Three lanes that turn back twice, as on a running track."""
    for n, colour in enumerate(lanes):
        near, far, width = 1.2 + 1.25 * n, 1.2 + 1.25 * (2 - n), 0.95
        poster.box(0, 5.55 - near - width / 2, 17, width, colour)
        poster.arc(17, 5.55, near, width, 270, 450, colour)
        poster.box(7, 5.55 + near - width / 2, 10, width, colour)
        poster.arc(7, 10.45, far, width, 90, 270, colour)
        poster.box(7, 10.45 + far - width / 2, 17, width, colour)


def crossings(poster: Poster, lanes: list[str]) -> None:
    """Three lanes across and three down, over and under one another."""
    for n in range(3):
        poster.box(0, 2.2 + 4.6 * n, WIDE, 2.4, lanes[n])
    for n in range(3):
        poster.box(3.8 + 7 * n - 0.4, 0, 3.2, HIGH, poster.ground)
        poster.box(3.8 + 7 * n, 0, 2.4, HIGH, lanes[(n + 1) % 3])
        for row in range((n + 1) % 2, 3, 2):
            poster.box(3.8 + 7 * n - 0.4, 1.8 + 4.6 * row, 3.2, 3.2, poster.ground)
            poster.box(3.8 + 7 * n - 0.4, 2.2 + 4.6 * row, 3.2, 2.4, lanes[row])


class Picture(NamedTuple):
    """A poster of the gallery."""

    draw: Callable[[Poster, list[str]], None]
    ground: str
    lanes: str
    about: str  # for those who do not see it

    @property
    def title(self) -> str:
        """Its name and its ground."""
        return (
            f"{self.draw.__name__.replace('_', ' ').capitalize()}, {self.ground.replace('-', ' ')}"
        )

    @property
    def slug(self) -> str:
        """The name of its file, without .png."""
        return f"{self.draw.__name__}_{self.ground}".replace("_", "-")

    def paint(self) -> Image.Image:
        """Return the picture itself."""
        lanes = self.lanes.split()
        poster = Poster(self.ground, lanes)
        self.draw(poster, lanes)
        return poster.image


class Part(NamedTuple):
    """A wing, with its rooms, or a room, with its pictures."""

    title: str
    about: str
    parts: tuple[Any, ...]

    @property
    def slug(self) -> str:
        """The name of its page, without .html."""
        return self.title.lower()


WINGS = [
    Part(
        "Lanes",
        "Three lanes beside one another, and what runs on them.",
        (
            Part(
                "Bars",
                "Tall where something runs, thin where it waits.",
                (
                    Picture(
                        bars,
                        "cream",
                        "blue orange green",
                        "Three lanes on cream, in blue, orange and green. Each has two tall bars, "
                        "joined by a thin line.",
                    ),
                    Picture(
                        turns,
                        "black",
                        "light-blue amber pink",
                        "Three thin lines on black, in light blue, amber and pink. Blocks stand on "
                        "them in turn, never two at the same time.",
                    ),
                ),
            ),
            Part(
                "Columns",
                "The same bars, upright.",
                (
                    Picture(
                        pillars,
                        "blue",
                        "light-blue cream amber",
                        "Nine columns with round heads on blue, in groups of three: light blue, "
                        "cream and amber. They rise from left to right.",
                    ),
                    Picture(
                        teeth,
                        "cream",
                        "black orange blue",
                        "Eleven columns on cream in black, orange and blue, from below and from "
                        "above by turns, longest in the middle, where they interlock.",
                    ),
                ),
            ),
            Part(
                "Slopes",
                "Three lanes that lead away.",
                (
                    Picture(
                        slopes,
                        "orange",
                        "black cream amber",
                        "Three bands on orange, in black, cream and amber, rise to the upper "
                        "right. On the left hangs a black disc.",
                    ),
                    Picture(
                        chevrons,
                        "light-blue",
                        "blue black cream",
                        "Three large arrow heads on light blue, in blue, black and cream, one "
                        "behind the other, point to the right.",
                    ),
                ),
            ),
        ),
    ),
    Part(
        "Circles",
        "Discs, rings, and parts of them.",
        (
            Part(
                "Discs",
                "Cut in half, or growing.",
                (
                    Picture(
                        half_discs,
                        "amber",
                        "black blue cream",
                        "Three discs on amber, in black, blue and cream, cut along the middle. The "
                        "halves of the outer two are out of step.",
                    ),
                    Picture(
                        growing_discs,
                        "green",
                        "cream black amber",
                        "Three rows of eight discs on green, in cream, black and amber. In each "
                        "row they grow and shrink, at another place.",
                    ),
                ),
            ),
            Part(
                "Rings",
                "Around one centre, or through one another.",
                (
                    Picture(
                        corner_rings,
                        "black",
                        "orange amber light-blue",
                        "Six quarter rings on black around the lower left corner: two orange, two "
                        "amber, two light blue.",
                    ),
                    Picture(
                        linked_rings,
                        "cream",
                        "blue pink green",
                        "Three rings in a row on cream, in blue, pink and green, each linked with "
                        "the next.",
                    ),
                ),
            ),
            Part(
                "Arcs",
                "Halves of rings.",
                (
                    Picture(
                        rainbow,
                        "light-blue",
                        "blue orange cream",
                        "Three half rings on light blue, in blue, orange and cream, one within the "
                        "other on an orange line. Half an orange disc stands in the middle.",
                    ),
                    Picture(
                        scales,
                        "pink",
                        "black cream blue",
                        "Four rows of small rainbows on pink, each of three half rings in black, "
                        "cream and blue.",
                    ),
                ),
            ),
        ),
    ),
    Part(
        "Tiles",
        "Simple shapes, side by side.",
        (
            Part(
                "Quarters",
                "Tiles with quarters of circles, each turned by chance.",
                (
                    Picture(
                        quarter_discs,
                        "cream",
                        "orange blue black",
                        "Sixteen quarters of discs on cream, in orange, blue and black, each "
                        "turned another way. Some tiles are empty.",
                    ),
                    Picture(
                        curves,
                        "blue",
                        "cream amber cream",
                        "Three lanes on blue, an amber one between two in cream, wind through the "
                        "picture in wide bends.",
                    ),
                ),
            ),
            Part(
                "Squares",
                "In order, and less so.",
                (
                    Picture(
                        nested_squares,
                        "gold",
                        "black cream orange",
                        "Six squares on gold, each with two smaller ones within, in black, cream "
                        "and orange.",
                    ),
                    Picture(
                        loose_squares,
                        "cream",
                        "green blue pink",
                        "Six rows of squares on cream, in green, blue and pink. On the left they "
                        "stand in order; to the right they turn and drift apart.",
                    ),
                ),
            ),
            Part(
                "Triangles",
                "In rows, and in wheels.",
                (
                    Picture(
                        triangles,
                        "green",
                        "black amber cream",
                        "Four rows of triangles on green, in black, amber and cream, each row "
                        "standing on the next.",
                    ),
                    Picture(
                        pinwheels,
                        "orange",
                        "cream black amber",
                        "Six wheels on orange, each of four triangles, in cream, black and amber.",
                    ),
                ),
            ),
        ),
    ),
    Part(
        "Paths",
        "Three lanes that do not go straight on.",
        (
            Part(
                "Waves",
                "Lanes that swing.",
                (
                    Picture(
                        waves,
                        "cream",
                        "blue green light-blue",
                        "Three broad waves on cream, in blue, green and light blue, one above the "
                        "other.",
                    ),
                    Picture(
                        ripples,
                        "blue",
                        "light-blue cream amber",
                        "Six lines on blue, two each in light blue, cream and amber. They are "
                        "straight at both edges and swing in the middle.",
                    ),
                ),
            ),
            Part(
                "Steps",
                "Lanes that climb.",
                (
                    Picture(
                        stairs,
                        "amber",
                        "orange pink black",
                        "Three stairs on amber, in orange, pink and black, one in front of the "
                        "other, climb to the right.",
                    ),
                    Picture(
                        flights,
                        "black",
                        "pink light-blue gold",
                        "Three lines on black, in pink, light blue and gold, climb in steps side "
                        "by side.",
                    ),
                ),
            ),
            Part(
                "Tracks",
                "Lanes that turn back, and lanes that cross.",
                (
                    Picture(
                        bends,
                        "green",
                        "cream amber black",
                        "Three lanes on green, in cream, amber and black, come from the left, turn "
                        "back, and turn again.",
                    ),
                    Picture(
                        crossings,
                        "grey",
                        "orange blue green",
                        "Three lanes across and three down on grey, in orange, blue and green, "
                        "woven over and under one another.",
                    ),
                ),
            ),
        ),
    ),
]
ROOMS = [room for wing in WINGS for room in wing.parts]
PICTURES = [picture for room in ROOMS for picture in room.parts]

# the pages

PAGE = """\
<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="{root}style.css">
</head>
<body>
<nav aria-label="Gallery">
{nav}
</nav>
<main>
<h1>{heading}</h1>
{main}
</main>
</body>
</html>
"""

FIGURE = """\
<figure id="{name}">
<img src="{file}" alt="{about}" width="{wide}" height="{high}">
<figcaption>{title}</figcaption>
</figure>"""

INTRO = """\
<p>{count} posters on the theme of three lanes, in four wings. This is a practice website of the
course: visit it, or let your program do so. Programs find in <code>robots.txt</code> what they are
asked to leave alone.</p>"""

OUTSIDE = """\
<h2>Elsewhere</h2>
<ul>
<li><a href="store/index.html">The store</a> is closed to programs.</li>
<li><a href="https://www.example.org/">Another website</a> is not ours.</li>
<li><a href="mailto:gallery@example.org">Write to us</a>: nobody will answer.</li>
</ul>"""

STORE = """\
<p>This page is not meant for robots: <code>robots.txt</code> asks programs to keep out of
<code>/store/</code>. If a program of yours has brought you here, it did not ask first.</p>"""

UNFINISHED = Picture(bars, "grey", "black grey grey", "One lane of three, black on grey.")


def make_pages() -> dict[str, str]:
    """Return the text of every page by its path below the website's root."""
    pages = {"index.html": index_page(), "store/index.html": store_page()}
    following = dict(zip(ROOMS, [*ROOMS[1:], ROOMS[0]], strict=True))
    for wing in WINGS:
        pages[f"{wing.slug}.html"] = wing_page(wing)
        for room in wing.parts:
            pages[f"{room.slug}.html"] = room_page(room, wing, following[room])
    return pages


def index_page() -> str:
    """Make the first page, with the four wings."""
    nav = "\n".join(link(f"#{wing.slug}", wing.title) for wing in WINGS)
    main = [INTRO.format(count=len(PICTURES))]
    for wing in WINGS:
        main += [f'<h2 id="{wing.slug}">{link(f"{wing.slug}.html", wing.title)}</h2>']
        main += [f"<p>{wing.about}</p>"]
    return fill_page("The gallery", nav, "\n".join([*main, OUTSIDE]))


def wing_page(wing: Part) -> str:
    """Make the page of a wing, with its rooms and what hangs there."""
    nav = link(f"./#{wing.slug}", "All wings")
    main = [f"<p>{wing.about}</p>"]
    for room in wing.parts:
        shown = [link(f"{room.slug}.html#{p.slug}", p.title) for p in room.parts]
        main += [f"<h2>{link(f'{room.slug}.html', room.title)}</h2>", f"<p>{room.about}</p>"]
        main += ["<ul>", *(f"<li>{one}</li>" for one in shown), "</ul>"]
    return fill_page(wing.title, nav, "\n".join(main))


def room_page(room: Part, wing: Part, following: Part) -> str:
    """Make the page of a room, with its pictures."""
    back = [link("./", "All wings"), link(f"{wing.slug}.html", wing.title)]
    nav = [*back, link(f"{following.slug}.html", following.title, "next")]
    figures = [figure(picture, f"pictures/{picture.slug}.png") for picture in room.parts]
    return fill_page(room.title, "\n".join(nav), "\n".join([f"<p>{room.about}</p>", *figures]))


def store_page() -> str:
    """Make the page that robots.txt asks programs to leave alone."""
    shown = figure(UNFINISHED, "unfinished.png", "Unfinished")
    return fill_page("The store", link("../", "All wings"), f"{STORE}\n{shown}", "../")


def figure(picture: Picture, file: str, title: str = "") -> str:
    """Make a picture with its title."""
    return FIGURE.format(
        name=Path(file).stem,
        file=file,
        about=picture.about,
        title=title or picture.title,
        wide=WIDE * UNIT,
        high=HIGH * UNIT,
    )


def link(href: str, shown: str, rel: str = "") -> str:
    """Make a link."""
    return f'<a rel="{rel}" href="{href}">{shown}</a>' if rel else f'<a href="{href}">{shown}</a>'


def fill_page(heading: str, nav: str, main: str, root: str = "") -> str:
    """Put a page together; `root` leads from it to the website's root."""
    title = heading if heading == "The gallery" else f"{heading} - The gallery"
    return PAGE.format(title=title, heading=heading, nav=nav, main=main, root=root)


# to files


def write_page(text: str, file: Path) -> None:
    """Write a page, with the same line ends everywhere."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8", newline="\n")


def write_picture(image: Image.Image, file: Path) -> None:
    """Write a picture, but not over the same one, which another zlib would pack otherwise."""
    if not (file.exists() and same(image, file)):
        file.parent.mkdir(parents=True, exist_ok=True)
        image.save(file, optimize=True)


def same(image: Image.Image, file: Path) -> bool:
    """Tell whether the file holds that picture."""
    with Image.open(file) as kept:
        return kept.mode == "P" and kept.convert("RGB").tobytes() == image.convert("RGB").tobytes()


def make(folder: Path) -> None:
    """Write the gallery into a folder, and remove pages and pictures that it no longer has."""
    pages = {folder / path: text for path, text in make_pages().items()}
    pictures = {folder / "pictures" / f"{picture.slug}.png": picture for picture in PICTURES}
    pictures[folder / "store" / "unfinished.png"] = UNFINISHED
    for file, text in pages.items():
        write_page(text, file)
    for file, picture in pictures.items():
        write_picture(picture.paint(), file)
    for file in [*folder.rglob("*.html"), *folder.rglob("*.png")]:
        if file not in pages and file not in pictures:
            file.unlink()


if __name__ == "__main__":
    make(FOLDER)
