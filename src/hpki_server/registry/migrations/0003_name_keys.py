"""The entries of before get their keys, as registry.indexing makes them."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from hpki_server.registry.names import folded_keys

ROWS = 2000


def make_keys(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    Entry, Key = apps.get_model("registry", "RegistryEntry"), apps.get_model("registry", "NameKey")
    pending = []
    for entry in Entry.objects.iterator(chunk_size=ROWS):
        for kind, text in (("legal", entry.family_name + entry.given_name), ("kana", entry.kana)):
            pending += [
                Key(key=key.encode(), born_on=entry.born_on, entry_id=entry.id, kind=kind)
                for key in folded_keys(text)
                if key
            ]
        if len(pending) >= ROWS:
            Key.objects.bulk_create(pending)
            pending = []
    Key.objects.bulk_create(pending)


class Migration(migrations.Migration):

    dependencies = [("registry", "0002_names_and_matching")]
    operations = [migrations.RunPython(make_keys, migrations.RunPython.noop)]
