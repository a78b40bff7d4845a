"""How a person works with a page: with a mouse, or with a keyboard alone.  Both look at every page with axe's eyes."""

import re
from abc import ABC, abstractmethod
from pathlib import Path

from playwright.sync_api import Locator, Page

from tests import cast
from tests.browser.looking import stands
from tests.hpki_server.enrollment import desk

MOST_TABS = 120
# Names and addresses stay as people gave them, in whatever language the page speaks.
AS_GIVEN = sorted(
    {part for role in cast.EVERYONE for part in (*role.name.split("　"), *role.kana.split("　"))}
    | {value for value in desk.TYPED.values() if not value.isascii()}
    | {"ワタナベ", "ハナコ"},
    key=len,
    reverse=True,
)


class Hands(ABC):
    """One person at one browser window."""

    def __init__(self, page: Page, site: str, *, looked: set[str], language: str) -> None:
        self.page, self.site, self.looked, self.language = page, site, looked, language
        page.set_default_timeout(60_000)

    def open(self, path: str) -> None:
        self.page.goto(self.site + path)

    @abstractmethod
    def follow(self, words: str) -> None:
        """A link."""

    @abstractmethod
    def press(self, words: str) -> None:
        """A button that leads to a page."""

    @abstractmethod
    def fill(self, label: str, text: str) -> None: ...

    @abstractmethod
    def choose(self, label: str, option: str) -> None: ...

    @abstractmethod
    def tick(self, label: str) -> None: ...

    @abstractmethod
    def attach(self, label: str, file: Path) -> None: ...

    @abstractmethod
    def download(self, words: str) -> Path:
        """A button that hands out a file."""

    def look(self, name: str) -> None:
        """What every page has to stand: axe at a desk and on a small telephone, and no sideways scrolling there."""
        if name in self.looked:
            return
        self.looked.add(name)
        stands(self.page, f"{self.language}-{len(self.looked):02}-{name}")
        if self.language == "en":
            self._assert_english(name)

    def _assert_english(self, name: str) -> None:
        """What is left of Japanese on an English page is a name or an address as given, or the word for Japanese."""
        text = self.page.evaluate("document.body.innerText")
        marked = self.page.evaluate("[...document.querySelectorAll('[data-as-given]')].map(e => e.innerText)")
        for given in (*marked, *AS_GIVEN, "日本語"):
            text = text.replace(given, "")
        left = sorted(set(re.findall(r"[ぁ-んァ-ヺ一-龥]+", text)))
        assert not left, f"{name}: not translated: {left}"


class Mouse(Hands):
    def follow(self, words: str) -> None:
        self.page.get_by_role("link", name=words).first.click()
        self.page.wait_for_load_state()

    def press(self, words: str) -> None:
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=words).first.click()

    def fill(self, label: str, text: str) -> None:
        self._labelled(label).fill(text)

    def choose(self, label: str, option: str) -> None:
        self._labelled(label).select_option(label=option)

    def tick(self, label: str) -> None:
        self._labelled(label).check()

    def attach(self, label: str, file: Path) -> None:
        self._labelled(label).set_input_files(file)

    def download(self, words: str) -> Path:
        with self.page.expect_download() as waiting:
            self.page.get_by_role("button", name=words).first.click()
        return Path(waiting.value.path())

    def _labelled(self, label: str) -> Locator:
        return self.page.get_by_label(re.compile(r"^\s*" + re.escape(label))).first


NAME_OF_FOCUS = """() => { const e = document.activeElement;
if (!e || e === document.body) return '';
const label = e.labels && e.labels.length ? e.labels[0].innerText : '';
return (e.getAttribute('aria-label') || label || e.innerText || e.value || '').trim(); }"""
KIND_OF_FOCUS = "() => document.activeElement ? document.activeElement.tagName.toLowerCase() : ''"


class Keys(Hands):
    """Tab, Enter, Space, arrows and letters, as real key presses; the mouse is in the drawer."""

    def __init__(self, page: Page, site: str, *, looked: set[str], language: str) -> None:
        super().__init__(page, site, looked=looked, language=language)
        # A listener for good: one that comes with the key press may come too late for the dialogue.
        page.on("filechooser", lambda _chooser: None)

    def follow(self, words: str) -> None:
        self._go_to(words, "a", "summary")
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def press(self, words: str) -> None:
        self._go_to(words, "button")
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def fill(self, label: str, text: str) -> None:
        self._go_to(label, "input", "textarea")
        self.page.keyboard.press("Control+A")
        self.page.keyboard.press("Delete")
        self.page.keyboard.type(text)

    def choose(self, label: str, option: str) -> None:
        self._go_to(label, "select")
        self.page.keyboard.press("Home")
        for _ in range(MOST_TABS):
            chosen = self.page.evaluate("() => document.activeElement.selectedOptions[0].label")
            if chosen == option:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{label}: no option {option}")

    def tick(self, label: str) -> None:
        self._go_to(label, "input")
        self.page.keyboard.press("Space")

    def attach(self, label: str, file: Path) -> None:
        self._go_to(label, "input")
        with self.page.expect_file_chooser() as chooser:
            self.page.keyboard.press("Enter")
        chooser.value.set_files(file)

    def download(self, words: str) -> Path:
        self._go_to(words, "button")
        with self.page.expect_download() as waiting:
            self.page.keyboard.press("Enter")
        return Path(waiting.value.path())

    def _go_to(self, words: str, *kinds: str) -> None:
        """Tab until the focus stands there; whoever needs more than all stops of a page is lost."""
        seen = []
        for _ in range(MOST_TABS):
            self.page.keyboard.press("Tab")
            name = self.page.evaluate(NAME_OF_FOCUS)
            if name.startswith(words) and self.page.evaluate(KIND_OF_FOCUS) in kinds:
                self._assert_focus_shows(name)
                return
            seen.append(name[:30])
        raise AssertionError(f"{words!r} is not reached by Tab; stops: {seen}")

    def _assert_focus_shows(self, name: str) -> None:
        outline = self.page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", f"{name}: one cannot see where the focus is"
