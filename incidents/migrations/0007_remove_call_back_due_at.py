from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("incidents", "0006_carry_calls_over")]

    operations = [migrations.RemoveField(model_name="incident", name="call_back_due_at")]
