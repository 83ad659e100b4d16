"""What Sphinx is told: which extension and theme, and the course's colours."""

from helpers.look import GRID, INK, SECONDARY, STYLE_OF

CORE, PALE = STYLE_OF["running"].fill, STYLE_OF["ready"].shade

project = html_title = "Three Lanes"
copyright = "the authors of Three Lanes; code BSD 3-Clause, text and pictures CC BY 4.0"  # noqa: A001
language = "en"
smartquotes = False  # the words stay as they are written
pygments_style, pygments_dark_style = "a11y-light", "a11y-high-contrast-dark"
root_doc = "index"
extensions = ["myst_nb", "sphinx.ext.githubpages"]

nb_execution_mode = "off"  # the outputs that are kept are the course as it was executed
nb_ipywidgets_js = {}  # they would come from another site
myst_enable_extensions = ["attrs_block"]
myst_heading_anchors = 4
myst_url_schemes = {"https": None, "printed": {"url": "{{path}}"}}

html_theme = "furo"
html_favicon = "static/icon.svg"
html_static_path = ["static"]
html_css_files = ["look.css"]
html_js_files = ["search.js"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": CORE,
        "color-brand-content": CORE,
        "color-brand-visited": CORE,
        "color-foreground-primary": INK,
        "color-foreground-secondary": SECONDARY,
        "color-background-border": GRID,
    },
    "dark_css_variables": {
        "color-brand-primary": PALE,
        "color-brand-content": PALE,
        "color-brand-visited": PALE,
    },
}
