"""The practice website: pages on this machine, slow and faulty on demand, for the scraping lessons.

`website()` serves the course's glossary, `website(pages=GALLERY)` a gallery of pictures.

The pages come from a real web server in a process of its own, so that it takes no turn of the
notebook's GIL and goes on when a cell is interrupted. Importing this loads the standard library
only; aiohttp is imported where it serves.

    site.py      what the notebook holds: website(), Website, Seen, GALLERY
    faults.py    how slow and how faulty: Settings, and the fate of each request
    process.py   the notebook's end of the line to the server's process
    __main__.py  the server's end of it
    server.py    the web server
"""

from helpers.website.faults import Settings
from helpers.website.site import GALLERY, Seen, Website, website

__all__ = ["GALLERY", "Seen", "Settings", "Website", "website"]
