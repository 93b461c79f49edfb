"""The documents say what the code does."""

import re

from django.conf import settings

from ooh.management.commands.describe_roles import described

DOCS = settings.BASE_DIR / "docs"


def test_the_page_of_roles_is_the_table() -> None:
    assert (DOCS / "roles.md").read_text() == described()


def test_each_link_of_a_document_leads_somewhere() -> None:
    pages = [settings.BASE_DIR / "README.md", *DOCS.rglob("*.md")]
    broken = [
        (page.name, target)
        for page in pages
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_each_variable_of_the_settings_is_in_the_guide_to_production() -> None:
    read = re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (settings.BASE_DIR / "ooh" / "settings.py").read_text())
    guide = (DOCS / "production.md").read_text()
    assert {name for name in read if name not in guide} == set()
