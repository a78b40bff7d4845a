"""Cards say what kind of member they were issued to, and whether they were made here."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def members_have_a_number(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Until now only a member's card bore a member number, so the number tells."""
    card = apps.get_model("authority", "Card")
    card.objects.using(schema_editor.connection.alias).exclude(member_id="").update(member_kind="member")


class Migration(migrations.Migration):
    dependencies = [("authority", "0004_time_stamps")]

    operations = [
        migrations.AddField(
            model_name="card",
            name="member_kind",
            field=models.CharField(
                choices=[("member", "日医会員"), ("non-member", "非会員")], default="non-member", max_length=16
            ),
        ),
        migrations.AddField(
            model_name="card",
            name="origin",
            field=models.CharField(
                choices=[("made", "当センターで発行"), ("imported", "移行")], default="made", max_length=16
            ),
        ),
        migrations.RunPython(members_have_a_number, migrations.RunPython.noop),
    ]
