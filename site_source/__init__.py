"""The course as a website to read: `python3 course.py site` builds it, of the files as they are.

Nothing is run for it: it shows the outputs that are kept in the notebooks.

pages.py writes the course's documents as Sphinx reads them, conf.py says how the pages look, and
__main__.py has Sphinx make the website of them. requirements.txt is compiled by tests/pin.py.
"""
