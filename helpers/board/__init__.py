"""What is clicked and moved.

slider      an experiment whose one setting is moved, and its picture: slide()
"""

from helpers.board.slider import Slider, slide

__all__ = ["Slider", "slide"]
