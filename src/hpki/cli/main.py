"""The `hpki` command: finds the subcommand and turns errors into sentences and exit codes.

Exit codes: 0 done, 1 it did not work, 3 the command was written wrongly (2 stays free for a judged "no").
"""

import argparse
import importlib
import importlib.util
import os
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

from hpki.errors import HpkiError

DONE: Final = 0
FAILED: Final = 1
USAGE: Final = 3

# Each module has `register(subparsers)`, and puts `run(arguments) -> int` into its parser's defaults.
_MODULES: Final = (
    "hpki.cli.cert",
    "hpki.cli.card",
    "hpki.cli.sign",
    "hpki.cli.extend",
    "hpki.cli.validate",
    "hpki.cli.trust",
    "hpki.cli.audit",
)


class Parser(argparse.ArgumentParser):
    """An argument parser whose refusals exit with 3."""

    def error(self, message: str) -> NoReturn:
        """Print usage and the message to standard error, and exit."""
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parsed = build_parser().parse_args(arguments)
    try:
        code: int = parsed.run(parsed)
    except HpkiError as refused:
        sys.stderr.write(f"hpki: {refused}\n")
        return FAILED
    except BrokenPipeError:  # the reader of a pipe, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as refused:
        sys.stderr.write(f"hpki: {refused.filename or 'input'}: {refused.strerror or refused}\n")
        return FAILED
    return code


def build_parser() -> Parser:
    """The parser with every subcommand that is installed."""
    parser = Parser(prog="hpki", description="Certificates and cards of Japan's healthcare PKI.")
    subparsers = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name in _MODULES:
        if importlib.util.find_spec(name) is not None:
            importlib.import_module(name).register(subparsers)
    return parser


if __name__ == "__main__":
    sys.exit(main())
