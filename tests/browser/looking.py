"""What every page has to stand, at a desk's width and a telephone's: axe finds nothing, nobody scrolls sideways."""

import os
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from django.db import connection
from playwright.sync_api import Page

LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
DESK, TELEPHONE = 1280, 320
HEIGHT = 900
# Where to keep pictures for people to look at; nowhere by default.
PICTURES = os.environ.get("OPENHPKI_PICTURES")
# Only what is wrong comes back: the thousands of elements that are right take longer to send than to judge.
_JUDGE = """async levels => {
  const found = await axe.run({runOnly: {type: 'tag', values: levels}, resultTypes: ['violations']});
  return found.violations.map(rule => [rule.id, rule.help, rule.nodes.map(node => [node.html, node.failureSummary])]);
}"""


def stands(page: Page, name: str) -> None:
    """Look at the page as it is now; afterwards the window has a desk's width again.

    How a page looks does not hang on the database beneath: the run on PostgreSQL (deploy/test.sh) opens the same
    pages and leaves axe, which takes half of all browser time, to the run on SQLite.
    """
    page.wait_for_load_state()
    if connection.vendor == "postgresql" and not PICTURES:
        return
    for width in (DESK, TELEPHONE):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/{name}-{width}.png", full_page=True)
        wrong = broken_rules(page)
        assert wrong == [], f"{name} at {width} px: {wrong}"
        sideways = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert sideways <= 0, f"{name}: {sideways} px too wide at {width} px"
    page.set_viewport_size({"width": DESK, "height": HEIGHT})


def broken_rules(page: Page) -> list[Any]:
    """What axe-core finds against WCAG 2.2 AA: rule, its sentence, the elements."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE_SCRIPT)
    wrong: list[Any] = page.evaluate(_JUDGE, LEVELS)
    return wrong
