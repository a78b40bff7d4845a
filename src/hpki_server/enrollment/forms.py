"""Web input of the desks becomes one frozen command; what an applicant types is read in entry_forms."""

from hpki_server.enrollment.entries import Entries, IdentityClaim
from hpki_server.enrollment.entry_fields import AssociationField, DateField
from hpki_server.enrollment.entry_forms import (
    EMPTY_CHOICE,
    IDENTITY_CHOICES,
    EntriesForm,
)
from hpki_server.enrollment.upload_forms import IdentityUploadForm, UploadForm

__all__ = [
    "EMPTY_CHOICE",
    "IDENTITY_CHOICES",
    "AssociationField",
    "DateField",
    "Entries",
    "EntriesForm",
    "IdentityClaim",
    "IdentityUploadForm",
    "UploadForm",
]
