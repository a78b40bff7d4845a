import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('authority', '0007_card_statistics'),
        ('enrollment', '0004_desk'),
        ('people', '0006_cashier'),
        ('people', '__first__'),
        ('registry', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='LetterInRun',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='letters', to='enrollment.application')),
            ],
        ),
        migrations.CreateModel(
            name='LetterRun',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('postcard', '通知ハガキ'), ('pin-letter', '暗証番号通知書'), ('reminder', '受取のお願い')], max_length=16)),
                ('count', models.PositiveIntegerField()),
                ('made_at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['-made_at'], name='letter_run_newest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['postcard', 'pin-letter', 'reminder'])), name='letter_run_kind_known')],
            },
        ),
        migrations.CreateModel(
            name='PickupReminder',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('notified_at', models.DateTimeField()),
                ('after_days', models.PositiveSmallIntegerField()),
                ('due_on', models.DateField()),
                ('made_at', models.DateTimeField()),
                ('printed_at', models.DateTimeField(null=True)),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reminders', to='enrollment.application')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('printed_at__isnull', True)), fields=['due_on'], name='pickup_reminder_open')],
                'constraints': [models.UniqueConstraint(fields=('application', 'notified_at', 'after_days'), name='pickup_reminder_once')],
            },
        ),
        migrations.RemoveConstraint(
            model_name='application',
            name='application_approved_by_someone',
        ),
        migrations.RemoveConstraint(
            model_name='application',
            name='application_has_its_card',
        ),
        migrations.RemoveConstraint(
            model_name='application',
            name='application_one_open_per_applicant',
        ),
        migrations.AlterField(
            model_name='application',
            name='state',
            field=models.CharField(choices=[('draft', '記入中'), ('submitted', '受付待ち'), ('taken_in', '審査待ち'), ('vetted', '承認待ち'), ('approved', '発注待ち'), ('ordered', '発行待ち'), ('issued', '発送待ち'), ('notified', '受取待ち'), ('active', '利用中'), ('returned', '返送'), ('withdrawn', '取下げ'), ('brought_back', 'センター返送済み'), ('not_fetched', '受取なしで終了')], max_length=16),
        ),
        migrations.AddConstraint(
            model_name='application',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['approved', 'ordered', 'issued', 'notified', 'active', 'brought_back', 'not_fetched']), _negated=True), ('approved_by__isnull', False), _connector='OR'), name='application_approved_by_someone'),
        ),
        migrations.AddConstraint(
            model_name='application',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['issued', 'notified', 'active', 'brought_back', 'not_fetched']), _negated=True), ('card__isnull', False), _connector='OR'), name='application_has_its_card'),
        ),
        migrations.AddConstraint(
            model_name='application',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['active', 'not_fetched', 'withdrawn']), _negated=True), fields=('applicant',), name='application_one_open_per_applicant'),
        ),
        migrations.AddField(
            model_name='letterinrun',
            name='run',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='letters', to='enrollment.letterrun'),
        ),
        migrations.AddConstraint(
            model_name='letterinrun',
            constraint=models.UniqueConstraint(fields=('run', 'application'), name='letter_once_in_a_run'),
        ),
    ]
