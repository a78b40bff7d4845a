"""Was the applicant's death reported or registered?  A room above offers its knowledge at start; enrollment does not know the life of cards."""

from collections.abc import Callable

from hpki_server.enrollment.models import Application

Check = Callable[[Application], bool]
_checks: dict[str, Check] = {}


def offer(name: str, check: Check) -> None:
    """Called by a room's AppConfig.ready()."""
    _checks[name] = check


def death_reported(application: Application) -> bool:
    """Whether its steps wait because somebody said that the person has died."""
    return any(check(application) for check in _checks.values())
