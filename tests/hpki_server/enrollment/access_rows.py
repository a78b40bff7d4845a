"""Enrollment's rows of the permission table."""

from tests.hpki_server.access_rows import Row

ROWS: list[Row] = []
