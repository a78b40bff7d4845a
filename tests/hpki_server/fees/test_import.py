"""The bank's file: rows told one by one, nothing twice, nothing lost, whatever the order and however often."""

import io
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from hpki_server.fees import queries
from hpki_server.fees.models import BankFile, Invoice, Payment
from hpki_server.fees.services import continue_file, import_payments, receive_file
from hpki_server.fees.services.importing import STEP_ROWS, report_of
from hpki_server.fees.states import InvoiceState, RowOutcome
from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine
from tests import cast
from tests.hpki_server.fees import stage

NOON = stage.NOON


def taken(content: io.BytesIO) -> Counter[RowOutcome]:
    return import_payments(content, by="system", at=NOON).counts


@pytest.mark.django_db
class TestOneFile:
    def test_a_row_with_the_number_settles_its_invoice(self) -> None:
        invoice = stage.an_invoice()
        rows = stage.statement_rows(
            [
                ("2026/11/03", 5_500, f"{invoice.spaced_number} ﾀｶﾊｼ ｹﾝ"),
                ("2026/11/03", -110, "ﾌﾘｺﾐﾃｽｳﾘﾖｳ"),
                ("2026/11/04", 5_500, "ﾀｶﾊｼ ｹﾝ"),
            ]
        )
        counts = taken(stage.bank_file(rows))
        assert counts == {RowOutcome.MATCHED: 1, RowOutcome.OUTGOING: 1, RowOutcome.UNMATCHED: 1}
        invoice.refresh_from_db()
        assert (invoice.state, invoice.settled_on) == (InvoiceState.SETTLED, stage.TODAY.replace(day=3))
        assert Payment.objects.get(invoice=None).payer_text == "ﾀｶﾊｼ ｹﾝ"

    def test_the_same_file_again_changes_nothing(self) -> None:
        invoice = stage.an_invoice()
        rows = stage.statement_rows([("2026/11/03", 5_500, invoice.number)])
        first, again = taken(stage.bank_file(rows)), taken(stage.bank_file(rows))
        assert first == again == {RowOutcome.MATCHED: 1}
        assert (Payment.objects.count(), BankFile.objects.count()) == (1, 1)
        acts = list(AuditLine.objects.values_list("act", flat=True))
        assert (acts.count("bank-file:receive"), acts.count("payment:record")) == (1, 1)

    def test_an_overlapping_file_brings_only_what_is_new(self) -> None:
        stage.billing()
        rows = stage.statement_rows(
            [("2026/11/02", 100, "ｱ"), ("2026/11/03", 200, "ｲ"), ("2026/11/04", 300, "ｳ")]
        )
        assert taken(stage.bank_file(rows[:2])) == {RowOutcome.UNMATCHED: 2}
        assert taken(stage.bank_file(rows[1:])) == {RowOutcome.KNOWN: 1, RowOutcome.UNMATCHED: 1}
        assert Payment.objects.count() == 3

    def test_the_same_sum_of_the_same_person_on_one_day_is_two_payments(self) -> None:
        stage.billing()
        rows = stage.statement_rows([("2026/11/02", 5_500, "ﾀｶﾊｼ ｹﾝ")] * 2)
        assert taken(stage.bank_file(rows)) == {RowOutcome.UNMATCHED: 2}

    def test_even_when_the_balance_is_the_same_too(self) -> None:
        stage.billing()
        rows = stage.statement_rows(
            [("2026/11/02", 5_500, "ｹﾝ"), ("2026/11/02", -5_500, "ﾍﾝｷﾝ"), ("2026/11/02", 5_500, "ｹﾝ")]
        )
        assert taken(stage.bank_file(rows)) == {RowOutcome.UNMATCHED: 2, RowOutcome.OUTGOING: 1}
        assert taken(stage.bank_file(rows, encoding="utf-8-sig")) == {
            RowOutcome.KNOWN: 2,
            RowOutcome.OUTGOING: 1,
        }

    def test_too_much_and_too_little_are_told_by_the_invoice(self) -> None:
        less, more = stage.an_invoice("33-2026-000001"), stage.an_invoice("33-2026-000002")
        rows = stage.statement_rows([("2026/11/02", 5_000, less.number), ("2026/11/02", 5_600, more.number)])
        taken(stage.bank_file(rows))
        less.refresh_from_db()
        more.refresh_from_db()
        assert (less.state, less.standing.owed) == (InvoiceState.OPEN, 500)
        assert (more.state, more.standing.excess) == (InvoiceState.SETTLED, 100)

    def test_a_row_that_names_two_invoices_is_left_to_a_person(self) -> None:
        one, two = stage.an_invoice("33-2026-000001"), stage.an_invoice("33-2026-000002")
        rows = stage.statement_rows([("2026/11/02", 11_000, f"{one.number} {two.number}")])
        assert taken(stage.bank_file(rows)) == {RowOutcome.UNMATCHED: 1}

    def test_a_row_that_cannot_be_read_keeps_no_other_out(self) -> None:
        stage.billing()
        [good, bad_day, bad_yen, bad_balance, later] = stage.statement_rows([("2026/11/02", 100, "ｱ")] * 5)
        rows = [
            good,
            (*bad_day[:2], "きのう", *bad_day[3:]),
            (*bad_yen[:4], "百円", *bad_yen[5:]),
            (*bad_balance[:5], "?", *bad_balance[6:]),
            (*later[:2], "2026/12/24", *later[3:]),
        ]
        report = import_payments(stage.bank_file(rows), by="system", at=NOON)
        assert report.counts == {RowOutcome.UNMATCHED: 1, RowOutcome.REFUSED: 4}
        refused = queries.rows(report.file, outcome="refused")
        assert [(row.line, row.reasons) for row in refused] == [
            (3, ["day"]),
            (4, ["amount"]),
            (5, ["balance"]),
            (6, ["future"]),
        ]

    @pytest.mark.parametrize(
        "day", ["2026/11/02", "20261102", "令和8年11月2日", "R8.11.2", "081102", "2026年11月2日"]
    )
    def test_days_as_banks_write_them(self, day: str) -> None:
        stage.billing()
        taken(stage.bank_file(stage.statement_rows([(day, 100, "ｱ")])))
        assert Payment.objects.get().received_on == stage.TODAY.replace(day=2)

    def test_one_amount_with_its_direction(self) -> None:
        stage.billing()
        text = (
            "取引日,入払区分,取引金額,残高,振込依頼人名\n2026/11/02,1,500,1500,ｱ\n2026/11/02,2,300,1200,ｲ\n"
        )
        assert taken(io.BytesIO(text.encode())) == {RowOutcome.UNMATCHED: 1, RowOutcome.OUTGOING: 1}

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("日付,入金,残高,摘要\n", "no_rows"),
            ("日付,入金,摘要\n2026/11/02,500,ｱ\n", "no_row_identity"),
            ("日付,入金,残高\n2026/11/02,500,500\n", "no_payer_column"),
            ("日付,摘要,残高\n2026/11/02,ｱ,500\n", "columns_missing"),
            ("照会口座,日付,入金,残高,摘要\n普通 7654321,2026/11/02,500,500,ｱ\n", "other_account"),
            ('日付,入金,残高,摘要\n"2026/11/02,500,500,ｱ\n', "not_csv"),
        ],
    )
    def test_a_file_that_cannot_be_trusted_is_refused_whole(self, text: str, code: str) -> None:
        stage.billing()
        with pytest.raises(Denied) as denied:
            taken(io.BytesIO(text.encode()))
        assert denied.value.codes == (code,)
        assert not BankFile.objects.exists()

    def test_only_cashiers_import(self) -> None:
        stage.billing()
        rows = stage.statement_rows([("2026/11/02", 100, "ｱ")])
        with pytest.raises(Denied) as denied:
            import_payments(stage.bank_file(rows), by=cast.officer(cast.SATO), at=NOON)
        assert denied.value.codes == ("duty_missing",)

    def test_a_long_file_goes_on_where_it_stopped(self) -> None:
        stage.billing()
        rows = stage.statement_rows([("2026/11/02", 100 + n, f"ｱ{n}") for n in range(STEP_ROWS + 50)])
        file = receive_file(stage.bank_file(rows), by="system", at=NOON)
        file = continue_file(file_id=file.id, by="system", at=NOON)
        assert (file.rows_done, file.finished_at) == (STEP_ROWS, None)
        report = import_payments(stage.bank_file(rows), by="system", at=NOON)
        assert report.is_finished
        assert report.counts == {RowOutcome.UNMATCHED: STEP_ROWS + 50}
        assert Payment.objects.count() == STEP_ROWS + 50
        assert BankFile.objects.get().sealed is None


