"""What the finished card shows to others: its certificates, a text that it signed, and foreign software's verdict."""

import datetime as dt
import shutil
import subprocess
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hpki.card.client import HpkiCard
from hpki.card.objects import CardApplication
from hpki.certs.describe import describe
from hpki.keys.algorithms import verify
from hpki.keys.secret import Secret
from hpki_server.authority import queries
from hpki_server.authority.models import Card, Certificate
from hpki_server.authority.ports import card_slot
from hpki_server.people.japanese_dates import japanese_date

FILES = {"SIGNING": "signing", "AUTHENTICATION": "authentication", "PRESENCE": "presence"}
LETTER = """診療情報提供書（見本）

{date}

紹介先医療機関　御中

　平素よりお世話になっております。下記の患者様をご紹介申し上げます。
　ご高診のほど、よろしくお願いいたします。

医師　{name}
"""


def write_certificates(card: Card, folder: Path, *, at: dt.datetime) -> list[Path]:
    """Each certificate of the card and of its issuers as DER and PEM, and in people's words."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for row in Certificate.objects.filter(card=card, state=Certificate.State.SIGNED).order_by("profile"):
        name = row.profile.lower().replace("_", "-")
        issuer, root = queries.chain_above(row.id)
        written += _write(bytes(row.certificate_der or b""), folder / name, at)
        written += _write(issuer, folder / f"{name}-issuer", at)
        written += _write(root, folder / "root", at)
    return list(dict.fromkeys(written))


def _write(der: bytes, path: Path, at: dt.datetime) -> list[Path]:
    certificate = x509.load_der_x509_certificate(der)
    files = [path.with_suffix(suffix) for suffix in (".der", ".pem", ".txt")]
    files[0].write_bytes(der)
    files[1].write_bytes(certificate.public_bytes(Encoding.PEM))
    rows = describe(certificate, at=at).words("ja")
    files[2].write_text("".join(f"{label}: {value}\n" for label, value in rows), encoding="utf-8")
    return files


def sign_letter(card: Card, pin: Secret, folder: Path, *, on: dt.date) -> list[Path]:
    """A short referral letter, signed by the card's signing key: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 8.2)."""
    name = f"{card.family_name}　{card.given_name}"
    text = LETTER.format(date=japanese_date(on), name=name).encode()
    with card_slot(card.card_id, card.layout) as transport:
        reader = HpkiCard(transport)
        signature = reader.sign(CardApplication.SIGNING, text, pin=pin)
        public_key = reader.certificate(CardApplication.SIGNING).public_key()
    verify(public_key, signature, text)
    files = [folder / "letter.txt", folder / "letter.txt.sig", folder / "letter-public-key.pem"]
    pem = public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for path, content in zip(files, (text, signature, pem), strict=True):
        path.write_bytes(content)
    return files


def verify_letter(folder: Path, certificates: Path) -> tuple[Path, bool]:
    """What openssl says about signature and chain, with the commands, so that anyone can repeat them."""
    report = folder / "verification.txt"
    openssl = shutil.which("openssl")
    if openssl is None:
        report.write_text(
            "The signature was verified with the library's own cryptography; openssl is not installed here.\n",
            encoding="utf-8",
        )
        return report, True
    commands = (
        ["dgst", "-sha256", "-verify", "letter-public-key.pem", "-signature", "letter.txt.sig", "letter.txt"],
        _chain_command(Path("..") / certificates.name),
    )
    lines, good = [], True
    for arguments in commands:
        done = subprocess.run([openssl, *arguments], cwd=folder, capture_output=True, text=True, check=False)
        lines += [f"$ openssl {' '.join(arguments)}", (done.stdout + done.stderr).strip(), ""]
        good = good and done.returncode == 0
    report.write_text("\n".join(lines), encoding="utf-8")
    return report, good


def _chain_command(folder: Path) -> list[str]:
    return [
        "verify",
        "-x509_strict",
        "-CAfile",
        str(folder / "root.pem"),
        "-untrusted",
        str(folder / "signing-issuer.pem"),
        str(folder / "signing.pem"),
    ]
