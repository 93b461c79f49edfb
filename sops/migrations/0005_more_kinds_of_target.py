"""A step may act on each kind of component that can be registered."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sops", "0004_settle"),
    ]

    operations = [
        migrations.AlterField(
            model_name="step",
            name="target_kind",
            field=models.CharField(
                blank=True,
                choices=[
                    ("app_service", "Application service"),
                    ("virtual_machine", "Virtual machine"),
                    ("scale_set", "Scale set"),
                    ("scale_set_instance", "Scale-set instance"),
                    ("sql_database", "SQL database"),
                    ("failover_group", "SQL failover group"),
                    ("service_bus", "Message queue"),
                    ("host_pool", "Host pool"),
                    ("session_host", "Session host"),
                    ("application_gateway", "Application gateway"),
                    ("vpn_gateway", "VPN gateway"),
                    ("key_vault", "Key vault"),
                    ("endpoint", "Web address"),
                    ("certificate", "Certificate or secret"),
                    ("region", "Azure region"),
                ],
                max_length=20,
            ),
        ),
    ]
