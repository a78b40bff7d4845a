"""Use cases of the registry: import, names, decisions on a match, exchange with the ministry."""

from hpki_server.registry.services.importing import ImportReport, Outcome, RowResult, import_entries

__all__ = ["ImportReport", "Outcome", "RowResult", "import_entries"]
