"""The ground floor as a Django app."""

from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_save


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People and organisations"

    def ready(self) -> None:
        from accounts.chain import sealing, trail
        from accounts.models import ProductDetail, read_record
        from accounts.sign_in import sessions
        from accounts.wall import connecting, policies

        sealing.register(trail.CHAIN)
        sealing.register(read_record.CHAIN)
        policies.protect(ProductDetail)
        connection_created.connect(connecting.follow, dispatch_uid="wall")
        pre_save.connect(trail.stamp_before_saving, sender=trail.CHAIN.model, dispatch_uid="seal")
        post_migrate.connect(_guard, dispatch_uid="guard")
        user_logged_in.connect(sessions.mark, dispatch_uid="session_marks")


def _guard(app_config: AppConfig, **kwargs: Any) -> None:
    """Once each `migrate`, after the last table stands."""
    from django.apps import apps

    from accounts.chain import guarding
    from accounts.wall import policies

    with_tables = [each for each in apps.get_app_configs() if each.models_module is not None]
    if app_config is with_tables[-1]:
        guarding.install()
        policies.install()
