"""Was 花子's certificate revoked at that moment?  Every kind of list, and every way in which one does not help."""

import datetime as dt
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hpki.certs import der
from hpki.validation.evidence import Evidence
from hpki.validation.revocation import InPath, RevocationDemand, Verdict, check_revocation
from hpki.validation.revocation_words import SENTENCES
from tests.hpki.validation.status_world import (
    AT,
    CA,
    DAY,
    HOUR,
    ROOT,
    Crl,
    Entry,
    ask,
    authority,
    card,
    certificate,
    name,
    point,
    scope,
    uri,
    usage,
)

HOLD = x509.ReasonFlags.certificate_hold
LOST = x509.ReasonFlags.key_compromise
REMOVED = x509.ReasonFlags.remove_from_crl
KEYS = frozenset({LOST, x509.ReasonFlags.ca_compromise})
OTHERS = frozenset(x509.ReasonFlags) - KEYS - {x509.ReasonFlags.unspecified, REMOVED}
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.32473.1"), b"\x05\x00")
SHARD = uri("http://crl.test.example/7.crl")
EXPIRED_ON_CRL = x509.ObjectIdentifier("2.5.29.60")


def delta(base: int, number: int, *entries: Entry) -> Crl:
    return Crl(entries, number=number, extensions=((x509.DeltaCRLIndicator(base), True),))


def idp(value: x509.IssuingDistributionPoint) -> tuple[tuple[x509.ExtensionType, bool], ...]:
    return ((value, True),)


def test_a_certificate_that_is_not_on_the_list_was_not_revoked() -> None:
    finding = ask(Crl((Entry(serial=99),)))

    assert (finding.verdict, finding.code) == (Verdict.GOOD, "not_revoked")
    assert finding.next_update == AT + 3 * DAY
    assert "CRL 10" in finding.sentence("ja")


def test_a_lost_card_is_revoked_with_its_day_and_reason() -> None:
    finding = ask(Crl((Entry(reason=LOST),)))

    assert finding.verdict is Verdict.REVOKED
    assert (finding.revoked_at, finding.reason) == (AT - 5 * DAY, LOST)
    assert "鍵の危殆化" in finding.sentence("ja")
    assert "key compromise" in finding.sentence("en")


def test_a_card_on_hold_is_neither_good_nor_lost_for_ever() -> None:
    assert ask(Crl((Entry(reason=HOLD),))).verdict is Verdict.ON_HOLD


@pytest.mark.parametrize(
    ("crl", "code"),
    [
        (None, "no_data"),
        (Crl(issuer="another"), "no_data"),
        (Crl(next_update=AT - HOUR / 2), "stale"),
        (Crl(this_update=AT + HOUR), "from_later"),
        (Crl(signer="mallory"), "no_signer"),
        (Crl(number=None), "not_conforming"),
        (Crl(extensions=((UNKNOWN, True),)), "unknown_critical"),
        (Crl((Entry(serial=99, extra=(UNKNOWN, True)),)), "unknown_critical"),
        (Crl((Entry(serial=99, extra=(UNKNOWN, True)),), signer="mallory"), "no_signer"),
        (Crl(extensions=idp(scope(only="authorities"))), "other_scope"),
        (Crl(extensions=idp(scope(only="attributes"))), "other_scope"),
        (Crl(extensions=idp(scope(uri("http://crl.test.example/other.crl")))), "other_scope"),
        (Crl(extensions=idp(scope(reasons=KEYS))), "some_reasons"),
        (delta(10, 11), "only_delta"),
    ],
)
def test_a_list_that_does_not_help_leaves_it_open_and_says_why(crl: Crl | None, code: str) -> None:
    finding = ask(*([crl] if crl else []))

    assert (finding.verdict, finding.code) == (Verdict.UNDETERMINED, code)


def test_the_entries_of_a_list_that_nobody_vouches_for_are_not_walked() -> None:
    forged = Crl((Entry(),), signer="mallory").read()
    delta_forged = Crl(
        (Entry(),), signer="mallory", number=11, extensions=((x509.DeltaCRLIndicator(10), True),)
    ).read()
    evidence = Evidence((), (Crl().read(), forged, delta_forged))
    subject = InPath(card(), CA, (ROOT, CA))

    assert check_revocation(subject, evidence, RevocationDemand(), AT, lambda _: False).code == "not_revoked"
    assert "index" not in vars(forged)
    assert "index" not in vars(delta_forged)


