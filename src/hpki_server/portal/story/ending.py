"""What is left when the card is in its holder's hands: its face, its certificates, a signature and a verdict."""

from hpki.keys.secret import Secret
from hpki_server.authority.ports import card_secrets, virtual_card_path
from hpki_server.enrollment import printing
from hpki_server.portal.story import evidence, journey
from hpki_server.portal.story.stage import Stage


class EvidenceBad(Exception):
    """Foreign software does not accept what the story made; the demonstration must not go on as if it did."""


def show_evidence(stage: Stage) -> None:
    application = journey.hanakos_application()
    if application is None:
        raise EvidenceBad("there is no application to show anything of")
    journey.complete_papers(stage, application)
    card, at = journey.card_of(application), stage.now()
    face = printing.card_face(card, at=at)
    sides = {
        "4-card-front.png": face.front_png,
        "4-card-front.pdf": face.front_pdf,
        "4-card-back.png": face.back_png,
        "4-card-back.pdf": face.back_pdf,
    }
    stage.tell("券面 the card's face", [stage.write(name, content) for name, content in sides.items()])
    certificates = stage.folder / "5-certificates"
    written = evidence.write_certificates(card, certificates, at=at)
    stage.tell(
        f"証明書 {len(written)} files: the card's certificates and their issuers', also in words",
        [certificates],
    )
    signed = stage.folder / "6-signed-text"
    signed.mkdir(exist_ok=True)
    pin = Secret(stage.notebook.get("pin") or "")
    stage.tell(
        "署名 a referral letter signed by the card", evidence.sign_letter(card, pin, signed, on=at.date())
    )
    report, good = evidence.verify_letter(signed, certificates)
    if not good:
        raise EvidenceBad(f"openssl refuses the signature or its chain: {report}")
    stage.tell("検証 openssl accepts the signature and the chain", [report])


def lend_card(stage: Stage) -> None:
    """How to hold the card oneself: the demonstration's card file opens with what is written here."""
    application = journey.hanakos_application()
    if application is None:
        return
    card = journey.card_of(application)
    passphrase = stage.write("card.passphrase", card_secrets(card.card_id).file.reveal().encode())
    pin = stage.write("card.pin", (stage.notebook.get("pin") or "").encode())
    file = f"--card {virtual_card_path(card.card_id)} --passphrase-file {passphrase}"
    stage.tell(
        "カード the card itself, with hpki beside hpki-server",
        [f"hpki card show {file}", f"hpki card sign {file} --pin-file {pin} FILE", f"hpki card serve {file}"],
    )
