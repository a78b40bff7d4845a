"""The part of issuing in which the issuers' keys work: recorded bytes in, certificates out, no database."""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from hpki.errors import KeyError_, SignatureMismatch
from hpki.issuance.sign import sign_recorded
from hpki.keys.algorithms import rsa_bits
from hpki.keys.software import SoftwareSigner
from hpki_server.authority.ledger import Intention, IssuedCertificate
from hpki_server.authority.ports import IssuingUnit, unit_with_id

# Fewer are signed before a thread has started.
WORTH_A_THREAD = 16

Units = Mapping[UUID, IssuingUnit | KeyError_]


@dataclass
class Signed:
    """What became of intentions.  `obstacle` is why the rest still waits; a mismatch will not be tried again."""

    issued: list[IssuedCertificate] = field(default_factory=list)
    mismatched: list[Intention] = field(default_factory=list)
    waiting: list[Intention] = field(default_factory=list)
    obstacle: KeyError_ | SignatureMismatch | None = None


def sign_intentions(intentions: Sequence[Intention]) -> Signed:
    """Sign until the first obstacle; the order is kept.

    RSA in software lets go of the interpreter while it computes, so a group is shared among the processor's cores.
    Tokens and quick curves are asked one at a time.
    """
    units = {issuer: _unit(issuer) for issuer in {one.issuer for one in intentions}}
    workers = min(len(os.sched_getaffinity(0)), len(intentions) // WORTH_A_THREAD)
    if workers < 2 or not all(_gains_from_threads(unit) for unit in units.values()):
        return _sign(intentions, units)
    share = -(-len(intentions) // workers)
    shares = [intentions[start : start + share] for start in range(0, len(intentions), share)]
    with ThreadPoolExecutor(workers) as pool:
        parts = list(pool.map(partial(_sign, units=units), shares))
    return Signed(
        issued=[one for part in parts for one in part.issued],
        mismatched=[one for part in parts for one in part.mismatched],
        waiting=[one for part in parts for one in part.waiting],
        obstacle=next((part.obstacle for part in parts if part.obstacle is not None), None),
    )


def _unit(issuer: UUID) -> IssuingUnit | KeyError_:
    try:
        return unit_with_id(issuer)
    except KeyError_ as unavailable:
        return unavailable


def _gains_from_threads(unit: IssuingUnit | KeyError_) -> bool:
    return (
        isinstance(unit, IssuingUnit)
        and isinstance(unit.signer, SoftwareSigner)
        and rsa_bits(unit.signer.algorithm) is not None
    )


def _sign(intentions: Sequence[Intention], units: Units) -> Signed:
    signed = Signed()
    for position, intention in enumerate(intentions):
        unit = units[intention.issuer]
        try:
            if isinstance(unit, KeyError_):
                raise unit
            certificate_der = sign_recorded(intention.tbs_der, unit.facts, unit.signer)
        except KeyError_ as obstacle:
            signed.obstacle = obstacle
            signed.waiting = list(intentions[position:])
            break
        except SignatureMismatch as obstacle:
            signed.obstacle = obstacle
            signed.mismatched.append(intention)
            signed.waiting = list(intentions[position + 1 :])
            break
        signed.issued.append(
            IssuedCertificate(
                id=intention.id,
                card=intention.card,
                profile=intention.profile,
                serial_hex=intention.serial_hex,
                certificate_der=certificate_der,
            )
        )
    return signed