def test_every_sentence_exists_in_both_languages_with_its_clause() -> None:
    for code, words in SENTENCES.items():
        assert words.clause, code
        for lang in ("ja", "en"):
            sentence = words.in_language(lang).format(detail="X", reason="Y")
            assert sentence, code
            assert "{" not in sentence, code


def test_unknown_extensions_that_are_not_critical_change_nothing() -> None:
    crl = Crl((Entry(serial=99, extra=(UNKNOWN, False)),), extensions=((UNKNOWN, False),))

    assert ask(crl).is_good


def test_a_revocation_that_had_happened_counts_from_an_outdated_list_too() -> None:
    assert ask(Crl((Entry(reason=LOST),), next_update=AT - HOUR / 2)).verdict is Verdict.REVOKED


def test_a_hold_counts_only_while_its_list_is_in_force() -> None:
    finding = ask(Crl((Entry(reason=HOLD),), next_update=AT - HOUR / 2))

    assert (finding.verdict, finding.code) == (Verdict.UNDETERMINED, "stale")


def test_a_later_list_proves_what_was_before_and_more_only_when_asked() -> None:
    later = Crl((Entry(at=AT + DAY),), this_update=AT + 2 * DAY, next_update=AT + 6 * DAY)
    lenient = RevocationDemand(accept_later=True)

    assert ask(later).code == "from_later"
    assert ask(later, demand=lenient).is_good, "it was revoked a day after the moment"
    assert ask(replace(later, entries=(Entry(at=AT - DAY),))).verdict is Verdict.REVOKED


def test_the_clock_of_the_authority_may_be_some_minutes_ahead() -> None:
    assert ask(Crl(this_update=AT + dt.timedelta(minutes=4))).is_good
    assert not ask(Crl(this_update=AT + dt.timedelta(minutes=6))).is_good


def test_a_list_made_after_the_certificate_ended_need_not_name_it() -> None:
    ended = card(ends=AT - 10 * DAY)
    since = x509.UnrecognizedExtension(EXPIRED_ON_CRL, der.tlv(0x18, b"20200101000000Z"))

    assert ask(Crl(), about=ended).code == "dropped"
    assert ask(Crl(extensions=((since, False),)), about=ended).is_good, "the list keeps expired certificates"


def test_of_two_lists_the_newer_one_speaks() -> None:
    old = Crl((Entry(reason=HOLD),), number=9, this_update=AT - DAY)

    assert ask(old, Crl()).is_good
    assert ask(replace(old, this_update=AT - HOUR / 2, number=11), Crl()).verdict is Verdict.ON_HOLD


# --- shards and scopes (RFC 5280 6.3.3 (b)) ---


def test_a_shard_speaks_of_the_certificates_that_name_it() -> None:
    shard = Crl(extensions=idp(scope(SHARD, only="users")))

    assert ask(shard, about=card(point(SHARD))).is_good
    assert ask(shard, about=card(point(uri("http://crl.test.example/8.crl")))).code == "other_scope"
    assert ask(shard, about=CA, issuer=ROOT).code == "no_data"


def test_the_lists_of_the_root_match_by_their_directory_name() -> None:
    sarl = x509.DirectoryName(x509.Name([*name("root"), x509.NameAttribute(NameOID.COMMON_NAME, "SARL")]))
    named = point(sarl, uri("http://crl.test.example/sarl.crl"))
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    extensions = [(constraints, True), (x509.CRLDistributionPoints([named]), False)]
    below = certificate("ca", "ca", "root", "root", serial=7, extensions=extensions)
    list_of_authorities = Crl(issuer="root", signer="root", extensions=idp(scope(sarl, only="authorities")))

    assert ask(list_of_authorities, about=below, issuer=ROOT).is_good
    assert ask(
        replace(list_of_authorities, entries=(Entry(serial=7),)), about=below, issuer=ROOT
    ).verdict is (Verdict.REVOKED)


