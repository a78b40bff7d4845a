from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("authority", "0002_revocation")]

    operations = [
        # No responder was ever issued and no answer stored before this table had its present form.
        migrations.DeleteModel(name="StoredAnswer"),
        migrations.AddField("ocspresponder", "serial_hex", models.CharField(max_length=40, default=""), preserve_default=False),
        migrations.AddField(
            "ocspresponder",
            "state",
            models.CharField(
                choices=[("intended", "署名前"), ("signed", "署名済み")], default="intended", max_length=16
            ),
        ),
        migrations.AddField("ocspresponder", "tbs_der", models.BinaryField(default=b""), preserve_default=False),
        migrations.AlterField("ocspresponder", "certificate_der", models.BinaryField(null=True)),
        migrations.AddConstraint(
            "ocspresponder",
            models.UniqueConstraint(fields=["issuer", "serial_hex"], name="responder_serial_once"),
        ),
        migrations.AddConstraint(
            "ocspresponder",
            models.CheckConstraint(
                condition=models.Q(state="signed", certificate_der__isnull=False)
                | models.Q(state="intended", certificate_der__isnull=True),
                name="responder_state_fits",
            ),
        ),
    ]
