"""The `hpki-server` command: Django's management commands under the product's name."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    """Entry point of `hpki-server`."""
    # Whatever a command writes speaks of people or keys: the database, its journal, reports, papers.
    os.umask(0o077)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hpki_server.config.settings")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
