"""The command that replaces references by pseudonyms.

And the command that takes participants out of the records of their claims.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from impactbond.cli.options import (
    AsJson,
    Replace,
    Shared,
    after_writing,
    out_option,
    printed,
    working,
)
from impactbond.errors import EvidenceError, RecordError, unopened
from impactbond.files import Writing, write_file


def pseudonymise(
    file: Annotated[
        Path, typer.Argument(help="A CSV file with references of children.", show_default=False)
    ],
    column: Annotated[
        list[str], typer.Option("--column", help="A heading of references; repeatable.")
    ],
    key: Annotated[Path, typer.Option("--key", help="The key, in a folder of its own.")],
    out: Annotated[Path, out_option("The CSV file to write.")],
    drop: Annotated[
        list[str] | None, typer.Option("--drop", help="A heading to leave out; repeatable.")
    ] = None,
    new_key: Annotated[
        bool, typer.Option("--new-key", help="Make the key first; it must not be there yet.")
    ] = False,
    old_key: Annotated[
        Path | None,
        typer.Option("--old-key", help="The key before this one; with --links."),
    ] = None,
    links: Annotated[
        Path | None,
        out_option(
            "Where to write which old pseudonym is which new one: keep it apart.", "--links"
        ),
    ] = None,
    replace: Replace = False,
    shared: Shared = False,
    as_json: AsJson = False,
) -> None:
    """Replace the references in a CSV file by keyed hashes, the same child alike in every file."""
    from impactbond.evidence import pseudonyms

    if (old_key is None) != (links is None):
        raise typer.BadParameter("goes with --links, and it with this", param_hint="--old-key")
    apart = [one for one in (key, old_key, links) if one is not None]
    # Whoever has key and pseudonyms in one folder has the children: told before anything is read.
    for one in apart:
        pseudonyms.assert_apart(one, [out, file])
    if new_key:
        pseudonyms.new_key(key)
    secret = pseudonyms.read_key(key)
    made = key if new_key else None
    refused = partial(EvidenceError, "The pseudonyms cannot be written.")
    how = Writing(replace=replace, shared=shared, inputs=[file, *apart])
    with after_writing(made):
        done = pseudonyms.pseudonymise(file, columns=column, key=secret, drop=drop or ())
        if old_key is not None and links is not None:
            old = pseudonyms.read_key(old_key)
            found = (one for name in column for one in pseudonyms.references_in(file, name))
            linked = pseudonyms.linked_bytes(pseudonyms.rotated(found, old, secret))
            write_file(links, linked, refused, replace=replace, inputs=[file, key, old_key])
    with after_writing(made, links):
        write_file(out, done.content, refused, **how)
    told = f"Wrote {out}: rows {done.rows}, children {done.children}, key {secret.mark}"
    data = {"written": out.name, "rows": done.rows, "children": done.children, "key": secret.mark}
    printed(as_json, lambda: data, lambda: told)


def forget(
    records: Annotated[
        list[Path], typer.Argument(help="All records that hold their claims.", show_default=False)
    ],
    participants: Annotated[
        Path,
        typer.Option("--participants", help="A text file with their references, one on a line."),
    ],
    out: Annotated[Path, out_option("The folder for the records that stand in their place.")],
    replace: Replace = False,
    shared: Shared = False,
    as_json: AsJson = False,
) -> None:
    """Put pseudonyms that nobody can resolve in place of participants, and prove the same money."""
    from impactbond.records.forget import forget as forgotten

    try:  # in a file: what is typed stays in the history of the shell
        lines = participants.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        fault = unopened(participants, error if isinstance(error, OSError) else OSError())
        raise RecordError("Nobody was forgotten.", [fault]) from None
    how = Writing(replace=replace, shared=shared, inputs=[participants])
    with working("Settling the records again"):
        done = forgotten(records, [one for one in lines if one.strip()], out, **how)
    printed(as_json, done.as_dict, lambda: done.text)
