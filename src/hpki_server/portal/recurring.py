"""What the server does by itself, again and again: one runner at a time, whatever the number of machines."""

import datetime as dt
import fcntl
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import Error, connection

from hpki_server.authority import jobs
from hpki_server.authority.health import TURN_FILE
from hpki_server.enrollment import fee_jobs, paper_jobs
from hpki_server.enrollment import jobs as enrollment_jobs
from hpki_server.fees import jobs as book_jobs
from hpki_server.lifecycle import jobs as life_jobs
from hpki_server.people import jobs as people_jobs
from hpki_server.people.denial import Denied
from hpki_server.people.log_lines import told
from hpki_server.signing import jobs as signing_jobs

logger = logging.getLogger(__name__)
# PostgreSQL's advisory lock takes a number: the first octets of "hpki-job".
_LEASE: Final = 0x68706B692D6A6F62
_LONGEST_LINE: Final = 500


@dataclass(frozen=True)
class Job:
    """`run` says what it did, or nothing."""

    name: str
    every: dt.timedelta
    run: Callable[[], str]


def _closed() -> str:
    closed = jobs.close_open_records()
    if not (closed.signed or closed.abandoned or closed.waiting):
        return ""
    return f"{closed.signed} signed, {closed.abandoned} abandoned, {closed.waiting} waiting for a key"


def _published() -> str:
    published = jobs.publish_lists()
    said = [f"{row.issuer.slug} {row.scope} {row.number}" for row in published.lists]
    return "; ".join([*said, *(f"{slug}: {why}" for slug, why in published.obstacles)])


def _renewed() -> str:
    renewed = jobs.renew_responders()
    # An issuer without one, such as a root, has been told in the log already.
    return f"new for {', '.join(renewed.made)}" if renewed.made else ""


def _answered() -> str:
    jobs.sign_answers_ahead()
    return ""


def _timed() -> str:
    return ", ".join(jobs.renew_time_stamp_units())


def _headed() -> str:
    try:
        people_jobs.publish_tree_head()
    except Denied as denied:
        return "not published: " + "; ".join(str(denial.sentence) for denial in denied.denials)
    return ""


def _ended() -> str:
    people_jobs.forget_ended_sessions()
    return ""


def _charged() -> str:
    try:
        charged = fee_jobs.charge_yearly_fees()
    except Denied as denied:
        return "not charged: " + "; ".join(str(denial.sentence) for denial in denied.denials)
    return f"{charged} yearly fees charged" if charged else ""


def _taken_over() -> str:
    finished = book_jobs.continue_files()
    return f"{finished} files of the bank finished" if finished else ""


def _expired() -> str:
    gone = paper_jobs.delete_expired_copies()
    return f"{gone} copies past their term deleted" if gone else ""


def _minimised() -> str:
    done = paper_jobs.minimise_closed()
    return f"{done} closed applications past their term lost their entries" if done else ""


def _forgotten() -> str:
    signing_jobs.forget_old_reports()
    return ""


def _uncounted() -> str:
    signing_jobs.forget_old_counts()
    return ""


def _tidied() -> str:
    tidied = signing_jobs.tidy_queue()
    return str(tidied) if any(vars(tidied).values()) else ""


def _made() -> str:
    made, obstacle = enrollment_jobs.make_cards()
    said = [f"{made} cards made"] if made else []
    return "; ".join([*said, *([f"stopped: {obstacle}"] if obstacle else [])])


def _certified() -> str:
    certified = jobs.certify_remote_keys()
    return str(certified) if any(vars(certified).values()) else ""


def _reminded() -> str:
    made = enrollment_jobs.make_pickup_reminders()
    return f"{made} reminders to print" if made else ""


def _kept() -> str:
    kept = life_jobs.keep_cards()
    return str(kept) if any(vars(kept).values()) else ""


def _mailed() -> str:
    mailed = life_jobs.send_mails()
    return str(mailed) if mailed.sent or mailed.obstacle else ""


def _called() -> str:
    called = life_jobs.call_applicants()
    return str(called) if called.sent or called.obstacle else ""


