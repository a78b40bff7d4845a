"""The bound on uploads stands in people.uploads; this name stays until the settings point there."""

from hpki_server.people.uploads import BoundedUpload

__all__ = ["BoundedUpload"]
