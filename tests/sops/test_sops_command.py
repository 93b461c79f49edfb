"""`manage.py sops export` and `import`: SOPs out to files for git, and back in as drafts."""

import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command

import accounts.demo
import sops.demo
from accounts.models import User
from accounts.roles import Role, Side
from sops import services
from sops.models import Sop, SopVersion
from sops.writing import said_by
from tests import factories
from tests.sops import making
from tests.sops.making import CHECK, MANUAL, POST, decision

pytestmark = pytest.mark.django_db


def export(*arguments: Any) -> tuple[str, str]:
    out, told = StringIO(), StringIO()
    call_command("sops", "export", *map(str, arguments), stdout=out, stderr=told)
    return out.getvalue(), told.getvalue()


def take_in(*files: Path, by: User, check: bool = False) -> str:
    """What is told; where it is refused, with the reason."""
    told = StringIO()
    try:
        call_command("sops", "import", *map(str, files), by=by.email, check=check, stderr=told)
    except CommandError as error:
        return f"{told.getvalue()}{error}"
    return told.getvalue()


def written(folder: Path, version: SopVersion) -> Path:
    export(version.sop.code, "--to", folder)
    return folder / f"{version.sop.code}.yaml"


@pytest.fixture
def approved() -> SopVersion:
    return making.make_approved([CHECK, MANUAL, decision(yes=4), POST])


def test_the_sops_of_the_demo_come_back_byte_for_byte(night: Any, tmp_path: Path) -> None:
    accounts.demo.seed()
    sops.demo.seed()
    before = {version.sop.code: said_by(version) for version in SopVersion.objects.order_by("number")}
    export("--to", tmp_path / "one")
    files = sorted((tmp_path / "one").iterdir())
    assert [path.stem for path in files] == sorted(before)
    for path in files:  # as at a desk that has none of them
        Sop.objects.filter(code=path.stem).update(code=f"{path.stem}0")
        path.write_text(
            path.read_text().replace(f"sop: {path.stem}\n", f"sop: {path.stem[:-1]}9{path.stem[-1]}\n")
        )
    told = take_in(*files, by=User.objects.get(email=sops.demo.AUTHOR))
    assert told.count("is a draft of SOP author") == len(files)
    after = {version.sop.code: version for version in SopVersion.objects.filter(state="draft")}
    assert {f"{code[:-2]}{code[-1]}": said_by(version) for code, version in after.items()} == before
    export("--to", tmp_path / "two", *after)
    again = sorted((tmp_path / "two").iterdir())
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in files]


def test_importing_what_was_exported_makes_nothing_and_says_so(
    approved: SopVersion, author: User, tmp_path: Path
) -> None:
    told = take_in(written(tmp_path, approved), by=author)
    assert f"the same as {approved}, approved: no draft made" in told
    assert SopVersion.objects.count() == 1


def test_another_content_is_a_draft_of_the_author_and_nothing_in_force_changes(
    approved: SopVersion, author: User, tmp_path: Path
) -> None:
    path = written(tmp_path, approved)
    path.write_text(path.read_text().replace("Ring them.", "Ring them twice."))
    assert f"{approved.sop.code} version 2 is a draft of {author}" in take_in(path, by=author)
    draft = approved.sop.versions.get(number=2)
    assert (draft.state, draft.author, draft.approver) == ("draft", author, None)
    assert draft.steps.get(position=2).instructions == "Ring them twice. Note who agreed."
    before = SopVersion.objects.get(pk=approved.pk)
    assert (before.state, before.content_hash) == ("approved", approved.content_hash)
    assert export(approved.sop.code)[0].encode() == path.read_bytes()


def test_a_draft_that_is_there_is_followed_by_another_and_not_written_over(
    approved: SopVersion, author: User, tmp_path: Path
) -> None:
    path = written(tmp_path, approved)
    draft = services.start_draft(approved.sop_id, by=author)
    take_in(path, by=author)
    assert SopVersion.objects.get(pk=draft.pk).summary == ""
    assert approved.sop.versions.count() == 3


def test_a_check_says_the_same_and_changes_nothing(
    approved: SopVersion, author: User, tmp_path: Path
) -> None:
    path = written(tmp_path, approved)
    path.write_text(path.read_text().replace("title: Restart the", "title: Start the"))
    told = take_in(path, by=author, check=True)
    assert "changed: title" in told
    assert "Checked only" in told
    assert Sop.objects.get().title == "Restart the application service"
    assert "changed: title" in take_in(path, by=author)
    assert Sop.objects.get().title == "Start the application service"


