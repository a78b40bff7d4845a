"""What the columns of the files mean: for the page, and for machines as CSV on the Web (W3C csvw) metadata."""

from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Column:
    name: str
    # A datatype of csvw.
    datatype: str
    meaning: Promise
    required: bool = True


PREFECTURE: Final = (
    Column("code", "integer", _("都道府県コード（JIS X 0401、1〜47）。48 は海外。")),
    Column("prefecture", "string", _("都道府県の名称。")),
    Column("issued", "integer", _("その日までに発行したカードの枚数。member と non_member の合計。")),
    Column("member", "integer", _("うち、日医会員のカード。")),
    Column("non_member", "integer", _("うち、非会員のカード。")),
    Column(
        "rank",
        "integer",
        _("47 都道府県のなかで issued の多い順の順位。同数は同順位とし、次の順位は空ける。海外は空欄。"),
        required=False,
    ),
)
MONTH: Final = (
    Column("month", "gYearMonth", _("日本時間の年月。")),
    Column("issued", "integer", _("その月に発行したカードの枚数。")),
    Column("member", "integer", _("うち、日医会員のカード。")),
    Column("non_member", "integer", _("うち、非会員のカード。")),
    Column("issued_so_far", "integer", _("その月の末日までの累計。")),
    Column("member_so_far", "integer", _("うち、日医会員のカード。")),
    Column("non_member_so_far", "integer", _("うち、非会員のカード。")),
)


def csvw(columns: tuple[Column, ...], *, language: str) -> dict[str, Any]:
    """https://www.w3.org/TR/tabular-metadata/ for one file of these columns."""
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": language}],
        "dialect": {"encoding": "utf-8", "header": True, "lineTerminators": ["\r\n"]},
        "tableSchema": {
            "columns": [
                {
                    "name": column.name,
                    "titles": column.name,
                    "datatype": column.datatype,
                    "required": column.required,
                    "dc:description": str(column.meaning),
                }
                for column in columns
            ],
            "primaryKey": columns[0].name,
        },
    }
