"""What axe-core finds on a page that keeps somebody out: names, roles, contrast, tables.

axe-core looks through a whole document each time. So that a notebook takes seconds and not
minutes, copies of its outputs and texts are put on one sheet, with the classes that they stand
in, and looked at there. What is folded away is unfolded on the sheet. The colours of what the
course itself shows are looked at in a light and in a dark theme, once for words in one style.
"""

from __future__ import annotations

from functools import cache

try:
    from axe_playwright_python.sync_playwright import Axe
except ImportError:
    Axe = None

__all__ = ["Axe", "faults", "on_the_sheet"]

SHEET, ONE_LOOK = "three-lanes-sheet", "data-one-look"
IN_JUPYTERLAB = (  # a rule, and the markup that it may find there, which is not the course's
    ("aria-input-field-name", "noUi-handle"),  # ipywidgets gives no name to a slider's handle
    ("empty-table-header", "<th></th>"),  # Markdown has no table without a head
    ("link-in-text-block", "<a href"),  # JupyterLab underlines no links
)
OF_PAGES = {"resultTypes": ["violations"]}
LATER = ("color-contrast", "heading-order", "region")  # the last two are of whole pages
OF_PARTS = OF_PAGES | {"rules": {name: {"enabled": False} for name in LATER}}
OF_COLOURS = OF_PAGES | {"runOnly": ["color-contrast"]}

COLLECT = """() => {
    const lanes = window.threeLanes, book = lanes.book.content.node;
    lanes.copies ??= new Map();
    for (const part of book.querySelectorAll('.jp-OutputArea-output, .jp-MarkdownOutput')) {
        if (lanes.copies.has(part) || !part.offsetHeight) continue;
        let copy = part.cloneNode(true);
        for (let over = part; !over.matches('.jp-Cell'); over = over.parentElement) {
            const shell = over.parentElement.cloneNode(false);
            shell.style.cssText = 'position: static; content-visibility: visible; height: auto';
            shell.removeAttribute('aria-label');  // JupyterLab's, of the cell
            shell.append(copy);
            copy = shell;
        }
        lanes.copies.set(part, copy);
    }
}"""
SPREAD = """name => {
    const sheet = document.createElement('div');
    sheet.id = name;
    sheet.className = 'jp-Notebook';
    // axe-core takes what lies over an edge, or on a layer that scrolls, for not to be seen.
    sheet.style.cssText = 'position: static; overflow: visible; height: auto; contain: none;' +
        'background: var(--jp-layout-color0)';
    sheet.append(...window.threeLanes.copies.values());
    const refers = ['id', 'for', 'aria-labelledby', 'aria-describedby', 'aria-controls'];
    for (const one of sheet.querySelectorAll('*')) {
        for (const key of refers.filter(key => one.hasAttribute(key)))
            one.setAttribute(key, one.getAttribute(key).replace(/\\S+/g, '$&-'));
        if (one.localName === 'details') one.open = true;
        if (one.localName === 'img') one.removeAttribute('src');
    }
    document.getElementById('main').style.display = 'none';
    document.body.style.overflow = 'visible';
    document.body.append(sheet);
}"""
MARK = """([name, mark]) => {
    const ours = '[data-mime-type="text/html"] *, [data-mime-type*="widget"] *';
    const seen = new Set();
    for (const one of document.getElementById(name).querySelectorAll(ours)) {
        if (![...one.childNodes].some(part => part.nodeType === 3 && part.data.trim())) continue;
        let look = '';
        for (let over = one; !over.matches('[data-mime-type]'); over = over.parentElement)
            look += `${over.localName} ${over.className} ${over.getAttribute('style')}|`;
        if (!seen.has(look)) one.setAttribute(mark, '');
        seen.add(look);
    }
    return seen.size;
}"""
TAKE_AWAY = """([name, mark]) => {
    document.querySelectorAll(`[${mark}]`).forEach(one => one.removeAttribute(mark));
    document.getElementById(name).remove();
    document.getElementById('main').style.display = '';
    document.body.style.overflow = '';
}"""
THEME = "name => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})"
IS_LIGHT = "light => document.body.dataset.jpThemeLight === String(light)"


def faults(page, context=None, options=OF_PAGES, left_out=()):
    """Return what is wrong on a page, or in the part that a selector names, in a line each.

    Left out are pairs of a rule and the markup that it may find.
    """
    found = _axe().run(page, context, options).response["violations"]
    return [
        f"{one['id']}: {one['help']}: {node['html'][:200]}"
        for one in found
        for node in one["nodes"]
        if not any(one["id"] == rule and markup in node["html"] for rule, markup in left_out)
    ]


def on_the_sheet(book):
    """Return what is wrong in all parts of a notebook that were looked at, in both themes."""
    page = book.page
    page.evaluate(SPREAD, SHEET)
    try:
        found = faults(page, f"#{SHEET}", OF_PARTS, IN_JUPYTERLAB)
        if page.evaluate(MARK, [SHEET, ONE_LOOK]):
            found += faults(page, f"[{ONE_LOOK}]", OF_COLOURS)
            _change_theme(page, light=False)
            found += [f"dark: {one}" for one in faults(page, f"[{ONE_LOOK}]", OF_COLOURS)]
    finally:
        _change_theme(page, light=True)
        page.evaluate(TAKE_AWAY, [SHEET, ONE_LOOK])
    return [f"{book.name}: {one}" for one in dict.fromkeys(found)]


def _change_theme(page, light):
    page.evaluate(THEME, "JupyterLab Light" if light else "JupyterLab Dark")
    page.wait_for_function(IS_LIGHT, arg=light)


@cache
def _axe():
    return Axe()
