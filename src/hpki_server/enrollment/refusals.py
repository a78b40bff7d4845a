"""An upload that is not what it has to be."""


class PaperRefused(Exception):
    """Nothing of the upload was kept; `code` says why, `words.refusal_words` says it to people."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
