"""The picture of a Recording: a lane a line, time to the right, and one line on where it went.

Data flows one way: a Recording -> pieces -> rows -> boxes and stacks on a page -> PNG.

pieces      what each lane did, as one flat table without overlap
rows        which lanes make a row, its label and its place
names       the brackets of named spans
bars        pieces as boxes
folded      what is finer than a pixel, and many lanes in one row, as stacks
guesses     predictions over the lanes
frame       title, legend, names of the lanes, axis, words below
picture     all together: draw() and Picture
grid        several recordings side by side: grid()
curve       seconds over a number of workers: curve()
words       the line below and the text alternative: summary() and describe()
page, png   the measures of the page, and its dots as a file
"""

from helpers.timeline.curve import curve
from helpers.timeline.grid import grid
from helpers.timeline.picture import Picture, draw
from helpers.timeline.words import ONE_OF_MANY, describe, summary

__all__ = ["ONE_OF_MANY", "Picture", "curve", "describe", "draw", "grid", "summary"]
