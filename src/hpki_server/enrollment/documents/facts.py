"""What a printed document says: frozen values, already checked, in the reader's words.

Nothing in here comes from a database row directly and nothing is decided here; the caller has decided.
Every `at` is the moment of printing (aware); it stands in the file's metadata, so equal facts give equal bytes.
"""

import datetime as dt
from dataclasses import dataclass

from hpki.keys.secret import Secret


@dataclass(frozen=True, kw_only=True)
class PostalAddress:
    """Where a letter goes or comes from; `postal_code` is seven digits, with or without a hyphen."""

    postal_code: str
    lines: tuple[str, ...]
    phone: str = ""


@dataclass(frozen=True, kw_only=True)
class DocumentLine:
    """One paper that the case needs, and where it stands (受領, 未提出 …; empty on a blank form)."""

    name: str
    state: str = ""


@dataclass(frozen=True, kw_only=True)
class ApplicationFacts:
    """All entries of one 医師資格証発行申請書."""

    number: str
    kind: str  # 新規, 更新, 再発行
    association: str  # where it is taken in and where the card is handed over
    submitted_on: dt.date | None  # None prints an empty date line for the pen
    family_name: str
    given_name: str
    family_kana: str
    given_kana: str
    romaji: str
    born_on: dt.date | None  # None, on a draft, leaves room for the pen
    sex: str
    qualification: str  # 医師
    register_name: str  # 医籍
    registration_number: str
    registered_on: dt.date | None
    member_kind: str  # 日医会員, 非会員
    address: PostalAddress
    email: str
    at: dt.datetime
    member_id: str = ""
    former_name: str = ""  # 旧姓 or 通名, and whether it is to be printed
    form_code: str = ""  # of a printed draft; its square opens it at a desk
    photo: bytes | None = None
    documents: tuple[DocumentLine, ...] = ()
    centre: str = "電子認証センター"


@dataclass(frozen=True, kw_only=True)
class BlankFormFacts:
    """An empty 医師資格証発行申請書 for the pen, with a code of its own."""

    form_code: str
    documents: tuple[DocumentLine, ...]
    at: dt.datetime
    centre: str = "電子認証センター"


@dataclass(frozen=True, kw_only=True)
class PostcardFacts:
    """発行完了通知ハガキ: it travels open, so it carries no birth date and no registration number."""

    number: str  # of the application; the desk reads it as a barcode
    holder: str
    to: PostalAddress
    sender: str
    sender_address: PostalAddress
    pickup_place: str
    pickup_address: PostalAddress
    pickup_hours: tuple[str, ...]  # one line each
    pickup_from: dt.date
    pickup_until: dt.date
    notified_on: dt.date
    at: dt.datetime
    old_card: bool = False  # the new card is handed over for the old one only
    card_name: str = "医師資格証"


@dataclass(frozen=True, kw_only=True)
class PinLetterFacts:
    """The letter that tells PIN and PUK, once; the only place where they are revealed."""

    number: str
    card_id: str
    holder: str
    to: PostalAddress
    sender: str
    sender_address: PostalAddress
    pin: Secret
    puk: Secret
    tries: int  # wrong PINs in a row until the card locks
    issued_on: dt.date
    at: dt.datetime
    card_name: str = "医師資格証"


@dataclass(frozen=True, kw_only=True)
class CardFaceFacts:
    """What is printed on the plastic; `specimen` marks a card of a test hierarchy as 見本."""

    family_name: str
    given_name: str
    romaji: str
    born_on: dt.date
    registration_number: str
    expires_on: dt.date
    card_id: str
    issued_on: dt.date
    issuer: str
    issuer_address: PostalAddress
    photo: bytes
    at: dt.datetime
    member_id: str = ""  # members only
    beside_name: str = ""  # 旧姓 or 通名, with its word
    title: str = "医師資格証"
    title_en: str = "Physician's Qualification Card"
    registration_label: str = "医籍登録番号"
    specimen: bool = False
    # Issued before all papers were seen: 緊急発行 stands on the face.
    emergency: bool = False


@dataclass(frozen=True)
class CardFace:
    """Both sides of one card: PDF of 85.60 × 53.98 mm, and PNG of the same at 600 dpi."""

    front_pdf: bytes
    back_pdf: bytes
    front_png: bytes
    back_png: bytes
