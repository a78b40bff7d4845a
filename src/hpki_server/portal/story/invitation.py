"""What someone needs to walk the journey by hand: Ken's papers and what to write into his form."""

from hpki_server.people.japanese_dates import japanese_date
from hpki_server.portal.story import cast, register, sample_papers
from hpki_server.portal.story.portrait import portrait_jpeg
from hpki_server.portal.story.stage import Stage

FOLDER = "try-it-yourself"
ADDRESS = "岡山県岡山市北区表町1丁目2番4号"


def leave_papers(stage: Stage) -> None:
    """A photo, copies of two papers, and the entries that the register will confirm."""
    ken = register.physician_named("髙橋", "健")
    name = f"{ken.family_name}　{ken.given_name}"
    licence = sample_papers.licence_copy(name, ken.number, japanese_date(ken.registered_on))
    files = [
        stage.write(f"{FOLDER}/photo.jpg", portrait_jpeg(hair="#3a3431", coat="#dfe7ef", ground="#e3e6ea")),
        stage.write(f"{FOLDER}/licence.jpg", licence),
        stage.write(f"{FOLDER}/identity.jpg", sample_papers.driving_licence_copy(name, ADDRESS)),
    ]
    entries = (
        f"{name}　{ken.kana}　Takahashi Ken",
        f"生年月日 {japanese_date(ken.born_on)}",
        f"医籍登録番号 {ken.number}　医籍登録年月日 {japanese_date(ken.registered_on)}",
        f"住所 700-0822 {ADDRESS}　電話 086-000-0003",
        f"受取 {cast.OFFICES[cast.OKAYAMA].name}　会員種別 非会員",
        "身分証 自動車運転免許証（有効期限は本日より後の日付）",
    )
    files.append(stage.write(f"{FOLDER}/entries.txt", ("\n".join(entries) + "\n").encode()))
    stage.tell(f"ご自身でどうぞ: log in as {cast.KEN.username} and apply with these papers", files)