def test_one_bad_file_refuses_all_of_them_with_its_line(
    approved: SopVersion, author: User, tmp_path: Path
) -> None:
    good, bad = written(tmp_path, approved), tmp_path / "bad.yaml"
    text = good.read_text()
    good.write_text(text.replace("First version", "Second version"))
    bad.write_text(text.replace(approved.sop.code, "SOP-99").replace("kind: manual", "kind: script"))
    line = bad.read_text().splitlines().index("  - kind: script") + 1
    told = take_in(good, bad, by=author)
    assert f"{bad}:{line}: step 2: kind: choose one of" in told
    assert "Nothing was imported" in told
    assert SopVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("old", "new", "words"), [
        ("  - compucare8", "  - telnet", "services: this desk has no service “telnet”"),
        ("summary:", "customers:\n  - nowhere\nsummary:", "customers: this desk has no customer “nowhere”"),
        ("owner: ", "owner: nobody-", "owner: nobody active of the vendor has this e-mail address"),
    ],
)  # fmt: skip
def test_what_this_desk_does_not_know_is_refused_with_its_line(
    author: User, tmp_path: Path, old: str, new: str, words: str
) -> None:
    path = written(tmp_path, making.make_draft(author))
    text = path.read_text().replace(old, new, 1)
    path.write_text(text)
    line = next(
        at for at, each in enumerate(text.splitlines(), 1) if re.search("telnet|- nowhere|nobody-", each)
    )
    assert f"{path}:{line}: {words}" in take_in(path, by=author)


def test_what_a_submitted_sop_is_for_is_an_approver_s_to_change(
    approved: SopVersion, author: User, tmp_path: Path
) -> None:
    factories.make_service("ward", "Compucare Ward")
    path = written(tmp_path, approved)
    path.write_text(path.read_text().replace("  - compucare8\n", "  - compucare8\n  - ward\n"))
    told = take_in(path, by=author)
    assert "was submitted before: an approver who did not write it changes what it is for" in told
    both = factories.make_user(Role.SOP_AUTHOR, Role.SOP_APPROVER)
    assert "changed: services" in take_in(path, by=both)
    assert approved.sop.services.count() == 2


@pytest.mark.parametrize("role", ["engineer", "approver", "manager", "vendor_auditor"])
def test_who_writes_no_sops_imports_none(
    role: str, approved: SopVersion, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    path = written(tmp_path, approved)
    assert "writes no SOPs" in take_in(path, by=request.getfixturevalue(role))
    partner = factories.make_user(Role.SOP_AUTHOR, side=Side.PARTNER)
    with pytest.raises(PermissionDenied):
        services.start_draft(approved.sop_id, by=partner)
    assert "writes no SOPs" in take_in(path, by=partner)


def test_two_files_of_one_sop_are_refused(approved: SopVersion, author: User, tmp_path: Path) -> None:
    path, other = written(tmp_path, approved), tmp_path / "other.yaml"
    other.write_bytes(path.read_bytes())
    assert f"{other}:2: sop: {path} is of the same SOP" in take_in(path, other, by=author)


def test_a_file_that_is_not_there_is_told(author: User, tmp_path: Path) -> None:
    assert "No such file" in take_in(tmp_path / "none.yaml", by=author)


def test_a_version_that_is_not_finished_is_not_exported(author: User, tmp_path: Path) -> None:
    making.make_draft(author, [MANUAL | {"instructions": ""}])
    with pytest.raises(CommandError, match="version 1 is not finished: Step 1: write the instructions"):
        export("--to", tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_named_version_is_exported_as_it_was(approved: SopVersion, author: User) -> None:
    newer = making.make_draft(author, [CHECK], sop=approved.sop)
    assert export(approved.sop.code, "--version", 1)[0].count("- kind:") == 4
    assert export(approved.sop.code)[0].count("- kind:") == newer.steps.count() == 1


@pytest.mark.parametrize(
    ("arguments", "words", "code"), [
        (["SOP-98"], "There is no SOP-98", 1),
        (["--version", "1", "--to", "x"], "--version is of one SOP", 2),
        ([], "Name one SOP to print it", 2),
    ],
)  # fmt: skip
def test_an_export_that_cannot_be_is_refused(
    author: User, arguments: list[str], words: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    making.make_draft(author)
    making.make_draft(author)
    with pytest.raises(CommandError, match=words) as refused:
        export(*arguments)
    assert refused.value.returncode == code
    assert not list(tmp_path.iterdir())


def test_a_version_that_there_is_not_is_told(approved: SopVersion) -> None:
    with pytest.raises(CommandError, match=f"{approved.sop.code} has no version 7"):
        export(approved.sop.code, "--version", 7)


def test_a_person_who_is_not_there_imports_nothing(approved: SopVersion, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Nobody active has the e-mail address") as refused:
        call_command("sops", "import", str(written(tmp_path, approved)), by="nobody@vendor.example")
    assert refused.value.returncode == 2