def test_a_name_relative_to_the_issuer_is_the_issuers_name_and_one_part_more() -> None:
    part = x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COMMON_NAME, "shard 7")])
    whole = x509.DirectoryName(x509.Name([*name("ca"), *part]))
    relative = Crl(extensions=idp(scope(relative=part)))

    assert ask(relative, about=card(point(relative=part))).is_good
    assert ask(relative, about=card(point(whole))).is_good
    assert ask(Crl(extensions=idp(scope(whole))), about=card(point(relative=part))).is_good


def test_reasons_split_over_lists_have_to_come_together() -> None:
    keys, others = (
        Crl(number=number, extensions=idp(scope(reasons=some))) for number, some in ((1, KEYS), (2, OTHERS))
    )

    assert ask(keys).code == "some_reasons"
    assert ask(keys, others).is_good
    assert ask(keys, replace(others, entries=(Entry(),))).verdict is Verdict.REVOKED


def test_a_point_for_some_reasons_leaves_the_others_to_another_point() -> None:
    one, two = uri("http://crl.test.example/keys.crl"), uri("http://crl.test.example/rest.crl")
    about = card(point(one, reasons=KEYS), point(two, reasons=OTHERS))
    lists = [Crl(number=1, extensions=idp(scope(one))), Crl(number=2, extensions=idp(scope(two)))]

    assert ask(*lists, about=about).is_good
    assert ask(lists[0], about=about).code == "some_reasons"


# --- indirect lists (RFC 5280 5.3.3) ---

INDIRECT = idp(scope(only="indirect"))


def test_an_indirect_list_tells_authorities_apart_and_a_name_holds_until_the_next() -> None:
    entries = (
        Entry(serial=1),
        Entry(serial=2, issuer="another"),
        Entry(serial=3),
        Entry(serial=4, issuer="ca"),
    )
    crl = Crl(entries, extensions=INDIRECT)

    verdicts = [ask(crl, about=card(serial=serial)).verdict for serial in (1, 2, 3, 4)]
    assert verdicts == [Verdict.REVOKED, Verdict.GOOD, Verdict.GOOD, Verdict.REVOKED]


def test_a_list_by_another_issuer_counts_where_the_certificate_names_that_issuer() -> None:
    lister = authority("lister")
    about = card(point(issuer="lister"))
    crl = Crl((Entry(issuer="ca"),), issuer="lister", signer="lister", extensions=INDIRECT)

    revoked = ask(crl, about=about, pool=(lister,), proven=(lister,))
    unproven = ask(crl, about=about, pool=(lister,))
    not_named = ask(crl, pool=(lister,), proven=(lister,))
    not_indirect = ask(replace(crl, extensions=()), about=about, pool=(lister,), proven=(lister,))
    assert revoked.verdict is Verdict.REVOKED
    assert (unproven.code, not_named.code, not_indirect.code) == (
        "signer_not_proven",
        "no_data",
        "other_scope",
    )


def test_a_lister_vouches_for_itself_only_where_its_authority_said_so() -> None:
    constraints = [(usage("crl_sign"), True)]
    named = [*constraints, (x509.CRLDistributionPoints([point(issuer="lister")]), False)]
    crl = Crl(issuer="lister", signer="lister", extensions=INDIRECT)
    own = Crl(signer="rolled")
    said = certificate("lister", "lister", "ca", "ca", extensions=named)
    rolled = certificate("ca", "rolled", "ca", "ca", extensions=constraints)

    assert ask(crl, about=said, pool=(said,)).is_good
    assert ask(own, about=rolled, pool=(rolled,)).code == "signer_not_proven"


# --- who signed it (RFC 5280 6.3.3 (f)) ---


def test_a_key_only_for_lists_is_found_and_has_to_be_proven() -> None:
    lister = certificate("ca", "lister", "root", "root", extensions=[(usage("crl_sign"), True)])
    crl = Crl(signer="lister")

    assert ask(crl).code == "no_signer"
    assert ask(crl, pool=(lister,)).code == "signer_not_proven"
    assert ask(crl, pool=(lister,), proven=(lister,)).is_good


def test_a_certificate_without_crl_sign_signs_no_list() -> None:
    lister = certificate("ca", "lister", "root", "root", extensions=[(usage("digital_signature"), True)])

    assert ask(Crl(signer="lister"), pool=(lister,), proven=(lister,)).code == "may_not_sign"


