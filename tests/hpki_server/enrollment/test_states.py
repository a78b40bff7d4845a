"""Whatever people press in whatever order: no state but by its rule, four eyes always, one line for each step."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from hpki_server.enrollment import rules
from hpki_server.enrollment.models import Application, StateChange
from hpki_server.enrollment.rules import ReturnReason, State, Step
from hpki_server.enrollment.services import applying, deciding
from hpki_server.people.denial import Denied
from hpki_server.people.models import Account, AuditLine
from hpki_server.people.officer import Officer
from tests import cast
from tests.hpki_server.enrollment import desk

STAFF = (cast.TAKAHASHI, cast.OSAKA_CLERK, cast.SATO, cast.SUZUKI, cast.TANAKA, cast.IDLE)
officers = st.sampled_from(STAFF)
applicants = st.sampled_from((cast.HANAKO, cast.MALLORY))
reasons = st.sets(st.sampled_from(ReturnReason), max_size=2).map(frozenset)


class Office(RuleBasedStateMachine):
    """One application, and people who press every button they find."""

    @initialize()
    def begin(self) -> None:
        # Every run begins with the same empty desk.
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.at = desk.NOON
        self.application = Application.objects.get()
        # 佐藤 holds both duties for once: only the rule keeps her from approving what she vetted.
        sato, suzuki = cast.officer(cast.SATO), cast.officer(cast.SUZUKI)
        self.officers = {role.key: cast.officer(role) for role in STAFF}
        self.officers["sato"] = Officer(sato.account_id, sato.name, sato.duties | suzuki.duties)
        self.taken = 0

    def teardown(self) -> None:
        if hasattr(self, "undone"):
            transaction.set_rollback(True)
            self.undone.__exit__(None, None, None)

    def attempt(self, act: Callable[[dt.datetime], Application]) -> None:
        self.at += dt.timedelta(minutes=1)
        try:
            act(self.at)
        except Denied:
            return
        self.taken += 1

    def applicant(self, role: cast.Role) -> Account:
        return cast.account(role)

    @rule(role=applicants)
    def submit(self, role: cast.Role) -> None:
        number = self.application.id
        self.attempt(
            lambda at: applying.submit_application(application_id=number, by=self.applicant(role), at=at)
        )

    @rule(role=applicants)
    def resubmit(self, role: cast.Role) -> None:
        number = self.application.id
        self.attempt(
            lambda at: applying.resubmit_application(application_id=number, by=self.applicant(role), at=at)
        )

    @precondition(lambda self: self.taken > 3)
    @rule(role=applicants)
    def withdraw(self, role: cast.Role) -> None:
        number = self.application.id
        self.attempt(
            lambda at: applying.withdraw_application(application_id=number, by=self.applicant(role), at=at)
        )

    @rule(role=officers)
    def take_in(self, role: cast.Role) -> None:
        self.attempt(
            lambda at: deciding.take_in(
                application_id=self.application.id,
                originals=desk.ORIGINALS,
                by=self.officers[role.key],
                at=at,
            )
        )

    @rule(role=officers)
    def vet(self, role: cast.Role) -> None:
        self.attempt(
            lambda at: deciding.record_vetting(
                application_id=self.application.id,
                papers=desk.ALL_FIT,
                by=self.officers[role.key],
                at=at,
            )
        )

    @rule(role=officers)
    def approve(self, role: cast.Role) -> None:
        self.attempt(
            lambda at: deciding.approve_application(
                application_id=self.application.id, by=self.officers[role.key], at=at
            )
        )

    @rule(role=officers, reasons=reasons)
    def send_back(self, role: cast.Role, reasons: frozenset[ReturnReason]) -> None:
        self.attempt(
            lambda at: deciding.return_application(
                application_id=self.application.id,
                reasons=reasons,
                note="",
                by=self.officers[role.key],
                at=at,
            )
        )

    @invariant()
    def the_history_is_a_walk_along_the_table(self) -> None:
        if not hasattr(self, "application"):
            return
        changes = list(StateChange.objects.order_by("id"))
        state = ""
        for change in changes:
            assert change.from_state == state
            if state:
                step = Step(change.step)
                assert State(change.from_state) in rules.STEPS_FROM[step]
                assert State(change.to_state) in rules.LEADS_TO[step]
            state = change.to_state
        assert Application.objects.get().state == state
        lines = AuditLine.objects.filter(act__in=[f"application:{step.value}" for step in Step])
        assert [line.act for line in lines.order_by("sequence")] == [f"application:{c.step}" for c in changes]

    @invariant()
    def four_eyes(self) -> None:
        if not hasattr(self, "application"):
            return
        application = Application.objects.get()
        if application.approved_by_id is not None:
            assert application.vetted_by_id is not None
            assert len({application.approved_by_id, application.vetted_by_id, application.applicant_id}) == 3


@pytest.mark.django_db
def test_no_state_is_reached_but_by_its_rule() -> None:
    for role in (*STAFF, cast.HANAKO, cast.MALLORY):
        cast.account(role)
    desk.registered()
    desk.draft()
    run_state_machine_as_test(
        Office,
        settings=settings(
            max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


@pytest.mark.parametrize("state", State)
def test_the_way_ends_in_two_states_only(state: State) -> None:
    leaves = any(state in froms and step in rules.LEADS_TO for step, froms in rules.STEPS_FROM.items())
    assert leaves is (state not in rules.CLOSED)