def _linked() -> str:
    linked = life_jobs.send_links()
    return str(linked) if linked.sent or linked.obstacle else ""


JOBS: Final = (
    Job("open records", dt.timedelta(minutes=10), _closed),
    Job("revocation lists", dt.timedelta(minutes=1), _published),
    Job("OCSP responders", dt.timedelta(minutes=5), _renewed),
    Job("OCSP answers", dt.timedelta(minutes=1), _answered),
    Job("time-stamp units", dt.timedelta(minutes=30), _timed),
    Job("tree heads", dt.timedelta(minutes=10), _headed),
    Job("certificates for remote use", dt.timedelta(minutes=1), _certified),
    Job("pickup reminders", dt.timedelta(hours=1), _reminded),
    Job("yearly fees", dt.timedelta(hours=6), _charged),
    Job("bank files", dt.timedelta(minutes=2), _taken_over),
    Job("life of cards", dt.timedelta(minutes=10), _kept),
    Job("mails", dt.timedelta(minutes=5), _mailed),
    # Somebody waits for it before a page.
    Job("links for a new password", dt.timedelta(0), _linked),
    Job("calls to applicants", dt.timedelta(minutes=5), _called),
    Job("copies past their term", dt.timedelta(hours=1), _expired),
    Job("closed applications past their term", dt.timedelta(hours=1), _minimised),
    Job("validation reports", dt.timedelta(minutes=5), _forgotten),
    Job("counts of askers", dt.timedelta(minutes=5), _uncounted),
    Job("ended sessions", dt.timedelta(hours=1), _ended),
    Job("signing queue", dt.timedelta(minutes=5), _tidied),
    # Last: it may take a quarter of a minute of a turn.
    Job("card production", dt.timedelta(0), _made),
)


@dataclass
class Runner:
    """Runs what is due.  A job that fails is told of, and tried again at its next turn; the others go on."""

    jobs: Sequence[Job]
    say: Callable[[str], None]
    # A clock that nobody can set: a jump of the other one must not stop the lists.
    seconds: Callable[[], float] = time.monotonic
    _begun: dict[str, float] = field(default_factory=dict)
    _said: dict[str, str] = field(default_factory=dict)

    def turn(self) -> int:
        """How many jobs failed in this turn; nothing is done while another runner works.

        A database that is out of reach counts as one failure: the lists must go on once it is back.
        """
        failed = 0
        try:
            with lease() as is_ours:
                for job in self.jobs if is_ours else ():
                    failed += self._is_due(job) and not self._run(job)
                if is_ours:
                    # What `hpki-server health` looks at.
                    (Path(settings.VAR) / TURN_FILE).touch()
        except (Error, OSError) as error:
            failed += 1
            self._tell("turn", f"failed: {told(error)}")
        else:
            self._tell("turn", "")
        return failed

    def _is_due(self, job: Job) -> bool:
        begun = self._begun.get(job.name)
        return begun is None or self.seconds() - begun >= job.every.total_seconds()

    def _run(self, job: Job) -> bool:
        self._begun[job.name] = self.seconds()
        try:
            said, is_good = job.run(), True
        except Exception as error:
            # One job's failure, of whatever kind, must not stop the others.
            said, is_good = f"failed: {told(error)}"[:_LONGEST_LINE], False
            if said != self._said.get(job.name):
                logger.exception(job.name)
        self._tell(job.name, said)
        return is_good

    def _tell(self, name: str, said: str) -> None:
        # The same sentence every minute is read by nobody.
        if said and said != self._said.get(name):
            self.say(f"{name}: {said}")
        self._said[name] = said


@contextmanager
def lease() -> Iterator[bool]:
    """Whether this process is the one that may work now; it ends with the process, however that ends."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LEASE])
            is_ours = bool(cursor.fetchone()[0])
            try:
                yield is_ours
            finally:
                if is_ours:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [_LEASE])
        return
    path = Path(settings.VAR) / "jobs.lock"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("w", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
