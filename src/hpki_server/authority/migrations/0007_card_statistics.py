"""An index that answers the statistics by itself."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('authority', '0006_production'),
        ('people', '0006_cashier'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='card',
            index=models.Index(fields=['organisation', 'member_kind', 'issued_at', 'state', 'carrier'], name='card_statistics'),
        ),
    ]
