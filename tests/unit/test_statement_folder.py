"""A folder of statements against its manifest: half, mixed, changed files are named."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import pytest
from tests.statement_sources import small_source

from impactbond.canonical import sha256
from impactbond.errors import StatementError
from impactbond.statements import verify_folder, write_statements
from impactbond.statements.write import write_set

STEM = "wlz-lbhf_2017-Q4_"


def put(folder: Path, *funders: str, claim: str = "2017-Q4", content: bytes = b"1") -> None:
    """Writes a set of statements in which only the names matter."""
    files = {f"wlz-lbhf_{claim}_{funder}.xlsx": content for funder in funders}
    write_set(folder, small_source().contract_id, claim, files, replace=True)


def differences(folder: Path) -> list[str]:
    return [str(one) for one in verify_folder(folder).differences]


def test_the_manifest_names_every_file_its_digest_and_what_made_it(tmp_path: Path) -> None:
    written = write_statements(small_source(), tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert {one["name"]: one["sha256"] for one in manifest["files"]} == {
        path.name: sha256(path.read_bytes()) for path in written
    }
    [made_by] = {json.dumps(one["made_by"]) for one in manifest["files"]}
    assert json.loads(made_by)["xlsxwriter"] == version("xlsxwriter")
    result = verify_folder(tmp_path)
    assert result.same
    assert result.claims == ("wlz-lbhf / 2017-Q4",)
    assert result.text.endswith("  6 files, each as it was written")


def test_writing_again_leaves_the_manifest_as_it_is(tmp_path: Path) -> None:
    write_statements(small_source(), tmp_path)
    before = (tmp_path / "manifest.json").stat()
    write_statements(small_source(), tmp_path)
    after = (tmp_path / "manifest.json").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_file_that_is_missing_changed_or_put_there_is_named(tmp_path: Path) -> None:
    put(tmp_path, "lbhf", "elm", "trust")
    (tmp_path / f"{STEM}lbhf.xlsx").write_bytes(b"2")
    (tmp_path / f"{STEM}elm.xlsx").unlink()
    (tmp_path / f"{STEM}oak.xlsx").write_bytes(b"1")
    (tmp_path / "notes.txt").write_bytes(b"nobody's business")
    result = verify_folder(tmp_path)
    assert not result.same
    assert [str(one) for one in result.differences] == [
        f"{STEM}elm.xlsx: is missing.",
        f"{STEM}lbhf.xlsx: is not as it was written.",
        f"{STEM}oak.xlsx: is in no manifest: writing was not finished, or it was put there since.",
    ]
    assert "NOT AS WRITTEN: 3 files" in result.text
    assert result.as_dict()["same"] is False


def test_the_statement_of_a_school_that_is_no_longer_asked_is_named(tmp_path: Path) -> None:
    put(tmp_path, "lbhf", "elm")
    put(tmp_path, "lbhf", "oak")
    assert differences(tmp_path) == [
        f"{STEM}elm.xlsx: is of an earlier writing; the last of wlz-lbhf / 2017-Q4 has no such "
        "statement."
    ]
    (tmp_path / f"{STEM}elm.xlsx").unlink()
    assert verify_folder(tmp_path).same
    put(tmp_path, "lbhf", "oak", "elm")  # asked again
    assert verify_folder(tmp_path).same


def test_claims_stand_beside_each_other_in_one_folder(tmp_path: Path) -> None:
    put(tmp_path, "lbhf", "elm")
    put(tmp_path, "lbhf", claim="2018-Q1")
    result = verify_folder(tmp_path)
    assert (result.same, result.files) == (True, 3)
    assert result.claims == ("wlz-lbhf / 2017-Q4", "wlz-lbhf / 2018-Q1")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"{}{",
        b'{"name": "somebody\'s website"}',
        b'{"impactbond_folder": 2}',
        b'{"impactbond_folder": 1, "files": [{"name": "../a", "of": "", "sha256": "", "size": 0,'
        b'"made_by": {}}]}',
    ],
)
def test_a_manifest_that_is_not_ours_is_neither_read_nor_replaced(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(StatementError, match="not a manifest of statements"):
        put(tmp_path, "lbhf")
    with pytest.raises(StatementError, match="not a manifest of statements"):
        verify_folder(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]
    assert (tmp_path / "manifest.json").read_bytes() == content


def test_a_folder_without_a_manifest_is_told(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(StatementError, match="writing was not finished, or was done without"):
            verify_folder(folder)


def test_a_statement_that_was_written_is_not_replaced_by_another_of_its_name(
    tmp_path: Path,
) -> None:
    [first, *_] = write_statements(small_source(), tmp_path)
    first.write_bytes(b"as it was issued")
    with pytest.raises(StatementError, match="another file stands there"):
        write_statements(small_source(), tmp_path)
    assert first.read_bytes() == b"as it was issued"
    write_statements(small_source(), tmp_path, replace=True)
    assert verify_folder(tmp_path).same