Pieces = list[list[int]]


class TestAnyOrder(TestCase):
    """The same movements, cut into files in any way, any order, any of them twice: the same books."""

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.lists(
            st.tuples(st.integers(0, 5), st.sampled_from([-5_500, 2_000, 3_500, 5_500, 5_600])),
            min_size=1,
            max_size=12,
        ),
        st.data(),
    )
    def test_the_books_do_not_depend_on_the_files(
        self, movements: list[tuple[int, int]], data: st.DataObject
    ) -> None:
        invoices = [stage.an_invoice(f"33-2026-{n:06d}") for n in range(1, 5)]
        texts = [*(invoice.number for invoice in invoices), "ﾀｶﾊｼ ｹﾝ", "000"]
        # Every balance differs: two rows of a day that agree in everything must come in one file.
        rows = stage.statement_rows(
            [("2026/11/02", yen + position, texts[who]) for position, (who, yen) in enumerate(movements)]
        )
        cuts = data.draw(
            st.lists(st.lists(st.sampled_from(rows), max_size=len(rows), unique=True), max_size=4)
        )
        files = data.draw(st.permutations([*cuts, rows]))
        for piece in files:
            if piece:
                taken(stage.bank_file(piece))
        expected = [
            (yen + position, texts[who] if who < 4 else None)
            for position, (who, yen) in enumerate(movements)
            if yen + position > 0
        ]
        booked = [
            (payment.amount, payment.invoice and payment.invoice.number) for payment in Payment.objects.all()
        ]
        assert Counter(booked) == Counter(expected)
        for invoice in Invoice.objects.all():
            paid = sum(amount for amount, number in expected if number == invoice.number)
            assert invoice.paid == paid
            assert invoice.state == ("settled" if paid >= invoice.gross else "open")


@pytest.mark.django_db
def test_the_finished_report_is_counted_in_the_audit_line() -> None:
    stage.billing()
    report = import_payments(
        stage.bank_file(stage.statement_rows([("2026/11/02", 100, "ｱ")])),
        by=cast.officer(cast.OGAWA),
        at=NOON,
    )
    line = AuditLine.objects.get(act="bank-file:finish")
    assert line.facts()["unmatched"] == 1
    assert report_of(report.file).counts.total() == 1
