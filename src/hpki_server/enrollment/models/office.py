"""Where an association or the centre receives people and letters."""

from django.db import models

from hpki_server.people.models import Organisation


class OfficeAddress(models.Model):
    """Where an association or the centre receives people and letters; printed on postcard and PIN letter."""

    organisation = models.OneToOneField(
        Organisation, on_delete=models.CASCADE, related_name="office", primary_key=True
    )
    postal_code = models.CharField(max_length=8)
    address = models.CharField(max_length=200)
    phone = models.CharField(max_length=20, blank=True)
    # Lines as printed, e.g. ["平日 9時〜17時"].
    hours = models.JSONField(default=list)
