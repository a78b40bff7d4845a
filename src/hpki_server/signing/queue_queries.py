"""Reads of the signing queue, the viewer always first: the holders whom somebody may act for, or a client system."""

import datetime as dt
from collections.abc import Collection
from uuid import UUID

from django.db.models import F, Q, QuerySet

from hpki.issuance.profiles import SIGNING
from hpki_server.authority.models import Card, Certificate
from hpki_server.people.models import Account
from hpki_server.people.officer import Officer
from hpki_server.people.queries import organisations_in_reach
from hpki_server.people.sealing import open_sealed
from hpki_server.signing.holder import Holder, holder_of
from hpki_server.signing.queue_models import ClientSystem, SigningTask, TaskDocument

Kind = TaskDocument.Kind


# --- holders ----------------------------------------------------------------------------------------------------


def cards_in_force(at: dt.datetime) -> QuerySet[Card]:
    """Cards in their holders' hands whose signing certificate counts now."""
    signing = Certificate.objects.filter(
        profile=SIGNING.name,
        state=Certificate.State.SIGNED,
        revoked_at__isnull=True,
        held_at__isnull=True,
        not_before__lte=at,
        not_after__gte=at,
    )
    cards = Card.objects.filter(state=Card.State.ACTIVE, carrier=Card.Carrier.PLASTIC)
    return cards.filter(id__in=signing.values("card")).defer("photo_sealed").order_by("-activated_at")


def holders_of(viewer: Account, *, at: dt.datetime) -> tuple[Holder, ...]:
    """Whom this account's cards in force speak about: for nearly everybody one person, for most applicants nobody yet."""
    own = cards_in_force(at).filter(application__applicant=viewer)
    return tuple(dict.fromkeys(holder_of(card) for card in own))


def _of(holders: Collection[Holder]) -> Q:
    found = Q(pk__in=[])
    for each in holders:
        found |= Q(
            qualification_code=each.qualification_code,
            registration_number=each.registration_number,
            environment=each.environment,
        )
    return found


def tasks_of(holders: Collection[Holder]) -> QuerySet[SigningTask]:
    """What waits or waited for these holders, the newest first."""
    tasks = SigningTask.objects.filter(_of(holders)).select_related("client", "client__organisation")
    return tasks.order_by("-deposited_at", "id")


def waiting_for(holders: Collection[Holder], *, at: dt.datetime) -> QuerySet[SigningTask]:
    """What can be signed now, the nearest deadline first."""
    waiting = tasks_of(holders).filter(state=SigningTask.State.WAITING, deadline__gt=at)
    return waiting.order_by("deadline", "deposited_at", "id")


def task_for(holders: Collection[Holder], task_id: UUID) -> SigningTask:
    """Raises `SigningTask.DoesNotExist` for anybody else's."""
    return tasks_of(holders).get(id=task_id)


# --- client systems ---------------------------------------------------------------------------------------------


def tasks_from(client: ClientSystem) -> QuerySet[SigningTask]:
    """What this system deposited, the newest first."""
    return SigningTask.objects.filter(client=client).select_related("signer").order_by("-deposited_at", "id")


def task_from(client: ClientSystem, task_id: UUID) -> SigningTask:
    """Raises `SigningTask.DoesNotExist` for another system's."""
    return tasks_from(client).get(id=task_id)


def clients_in_reach(viewer: Officer) -> QuerySet[ClientSystem]:
    """The systems of the organisations where the viewer grants duties; those in force first."""
    places = organisations_in_reach(viewer).values("id")
    found = ClientSystem.objects.filter(organisation__in=places)
    return found.select_related("organisation").order_by(
        F("withdrawn_at").desc(nulls_first=True), "organisation__code", "name", "id"
    )


# --- octets -----------------------------------------------------------------------------------------------------


def purpose(kind: str, task_id: UUID) -> str:
    """What a document is sealed for: it opens nowhere else."""
    return f"signing:{kind}:{task_id}"


def has_document(task: SigningTask, kind: Kind) -> bool:
    return TaskDocument.objects.filter(task=task, kind=kind.value).exists()


def document_of(task: SigningTask, kind: Kind) -> bytes | None:
    """The octets; None once they are deleted.  Who may see the task was decided when it was found."""
    row = TaskDocument.objects.filter(task=task, kind=kind.value).values_list("sealed", flat=True).first()
    return None if row is None else open_sealed(bytes(row), purpose=purpose(kind.value, task.id))
