"""Ends are worked out anew: they now count every authority up to the root."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

LIMITS = [
    ("card", "カードの有効期限"),
    ("certificate", "カードの中の電子証明書の有効期限"),
    ("issuer", "証明書を発行した認証局の有効期限"),
    ("superior", "上位の認証局（ルート認証局まで）の有効期限"),
    ("algorithm", "暗号方式を使える期限"),
]


def forget(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The recurring work lays every row anew at its next turn."""
    apps.get_model("lifecycle", "CardTerm").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("lifecycle", "0002_dispositions_kept")]

    operations = [
        migrations.AlterField("cardterm", "limit", models.CharField(choices=LIMITS, max_length=16)),
        migrations.AlterField("cardterm", "natural_limit", models.CharField(choices=LIMITS, max_length=16)),
        migrations.RunPython(forget, migrations.RunPython.noop),
    ]
