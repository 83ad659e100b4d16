"""Notebook 09's project: a program that visits a gallery, in turn and with all three lanes.

    gallery     the program in turn, which the notebook begins with
    my_project  the same with tasks, processes and one writer: where the notebook leads to
    script      puts functions of a notebook into a program of their own

And what tells whether such a program behaves:

    terminal    runs it as a terminal does, Ctrl-C included
    practice    a small gallery to visit
    trials      what a program is tried with
    report      what was found, as a table
"""

from helpers.project.report import Report
from helpers.project.script import script
from helpers.project.trials import examine

__all__ = ["Report", "examine", "script"]
