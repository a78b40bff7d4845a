"""What the signing room does by itself."""

from django.utils import timezone

from hpki_server.signing.counting import forget_counts
from hpki_server.signing.services.judging import forget_reports
from hpki_server.signing.services.tidying import Tidied, tidy


def forget_old_reports() -> int:
    """Delete the reports whose hour is over; how many."""
    return forget_reports(at=timezone.now())  # noqa: TID251 - a job reads the clock


def forget_old_counts() -> int:
    """Delete how often askers came in minutes that are over; how many."""
    return forget_counts(at=timezone.now())  # noqa: TID251 - a job reads the clock


def tidy_queue() -> Tidied:
    """Expire what nobody signed or collected, and delete what is no longer needed."""
    return tidy(at=timezone.now())  # noqa: TID251 - a job reads the clock
