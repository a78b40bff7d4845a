import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('authority', '0005_member_kind_and_origin'),
        ('people', '0005_reception_desks'),
    ]

    operations = [
        migrations.CreateModel(
            name='BatchEvent',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('what', models.CharField(max_length=20)),
                ('detail', models.CharField(blank=True, max_length=60)),
                ('by', models.CharField(max_length=64)),
                ('card', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='authority.card')),
            ],
        ),
        migrations.CreateModel(
            name='BatchItem',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('position', models.PositiveIntegerField()),
                ('state', models.CharField(choices=[('waiting', '製造待ち'), ('personalised', '製造済み'), ('scrapped', '廃棄'), ('moved-out', 'バッチから除外')], default='waiting', max_length=16)),
                ('reason', models.CharField(blank=True, max_length=40)),
                ('done_at', models.DateTimeField(null=True)),
                ('card', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='batch_items', to='authority.card')),
            ],
        ),
        migrations.CreateModel(
            name='BatchSequence',
            fields=[
                ('year', models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ('last', models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='BlankCard',
            fields=[
                ('chip_serial', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('layout', models.CharField(max_length=16)),
                ('state', models.CharField(choices=[('in-stock', '在庫'), ('used', '使用'), ('scrapped', '不良（保管中）'), ('returned', '返品'), ('destroyed', '破砕済み')], default='in-stock', max_length=16)),
                ('state_since', models.DateTimeField()),
                ('card', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='blank', to='authority.card')),
            ],
            options={
                'indexes': [models.Index(fields=['state', 'layout', 'chip_serial'], name='blank_next')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['in-stock', 'used', 'scrapped', 'returned', 'destroyed'])), name='blank_state_known'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'used'), _negated=True), ('card__isnull', False), _connector='OR'), name='blank_used_by_a_card'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['in-stock', 'returned']), _negated=True), ('card__isnull', True), _connector='OR'), name='blank_in_stock_is_free')],
            },
        ),
        migrations.CreateModel(
            name='ProductionBatch',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.CharField(max_length=16, unique=True)),
                ('state', models.CharField(choices=[('planned', '計画済み'), ('producing', '製造中'), ('reconciled', '照合済み'), ('closed', '完了')], default='planned', max_length=16)),
                ('chosen', models.CharField(blank=True, max_length=200)),
                ('ordered', models.PositiveIntegerField()),
                ('planned_at', models.DateTimeField()),
                ('planned_by', models.UUIDField()),
                ('started_at', models.DateTimeField(null=True)),
                ('started_by', models.UUIDField(null=True)),
                ('obstacle', models.CharField(blank=True, max_length=40)),
                ('counted_good', models.PositiveIntegerField(null=True)),
                ('counted_scrapped', models.PositiveIntegerField(null=True)),
                ('counted_at', models.DateTimeField(null=True)),
                ('counted_by', models.UUIDField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('closed_by', models.UUIDField(null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['state', 'planned_at'], name='batch_state_planned')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['planned', 'producing', 'reconciled', 'closed'])), name='batch_state_known'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['reconciled', 'closed']), _negated=True), models.Q(('counted_by__isnull', False), ('counted_good__isnull', False)), _connector='OR'), name='batch_counted_before_closed'), models.CheckConstraint(condition=models.Q(('closed_by__isnull', True), models.Q(('closed_by', models.F('counted_by')), _negated=True), _connector='OR'), name='batch_closed_by_another')],
            },
        ),
        migrations.CreateModel(
            name='RemoteKey',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('profile', models.CharField(max_length=32)),
                ('sealed', models.BinaryField()),
                ('public_key_sha256', models.CharField(max_length=64, unique=True)),
                ('made_at', models.DateTimeField()),
                ('erased_at', models.DateTimeField(null=True)),
                ('card', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='remote_keys', to='authority.card')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('card', 'profile'), name='remote_key_once')],
            },
        ),
        migrations.CreateModel(
            name='ShortagePeriod',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('from_at', models.DateTimeField()),
                ('until_on', models.DateField()),
                ('proposed_by', models.UUIDField()),
                ('confirmed_by', models.UUIDField()),
                ('ended_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('proposed_by', models.F('confirmed_by')), _negated=True), name='shortage_by_two')],
            },
        ),
        migrations.CreateModel(
            name='StockDelivery',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('note', models.CharField(max_length=40, unique=True)),
                ('layout', models.CharField(max_length=16)),
                ('first_serial', models.CharField(max_length=32)),
                ('last_serial', models.CharField(max_length=32)),
                ('count', models.PositiveIntegerField()),
                ('received_on', models.DateField()),
                ('recorded_at', models.DateTimeField()),
                ('recorded_by', models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name='StockMovement',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('receive', '入庫'), ('use', '使用'), ('scrap', '不良'), ('return', '返品'), ('destroy', '破砕')], max_length=16)),
                ('from_state', models.CharField(blank=True, max_length=16)),
                ('to_state', models.CharField(max_length=16)),
                ('count', models.PositiveIntegerField()),
                ('reason', models.CharField(blank=True, max_length=40)),
                ('at', models.DateTimeField()),
                ('by', models.CharField(max_length=64)),
                ('blank', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='movements', to='authority.blankcard')),
                ('card', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='authority.card')),
                ('delivery', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='authority.stockdelivery')),
            ],
            options={
                'indexes': [models.Index(fields=['kind', 'at'], name='stock_movement_kind_at')],
            },
        ),
        migrations.RemoveConstraint(
            model_name='card',
            name='card_one_per_reference',
        ),
        migrations.AddField(
            model_name='card',
            name='beside_name',
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AddField(
            model_name='card',
            name='carrier',
            field=models.CharField(choices=[('plastic', 'カード'), ('remote', 'リモート利用')], default='plastic', max_length=16),
        ),
        migrations.AddField(
            model_name='card',
            name='chip_serial',
            field=models.CharField(blank=True, max_length=32),
        ),
        migrations.AddConstraint(
            model_name='card',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['stopped', 'scrapped']), _negated=True), fields=('reference', 'carrier'), name='card_one_per_reference'),
        ),
        migrations.AddConstraint(
            model_name='card',
            constraint=models.CheckConstraint(condition=models.Q(('carrier__in', ['plastic', 'remote'])), name='card_carrier_known'),
        ),
        migrations.AddConstraint(
            model_name='card',
            constraint=models.CheckConstraint(condition=models.Q(('carrier', 'remote'), ('state', 'active'), _negated=True), name='card_remote_not_active'),
        ),
        migrations.AddField(
            model_name='batchitem',
            name='batch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='authority.productionbatch'),
        ),
        migrations.AddField(
            model_name='batchevent',
            name='batch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='authority.productionbatch'),
        ),
        migrations.AddField(
            model_name='blankcard',
            name='delivery',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='blanks', to='authority.stockdelivery'),
        ),
        migrations.AddIndex(
            model_name='batchitem',
            index=models.Index(fields=['batch', 'state', 'position'], name='batch_item_next'),
        ),
        migrations.AddConstraint(
            model_name='batchitem',
            constraint=models.UniqueConstraint(fields=('batch', 'position'), name='batch_position_once'),
        ),
        migrations.AddConstraint(
            model_name='batchitem',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'moved-out'), _negated=True), fields=('card',), name='batch_card_once'),
        ),
        migrations.AddConstraint(
            model_name='batchitem',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'personalised', 'scrapped', 'moved-out'])), name='batch_item_state_known'),
        ),
        migrations.AddIndex(
            model_name='batchevent',
            index=models.Index(fields=['batch', 'id'], name='batch_event_batch'),
        ),
    ]