def test_the_key_identifier_of_the_list_chooses_among_keys_of_one_name() -> None:
    new = authority("ca", "new-ca-key")
    public = new.certificate.public_key()
    extensions = ((x509.AuthorityKeyIdentifier.from_issuer_public_key(public), False),)  # type: ignore[arg-type]  # P-256

    assert ask(Crl(signer="new-ca-key", extensions=extensions), pool=(new,), proven=(new,)).is_good
    assert ask(Crl(extensions=extensions), pool=(new,), proven=(new,)).code == "no_signer", (
        "it names the other key"
    )


# --- deltas (RFC 5280 5.2.4) ---


def test_a_delta_adds_to_its_base() -> None:
    assert ask(Crl(), delta(10, 12, Entry(reason=LOST))).verdict is Verdict.REVOKED
    assert ask(Crl(), delta(8, 12)).is_good
    assert "delta CRL 12" in ask(Crl(), delta(8, 12)).source


def test_a_delta_takes_a_hold_off_and_never_a_revocation() -> None:
    off = delta(10, 11, Entry(reason=REMOVED))

    assert ask(Crl((Entry(reason=HOLD),)), off).is_good
    assert ask(Crl((Entry(reason=LOST),)), off).verdict is Verdict.REVOKED


@pytest.mark.parametrize(
    "unfit",
    [
        delta(11, 12, Entry()),
        delta(8, 10, Entry()),
        replace(delta(10, 12, Entry()), signer="mallory"),
        replace(delta(10, 12, Entry()), next_update=AT - HOUR / 2),
        replace(delta(10, 12, Entry()), this_update=AT + HOUR),
        Crl((Entry(),), number=12, extensions=((x509.DeltaCRLIndicator(10), True), (scope(SHARD), True))),
        Crl((Entry(),), number=12, extensions=((x509.DeltaCRLIndicator(10), False),)),
    ],
    ids=["base too new", "not newer", "forged", "outdated", "of tomorrow", "other scope", "not critical"],
)
def test_a_delta_that_does_not_fit_is_left_aside(unfit: Crl) -> None:
    assert ask(Crl(), unfit).is_good


def test_without_use_deltas_the_base_alone_speaks() -> None:
    demand = RevocationDemand(use_deltas=False)

    assert ask(Crl(), delta(10, 12, Entry()), demand=demand).is_good


def test_the_newest_delta_counts() -> None:
    hold, off = delta(10, 11, Entry(reason=HOLD)), delta(10, 12, Entry(reason=REMOVED))

    assert ask(Crl(), hold, off).is_good
    assert ask(Crl(), hold).verdict is Verdict.ON_HOLD


# --- certificates that nobody asks about ---

NO_REV_AVAIL = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.56"), b"\x05\x00")


def test_a_short_lived_certificate_says_that_there_is_no_revocation() -> None:
    short = certificate("hanako", "hanako", "ca", "ca", extensions=[(NO_REV_AVAIL, False)])

    finding = ask(about=short)
    assert (finding.verdict, finding.code) == (Verdict.NOT_NEEDED, "no_revocation_foreseen")
    assert finding.is_good


def test_one_that_names_a_list_all_the_same_is_asked_about() -> None:
    points = x509.CRLDistributionPoints([point(SHARD)])
    both = certificate("hanako", "hanako", "ca", "ca", extensions=[(NO_REV_AVAIL, False), (points, False)])
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    above = certificate("ca", "ca", "root", "root", extensions=[(NO_REV_AVAIL, False), (constraints, True)])

    assert ask(about=both).code == "no_data"
    assert ask(about=above, issuer=ROOT).code == "no_data", "RFC 9608: not on the certificate of an authority"


def test_no_check_spares_responders_and_nobody_else() -> None:
    signing = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])
    responder = certificate(
        "ocsp", "ocsp", "ca", "ca", extensions=[(x509.OCSPNoCheck(), False), (signing, False)]
    )
    holder = certificate("hanako", "hanako", "ca", "ca", extensions=[(x509.OCSPNoCheck(), False)])

    assert ask(about=responder).code == "responder_not_checked"
    assert ask(about=holder).code == "no_data"
