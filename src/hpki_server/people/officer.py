"""A person acting for RA, LRA or CA, with the duties that run at this moment."""

from dataclasses import dataclass, field
from uuid import UUID

from hpki_server.people.duties import Duty


@dataclass(frozen=True)
class Officer:
    account_id: UUID
    name: str
    duties: frozenset[tuple[Duty, UUID]] = field(default_factory=frozenset)

    def may(self, duty: Duty, organisation_id: UUID | None = None) -> bool:
        """Does the duty run — in that organisation, or without one in any?"""
        if organisation_id is None:
            return any(held is duty for held, _ in self.duties)
        return (duty, organisation_id) in self.duties

    def organisations(self, duty: Duty) -> frozenset[UUID]:
        """Where the duty runs."""
        return frozenset(organisation_id for held, organisation_id in self.duties if held is duty)
