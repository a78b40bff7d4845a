"""資格管理簿: the state's record of one qualification of one person."""

import uuid

from django.db import models


class RegistryEntry(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # A code of hpki.certs.qualifications.
    qualification = models.CharField(max_length=40)
    # 登録番号: digits without leading zeros.
    number = models.CharField(max_length=12)
    # Glyphs as they were imported; only `name_key` is folded.
    family_name = models.CharField(max_length=60)
    given_name = models.CharField(max_length=60)
    kana = models.CharField(max_length=120, blank=True)
    born_on = models.DateField()
    registered_on = models.DateField()
    name_key = models.CharField(max_length=120)
    imported_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["qualification", "number"], name="registry_entry_number"),
            models.CheckConstraint(
                condition=models.Q(registered_on__gt=models.F("born_on")), name="registry_entry_born_first"
            ),
        ]
        indexes = [models.Index(fields=["name_key", "born_on"], name="registry_entry_person")]
