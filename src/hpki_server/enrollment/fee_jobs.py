"""Fees that become due by themselves."""

from django.utils import timezone

from hpki_server.enrollment.services.charging import charge_years


def charge_yearly_fees() -> int:
    """How many invoices were made for cards whose next year began.  Raises Denied."""
    return len(charge_years(at=timezone.now()))  # noqa: TID251 - a job reads the clock, once
