"""What is clicked and moved.

loop_view   an event loop, iteration by iteration: what %%loop shows
loop_strip  its parts: the lane of the loop under the picture,
loop_page   one iteration in words,
loop_source the source, and where each task stands in it,
loop_look   and their look
stepper     a program that is gone through by hand: who chooses, is the scheduler
stepper_page, stepper_look    a position of it as a page, and its look
slider      an experiment whose one setting is moved, and its picture: slide()
scenario    sliders for a job, and how long each technique should take: what_if()
"""

from helpers.board.scenario import WhatIf, what_if
from helpers.board.slider import Slider, slide
from helpers.board.stepper import Stepper

__all__ = ["Slider", "Stepper", "WhatIf", "slide", "what_if"]
