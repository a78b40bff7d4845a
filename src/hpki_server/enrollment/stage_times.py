"""How long each step usually takes, from our own cases: the median of the last ones, or nothing where they are few."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from statistics import median_high

from django.db.models import OuterRef, Subquery

from hpki_server.enrollment.models import StateChange
from hpki_server.enrollment.rules import Step

# A median of fewer cases says more about chance than about the office.
CASES_LEAST = 20
CASES_LOOKED_AT = 200
LOOKS_BACK = dt.timedelta(days=180)
TIMED = (Step.TAKE_IN, Step.VET, Step.APPROVE, Step.ISSUE, Step.NOTIFY, Step.HAND_OVER)


def usual_days(*, at: dt.datetime) -> Mapping[Step, int]:
    """Whole calendar days from the step before, rounded up; a step with too few cases is missing."""
    before = (
        StateChange.objects.filter(application=OuterRef("application"), id__lt=OuterRef("id"))
        .order_by("-id")
        .values("at")[:1]
    )
    found: dict[Step, list[dt.timedelta]] = defaultdict(list)
    for step in TIMED:
        rows = (
            StateChange.objects.filter(step=step.value, at__gte=at - LOOKS_BACK, at__lte=at)
            .annotate(began=Subquery(before))
            .order_by("-id")
            .values_list("at", "began")[:CASES_LOOKED_AT]
        )
        found[step] = [ended - began for ended, began in rows if began is not None]
    return {
        step: -(-median_high(times) // dt.timedelta(days=1)) or 1
        for step, times in found.items()
        if len(times) >= CASES_LEAST
    }
