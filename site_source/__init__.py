"""The course as a website to read: `python3 course.py site` builds it, of what is committed here.

pages.py writes the course's documents as Sphinx reads them, conf.py says how the pages look, and
__main__.py has Sphinx make the website of them. requirements.txt is compiled by tests/pin.py.
"""
