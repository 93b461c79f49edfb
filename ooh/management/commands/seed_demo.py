"""Fill the embedded default with the demo. Safe to run again: what is there stays as it is."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

import accounts.demo
import handover.demo
import incidents.demo
import sops.demo
from accounts.audit import acting_as
from accounts.models import User
from accounts.wall.identity import as_system


class Command(BaseCommand):
    help = "Seed the demo's organisations, people, customers, SOPs, rota and history."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The demo's people have a known password: it is never seeded in production.")
        with acting_as(User.objects.system()), as_system("the demo writes what both sides wrote"):
            for floor in (accounts.demo, sops.demo, handover.demo, incidents.demo):
                floor.seed()
        self.stdout.write("The demo is there.")
