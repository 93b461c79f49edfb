"""django-auditlog, which audits of each row its own columns."""

from auditlog.apps import AuditlogConfig as Library


class AuditlogConfig(Library):
    """What points at a row has rows of its own in the trail, and the library would ask the database for each
    such relation whenever a row is made.
    """

    def ready(self) -> None:
        from auditlog.registry import auditlog

        super().ready()
        for model, options in auditlog._registry.items():
            pointing = [each.name for each in model._meta.related_objects if each.one_to_one]
            options["exclude_fields"] = [*options["exclude_fields"], *pointing]
