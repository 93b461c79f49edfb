import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sops", "0003_carry_over")]

    operations = [
        migrations.RemoveConstraint(
            model_name="sop",
            name="sop_suspended_says_who_and_why",
        ),
        migrations.RemoveField(
            model_name="sop",
            name="is_suspended",
        ),
        migrations.RemoveField(
            model_name="sop",
            name="suspended_at",
        ),
        migrations.RemoveField(
            model_name="sop",
            name="suspended_by",
        ),
        migrations.RemoveField(
            model_name="sop",
            name="suspension_reason",
        ),
        migrations.AlterField(
            model_name="run",
            name="customer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="runs", to="accounts.customer"
            ),
        ),
        migrations.AlterField(
            model_name="run",
            name="service",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="runs", to="accounts.service"
            ),
        ),
        migrations.RemoveConstraint(model_name="steprun", name="step_run_once_a_run"),
        migrations.RemoveField(model_name="steprun", name="step"),
        migrations.AddConstraint(
            model_name="steprun",
            constraint=models.UniqueConstraint(fields=("run", "position"), name="step_run_once_a_run"),
        ),
    ]
