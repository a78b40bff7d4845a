"""What was reported before the register kept dispositions is kept there from now on."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

KINDS = {
    "death-registered": "death",
    "licence-revoked": "licence-revoked",
    "licence-suspended": "licence-suspended",
}


def keep(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    cases, kept = apps.get_model("lifecycle", "LifeCase"), apps.get_model("registry", "Disposition")
    told = cases.objects.filter(event__in=KINDS).select_related("card").defer("card__photo_sealed")
    # Withdrawn before it began, or a suspension that two officers ended.
    for case in told.exclude(state="withdrawn").order_by("opened_at").iterator():
        kept.objects.get_or_create(
            qualification=case.card.qualification_code,
            number=case.card.registration_number,
            kind=KINDS[case.event],
            from_on=case.planned_on or case.opened_on,
            defaults={
                "until_on": case.until_on,
                "begun_at": None if case.state == "planned" else case.opened_at,
                "recorded_at": case.opened_at,
                "recorded_by": "system",
            },
        )


class Migration(migrations.Migration):
    dependencies = [("lifecycle", "0001_life"), ("registry", "0004_dispositions")]
    operations = [migrations.RunPython(keep, migrations.RunPython.noop)]
