"""Reports on documents that people had validated.  The documents themselves are not kept."""

import uuid

from django.db import models

from hpki_server.signing import queue_models  # noqa: F401 - Django finds a room's tables through this file


class ValidationRun(models.Model):
    """One report, for an hour, so that whoever asked can take it along.

    Its address is the only key to it: 122 random bits that nobody is told but the asker.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    policy = models.CharField(max_length=40)
    at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    report = models.JSONField()
    # As files: ETSI TS 119 102-2, and the sheet in the language in which it was asked for.
    xml = models.BinaryField()
    sheet = models.BinaryField()


class AskerCount(models.Model):
    """How often one asker came in one minute; counted by all processes."""

    # A keyed hash of asker and minute.
    key = models.CharField(max_length=64, primary_key=True)
    ends_at = models.DateTimeField(db_index=True)
    count = models.PositiveIntegerField()
