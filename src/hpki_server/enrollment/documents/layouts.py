"""Where the typst layouts of this room's papers lie."""

from pathlib import Path

TYPST = Path(__file__).with_name("typst")
