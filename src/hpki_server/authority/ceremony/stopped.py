"""Why a ceremony does not go on."""


class CeremonyStopped(Exception):
    """The ceremony cannot go on.  The message says why and what to do; what was done so far is in the transcript."""


class ShareRefused(CeremonyStopped):
    """A share is mistyped, foreign, given twice, or there are too few."""
