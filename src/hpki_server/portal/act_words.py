"""The audit page's words for the acts of the rooms below."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ACTS: dict[str, Promise] = {
    "application:start": _("申請の開始"),
    "application:write": _("申請の記入"),
    "application:hand-in": _("書類の提出"),
    "application:submit": _("申請の送信"),
    "application:resubmit": _("申請の再送信"),
    "application:take-in": _("受付"),
    "application:vet": _("審査"),
    "application:approve": _("承認"),
    "application:order": _("カードの発注（申請）"),
    "application:issue": _("発行の完了（申請）"),
    "application:print-postcard": _("通知ハガキの印刷"),
    "application:print-pin-letter": _("暗証番号通知書の印刷"),
    "application:notify": _("発送"),
    "application:hand-over": _("交付"),
    "application:return": _("不備返送"),
    "application:withdraw": _("取下げ"),
    "card:order": _("カードの発注"),
    "card:personalise": _("カードの発行の開始"),
    "card:make-pins": _("暗証番号の生成"),
    "card:print-pins": _("暗証番号の取り出し"),
    "card:issue": _("カードの発行"),
    "card:challenge": _("カードへの問いかけ"),
    "card:prove-presence": _("カードの応答の確認"),
    "card:refuse-presence": _("カードの応答の拒否"),
    "card:hand-over": _("カードの交付"),
    "card:scrap": _("カードの廃棄"),
    "certificates:intend": _("証明書の署名の意図"),
    "certificates:sign": _("証明書の署名"),
    "certificate:abandon": _("証明書の取りやめ"),
    "issuer:register": _("認証局の登録"),
    "office:address": _("団体の連絡先の変更"),
    "registry:import": _("資格管理簿の取込"),
}
SUBJECTS: dict[str, Promise] = {
    "application": _("申請"),
    "card": _("カード"),
    "certificate": _("証明書"),
    "issuer": _("認証局"),
    "registry-file": _("取り込んだファイル"),
}
