"""Print the table of roles and permissions as Markdown: `manage.py describe_roles > docs/roles.md`."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts.roles import PERMISSIONS, SIDES, VENDOR_ONLY, Permission, Role, permissions_of

HEAD = """# Roles and permissions

Made by `manage.py describe_roles` from `accounts/roles.py`, the policy. A test fails when this is old.
What is not in a role's row is refused. Rows marked *vendor only* are product data: no partner holds them.
"""


def described() -> str:
    """The whole page: one row a permission, one column a role."""
    held = {role: _held(role) for role in Role}
    lines = [
        "| permission | " + " | ".join(role.label for role in Role) + " |",
        "|---" * (len(Role) + 1) + "|",
    ]
    for permission in Permission:
        name = f"`{permission}`" + (" *vendor only*" if permission in VENDOR_ONLY else "")
        ticks = ["yes" if permission in held[role] else "" for role in Role]
        lines.append(f"| {name} | " + " | ".join(ticks) + " |")
    sides = "\n".join(f"- **{role.label}**: {', '.join(sorted(SIDES[role]))}" for role in Role)
    return f"{HEAD}\n## On which side\n\n{sides}\n\n## Which permission\n\n" + "\n".join(lines) + "\n"


def _held(role: Role) -> set[Permission]:
    """Everything the role may hold on any of its sides."""
    return {p for side in SIDES[role] for p in permissions_of({role}, side)} | set(PERMISSIONS[role])


class Command(BaseCommand):
    help = "Print the table of roles and permissions as Markdown."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(described(), ending="")
