"""`python -m bench [MODULE …]`: every bench, or the named ones, as one table.  `imports` takes a quarter of an hour and is only run by name.

Each module has `measure()`, which yields name, runs per second, ratio to the limit of the same run, and a note.  The
ratio is the figure to keep: this machine and its other work cancel out in it.
"""

import sys
from importlib import import_module

MODULES = (
    "issuance",
    "issue",
    "production",
    "card",
    "ocsp",
    "timestamp",
    "crl",
    "validation",
    "match",
    "search",
    "figures",
    "life",
    "signatures_cms",
    "signatures_documents",
)


def main(wanted: list[str]) -> None:
    print(f"{'what':<66} {'per second':>10} {'of limit':>8}  note")
    for name in wanted or MODULES:
        print(f"-- bench/{name}.py")
        for what, per_second, ratio, note in import_module(f"bench.{name}").measure():
            print(f"{what:<66} {per_second:>10,.0f} {ratio:>8.2f}  {note}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
