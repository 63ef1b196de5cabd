"""Everything that is written: each file whole or not at all, over nothing that was not to be
replaced, for its owner's eyes; and the private folders that engines spill into.

While files are written, their folder is locked. The lock is the system's, on a file of our own, and
ends with the process, so that whatever a killed one left behind can be told from what is in use.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache, partial
from pathlib import Path
from secrets import token_hex
from shutil import rmtree
from tempfile import gettempdir, mkdtemp
from time import sleep
from typing import TypedDict, Unpack

from impactbond.errors import Fault, ImpactBondError

LOCK = ".impactbond.lock"
_TRIES = 20  # to get the lock, a tenth of a second apart
_PREFIX = "impactbond-"  # of the private folders
_NO_LINKS = getattr(os, "O_NOFOLLOW", 0)
_BYTES = getattr(os, "O_BINARY", 0)
# What the system says, in words that say what to do; its own differ by system and language.
_REASONS = {
    errno.ENOSPC: ("the disk is full", "Make room, or write to another disk"),
    errno.EDQUOT: ("your share of the disk is used up", "Make room, or write to another disk"),
    errno.EFBIG: ("the system takes no file of that size", "Write to another disk"),
    errno.EROFS: ("the disk may only be read", "Write to another folder"),
    errno.EACCES: (
        "the system does not let you write here",
        "Write to another folder, or close the file in other programs",
    ),
    errno.ENOENT: ("no such file or directory", "Name a file in a folder that exists"),
    errno.ENOTDIR: ("a file stands where a folder should be", "Name a folder, or a new one"),
    errno.EISDIR: ("a folder stands there", "Name a file"),
    errno.ENAMETOOLONG: ("the name is too long for the system", "Choose a shorter name"),
    errno.ELOOP: ("a link stands there", "Name the file itself"),
    errno.EINVAL: ("the system does not take such a name", "Choose another name"),
    errno.ENOLCK: (
        "the folder's disk cannot keep two processes apart",
        "Write to a folder of this machine, and copy from there",
    ),
}
_REASONS[errno.EPERM] = _REASONS[errno.EACCES]
_REASONS[errno.ENOTSUP] = _REASONS[errno.ENOLCK]


class Writing(TypedDict, total=False):
    """How files are written; every function that writes takes these by name.

    `replace`: a file of other content gives way to what is written. Without it, it is told and
    nothing is written; a file of the same content always may stand there.
    `shared`: others may read the files as far as the system lets them read new files; without it,
    files are for their owner alone (0600), and so are folders that have to be made (0700).
    `inputs`: files, or folders of files, that the same work reads; none is ever written over.
    """

    replace: bool
    shared: bool
    inputs: Sequence[str | os.PathLike[str]]


class _NotWrittenError(Exception):
    """Why nothing, or not everything, was written; the writer says of what kind of error it is."""

    def __init__(self, faults: list[Fault], wrote: bool = False) -> None:
        super().__init__()
        self.faults, self.wrote = faults, wrote


def write_files(
    folder: Path,
    files: Mapping[str, bytes],
    refused: Callable[[list[Fault]], ImpactBondError],
    *,
    last: Callable[[], Mapping[str, bytes]] | None = None,
    make_folders: bool = True,
    **how: Unpack[Writing],
) -> list[Path]:
    """Writes files into a folder, by name; none is put in place before all are on disk.

    `last` gives what is put in place after all others, over whatever stands there; it is asked when
    the folder is locked. Raises what `refused` makes of every fault, and then nothing was written,
    unless its `wrote` says so.
    """
    try:
        _write(folder, files, last, make_folders, how)
    except _NotWrittenError as error:
        told = refused(error.faults)
        told.wrote = error.wrote
        raise told from None
    return [folder / name for name in files]


def write_file(
    path: str | os.PathLike[str],
    content: bytes,
    refused: Callable[[list[Fault]], ImpactBondError],
    *,
    make_folders: bool = False,
    **how: Unpack[Writing],
) -> Path:
    """Writes one file, as `write_files` does, and gives its path."""
    target = Path(path)
    files = {target.name: content}
    return write_files(target.parent, files, refused, make_folders=make_folders, **how)[0]


def _write(
    folder: Path,
    files: Mapping[str, bytes],
    last: Callable[[], Mapping[str, bytes]] | None,
    make_folders: bool,
    how: Writing,
) -> None:
    made: list[Path] = []
    try:
        with _told(folder.name):
            if make_folders:
                _make(folder, 0o777 if how.get("shared") else 0o700, made)
            elif not folder.is_dir():
                reason = errno.ENOTDIR if folder.exists() else errno.ENOENT
                raise OSError(reason, "")
            held = _locked(folder)
        try:
            _clear(folder)
            _put(folder, files, last() if last else {}, how)
            made.clear()
        finally:
            _unlock(folder / LOCK, held)
    finally:
        for empty in reversed(made):
            with suppress(OSError):
                empty.rmdir()


def _put(folder: Path, files: Mapping[str, bytes], last: Mapping[str, bytes], how: Writing) -> None:
    """Puts files into a locked folder, those that stand there already left as they are."""
    wanted = [(name, content, how) for name, content in files.items()]
    wanted += [(name, content, Writing(replace=True)) for name, content in last.items()]
    new, faults = [], []
    # Everything that stands in the way is told before anything is written.
    for name, content, given in wanted:
        try:
            new += [] if _stands(folder / name, content, given) else [(name, content)]
        except _NotWrittenError as error:
            faults += error.faults
    if faults:
        raise _NotWrittenError(faults)
    waiting: dict[str, Path] = {}
    wrote = False
    try:
        for name, content in new:
            with _told(name):
                waiting[name] = _new_name(folder)
                _write_new(waiting[name], content, 0o666 if how.get("shared") else 0o600)
        # Whole under other names by now: renaming is all that can still fail between the first file
        # and the last.
        for name in list(waiting):
            with _told(name, wrote):
                waiting[name].replace(folder / name)
            del waiting[name]
            wrote = True
        with _told(folder.name, wrote):
            _keep_names(folder)
    finally:
        for left_over in waiting.values():
            with suppress(OSError):
                left_over.unlink()


def _stands(path: Path, content: bytes, how: Writing) -> bool:
    """Whether this very content stands there already; what may not be written over is refused."""
    found = _file_at(path)
    if found is None:
        return False
    if found.st_size == len(content) and _bytes_of(path) == content:
        return True
    if any(_is_of(path, Path(one)) for one in how.get("inputs", ())):
        hint = "Name another file or folder: what is read is never written over"
        raise _refusal(path, "is_input", "this is read by the same command", hint)
    if not how.get("replace"):
        problem = f"another file stands there, {_kind(path)} of {found.st_size:,} bytes"
        hint = "Name another, or say that it may be replaced: --replace, in Python replace=True"
        raise _refusal(path, "file_stands", problem, hint)
    if not found.st_mode & 0o222:
        hint = "Name another, or make it writable first if it may be replaced"
        raise _refusal(path, "read_only", "the file that stands there may only be read", hint)
    return False


def _file_at(path: Path) -> os.stat_result | None:
    """What the system says of the file that stands there; anything but a file is refused."""
    with _told(path.name):
        if path.name in ("", ".."):
            raise OSError(errno.EISDIR, "")
        try:
            found = path.lstat()
        except FileNotFoundError:
            return None
        for is_kind, reason in ((stat.S_ISLNK, errno.ELOOP), (stat.S_ISDIR, errno.EISDIR)):
            if is_kind(found.st_mode):
                raise OSError(reason, "")
    if not stat.S_ISREG(found.st_mode):
        raise _refusal(path, "not_a_file", "a device or a pipe stands there", "Name a file")
    return found


def _refusal(path: Path, code: str, problem: str, hint: str) -> _NotWrittenError:
    return _NotWrittenError([Fault(file=path.name, code=code, problem=problem, hint=hint)])


def _bytes_of(path: Path) -> bytes | None:
    """What a file holds; None where we may not know."""
    with suppress(OSError):
        return path.read_bytes()
    return None


def _kind(path: Path) -> str:
    is_zip = (_bytes_of(path) or b"").startswith(b"PK")
    return "a record or workbook" if is_zip else "a text or other file"


def _is_of(path: Path, given: Path) -> bool:
    """Whether a file is one that was given, or directly in a folder that was."""
    with suppress(OSError):
        return (path.parent if given.is_dir() else path).samefile(given)
    return False


def _make(folder: Path, mode: int, made: list[Path]) -> None:
    """Makes a folder and those above it, where they are missing."""
    if folder.is_dir():
        return
    try:
        folder.mkdir(mode)
    except FileNotFoundError:
        if folder.parent == folder:
            raise
        _make(folder.parent, mode, made)
        folder.mkdir(mode)
    except FileExistsError:
        if folder.is_dir():  # made by another process in between
            return
        raise OSError(errno.ENOTDIR, "") from None
    made.append(folder)


def _new_name(folder: Path) -> Path:
    """A name that nobody can foresee, by which a killed writing is known."""
    return folder / f".impactbond-{token_hex(8)}.part"


def _clear(locked: Path) -> None:
    """Takes away what a killed writing left: with the lock in hand, nobody is writing it."""
    for left_over in locked.glob(f".impactbond-{'[0-9a-f]' * 16}.part"):
        with suppress(OSError):
            left_over.unlink()


def _write_new(path: Path, content: bytes, mode: int) -> None:
    """Writes a file that was not there, through no link, and has it kept on disk."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINKS | _BYTES
    with open(os.open(path, flags, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _keep_names(folder: Path) -> None:
    """Has the names in a folder kept on disk too, where the system lets a folder be opened."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(place)
    finally:
        os.close(place)


@contextmanager
def _told(name: str, wrote: bool = False) -> Iterator[None]:
    """Tells what the system refuses in our words, without a path."""
    try:
        yield
    except (OSError, ValueError) as error:  # a name with a null or half a character is a ValueError
        more = ", and others are in place already; write them again" if wrote else ""
        raise _NotWrittenError([unwritten(name, error, more)], wrote) from None


def unwritten(name: str, error: OSError | ValueError, more: str = "") -> Fault:
    """What the system refuses, in our words, without a path."""
    number = (error.errno if isinstance(error, OSError) else errno.EINVAL) or 0
    untold = f"the system refuses it ({errno.errorcode.get(number, 'no reason told')})"
    why, hint = _REASONS.get(number, (untold, ""))
    shown = name if name.isprintable() else ""
    problem = f"cannot be written: {why}{more}"
    return Fault(file=shown, code="not_written", problem=problem, hint=hint)


def _locked(folder: Path) -> int:
    """The lock that keeps other processes from writing into a folder, within two seconds."""
    for _ in range(_TRIES):
        if (held := _lock(folder / LOCK)) is not None:
            return held
        sleep(0.1)
    problem = "another process is writing into this folder"
    hint = "Wait until it has finished, then look at what stands there"
    raise _refusal(folder, "folder_in_use", problem, hint)


def _lock(place: Path) -> int | None:
    """The handle of a file that is locked now; None where another process holds it."""
    handle = os.open(place, os.O_RDWR | os.O_CREAT | _NO_LINKS, 0o600)
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever held it may have taken the file away since it was opened here.
        if os.path.samestat(os.fstat(handle), place.lstat()):
            return handle
    except (BlockingIOError, FileNotFoundError):
        pass
    except OSError as error:
        if not (sys.platform == "win32" and error.errno == errno.EACCES):
            os.close(handle)
            raise
    os.close(handle)
    return None


def _unlock(place: Path, handle: int) -> None:
    """Takes the lock away, the file before the lock where the system lets an open file go."""
    with suppress(OSError):
        place.unlink()
    os.close(handle)
    if sys.platform == "win32":
        with suppress(OSError):
            place.unlink()


def private_folder() -> tuple[str, Callable[[], None]]:
    """A new folder that only its owner may look into, and what takes it away again.

    It is locked until then. The first that a process asks for takes away those of processes that
    were killed.
    """
    _clear_private()
    while True:
        folder = mkdtemp(prefix=_PREFIX)
        # Another process that is clearing may take it for left behind before it is locked.
        with suppress(FileNotFoundError):
            handle = _lock(Path(folder, LOCK))
            if handle is not None:
                return folder, partial(_put_away, folder, handle)


def _put_away(folder: str, handle: int) -> None:
    with suppress(OSError):
        os.close(handle)
    rmtree(folder, ignore_errors=True)


@cache
def _clear_private() -> None:
    """Takes away the private folders whose lock nobody holds. One without a lock is only being
    made, or is not ours.
    """
    with suppress(OSError), os.scandir(gettempdir()) as entries:
        for entry in entries:
            if not entry.name.startswith(_PREFIX):
                continue
            with suppress(OSError):
                place = Path(entry.path, LOCK)
                if (
                    entry.is_dir(follow_symlinks=False)
                    and (sys.platform == "win32" or entry.stat().st_uid == os.getuid())
                    and stat.S_ISREG(place.lstat().st_mode)
                    and (handle := _lock(place)) is not None
                ):
                    _put_away(entry.path, handle)
