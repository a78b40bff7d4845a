"""How pages name states, papers, photo IDs, cases and reasons."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from hpki_server.enrollment.rules import CaseKind, FaceName, IdentityKind, Part, ReturnReason, State

STATE_WORDS = {
    State.DRAFT: _("記入中"),
    State.SUBMITTED: _("受付待ち"),
    State.TAKEN_IN: _("審査待ち"),
    State.VETTED: _("承認待ち"),
    State.APPROVED: _("発注待ち"),
    State.ORDERED: _("発行待ち"),
    State.ISSUED: _("発送待ち"),
    State.NOTIFIED: _("受取待ち"),
    State.ACTIVE: _("利用中"),
    State.RETURNED: _("返送"),
    State.WITHDRAWN: _("取下げ"),
    State.BROUGHT_BACK: _("センター返送済み"),
    State.NOT_FETCHED: _("受取なしで終了"),
}
IDENTITY_WORDS = {
    IdentityKind.PASSPORT: _("日本国旅券（パスポート）"),
    IdentityKind.DRIVING_LICENCE: _("自動車運転免許証"),
    IdentityKind.DRIVING_RECORD: _("運転経歴証明書（平成24年4月1日以降の交付）"),
    IdentityKind.RESIDENT_CARD: _("住民基本台帳カード（写真付き）"),
    IdentityKind.MY_NUMBER_CARD: _("マイナンバーカード（表面のみ）"),
    IdentityKind.OFFICIAL_CARD: _("官公庁の職員身分証（写真付き）"),
}
REASON_WORDS = {
    ReturnReason.PHOTO_UNCLEAR: _("顔写真が不鮮明です"),
    ReturnReason.LICENCE_UNREADABLE: _("医師免許証の写しが読み取れません"),
    ReturnReason.IDENTITY_UNREADABLE: _("身分証の写しが読み取れません"),
    ReturnReason.IDENTITY_EXPIRED: _("身分証の有効期限が過ぎています"),
    ReturnReason.ENTRIES_DIFFER: _("ご記入の内容が書類と異なります"),
    ReturnReason.REGISTRY_DIFFERS: _("ご記入の内容が医籍の登録と異なります"),
    ReturnReason.RESIDENCE_RECORD_MISSING: _("住民票の写し（原本）が確認できません"),
    ReturnReason.IDENTITY_WRONG_KIND: _("身分証が、受け付けている種類ではありません"),
    ReturnReason.REVERSE_SIDE: _("マイナンバーカードの裏面でした（控えは消去しました）"),
    ReturnReason.LICENCE_NAME_DIFFERS: _("医師免許証の氏名が、ご記入の氏名と異なります"),
    ReturnReason.FAMILY_REGISTER_MISSING: _("戸籍謄本または抄本が必要です"),
    ReturnReason.FAMILY_REGISTER_UNREADABLE: _("戸籍謄本または抄本の写しが読み取れません"),
    ReturnReason.ALIAS_PROOF_MISSING: _("特別永住者であることの証明書が必要です"),
    ReturnReason.ALIAS_PROOF_UNREADABLE: _("特別永住者であることの証明書の写しが読み取れません"),
    ReturnReason.LOSS_REPORT_MISSING: _("紛失届が必要です"),
    ReturnReason.OLD_CARD_MISSING: _("これまでのカードが返納されていません"),
    ReturnReason.REGISTRY_UNDECIDED: _(
        "医籍の登録だけではご本人と特定できません。戸籍謄本または抄本が必要です"
    ),
}
PART_WORDS = {
    Part.ENTRIES: _("ご記入の内容"),
    Part.PHOTO: _("顔写真"),
    Part.LICENCE: _("医師免許証の写し"),
    Part.IDENTITY: _("写真付き身分証の写し"),
    Part.FAMILY_REGISTER: _("戸籍謄本または抄本"),
    Part.ALIAS_PROOF: _("特別永住者であることの証明書"),
    Part.LOSS_REPORT: _("紛失届"),
    Part.RESIDENCE: _("住民票の写し（原本）"),
    Part.OLD_CARD: _("これまでのカード"),
}
FACE_NAME_WORDS = {
    FaceName.LEGAL: _("氏名（戸籍）だけ"),
    FaceName.WITH_FORMER: _("氏名に旧姓を併記"),
    FaceName.WITH_ALIAS: _("氏名に通名を併記（特別永住者の方）"),
}
CASE_WORDS = {
    CaseKind.FIRST: _("新規発行"),
    CaseKind.RENEWAL: _("更新"),
    CaseKind.REISSUE_LOSS: _("再発行（紛失）"),
    CaseKind.REISSUE_DAMAGE: _("再発行（破損）"),
    CaseKind.NAME_CHANGE: _("再発行（氏名の変更）"),
    CaseKind.MEMBER_CHANGE: _("再発行（会員区分の変更）"),
    CaseKind.EMERGENCY: _("緊急発行"),
}


class Sex(models.TextChoices):
    FEMALE = "female", _("女")
    MALE = "male", _("男")
