"""The `hpki-server` command: Django's management commands under the product's name."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    """Entry point of `hpki-server`."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hpki_server.config.settings")
    execute_from_command_line(sys.argv)
