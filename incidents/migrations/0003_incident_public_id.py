from django.db import migrations, models

import incidents.models.incident


def give_public_ids(apps, schema_editor):
    rows = apps.get_model("incidents", "Incident").objects
    for pk in rows.values_list("pk", flat=True).iterator():
        rows.filter(pk=pk).update(public_id=incidents.models.incident.public_token())


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0002_outboxrow_decided_at_outboxrow_decided_by_and_more"),
    ]

    operations = [
        # In three steps, since one default for all rows would not be unique.
        migrations.AddField(
            model_name="incident",
            name="public_id",
            field=models.CharField(default="", editable=False, max_length=8),
        ),
        migrations.RunPython(give_public_ids, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="incident",
            name="public_id",
            field=models.CharField(
                default=incidents.models.incident.public_token, editable=False, max_length=8, unique=True
            ),
        ),
    ]
