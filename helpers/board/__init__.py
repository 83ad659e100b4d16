"""What is clicked and moved.

loop_view   an event loop, iteration by iteration: what %%loop shows
slider      an experiment whose one setting is moved, and its picture: slide()
"""

from helpers.board.slider import Slider, slide

__all__ = ["Slider", "slide"]
