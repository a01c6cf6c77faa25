"""Keeping an index true to the files of its root: which have to be read, and what is put.

A file whose size and time are those that the index knows is not read; one whose bytes are the same
is not parsed. Rows are put some hundred files at a time, so that a build that is killed goes on
where it was. A scan is a generator that gives way after each file: single changed files can be done
in between.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from functools import partial

from aicopilot_lsp.context.index.content import text_of
from aicopilot_lsp.context.index.ignore import (
    GIT_EXCLUDE,
    IGNORE_FILES,
    IgnoreRules,
    read_rules,
)
from aicopilot_lsp.context.index.journal import Journal
from aicopilot_lsp.context.index.making import Making, noted
from aicopilot_lsp.context.index.opening import Content, Root, Stamp
from aicopilot_lsp.context.index.parsing import MakeRow, SourceText
from aicopilot_lsp.context.index.refusal import Refusal
from aicopilot_lsp.context.index.targets import Targets
from aicopilot_lsp.context.index.types import Changes, Limits, Pool, Progress, Writer
from aicopilot_lsp.context.index.walk import Found, Walked, by_use, refusal, walk
from aicopilot_lsp.store.index.types import FileRow
from aicopilot_lsp.store.index.types import Known as Indexed

# What is lost by a kill, against what a transaction costs (some ms).
BATCH_FILES = 200
_BATCH_BYTES = 4 << 20
# The state of the index that holds what the journal has against files.
SUSPECTS = "suspects"
LAST_SCAN = "last-scan"


class Builder:
    """One root's index. Not for two threads at once; what it raises is StoreError, or OSError where
    the root itself can't be read or no process starts that parses.

    Attributes
    ----------
    folders : set of str
        Those that the last scan looked into, for who watches them.
    left_out : Counter
        What the last scan did not take, by reason.

    Parameters
    ----------
    make_row, begin_pool
        See Making.
    """

    def __init__(
        self,
        root: Root,
        writer: Writer,
        make_row: MakeRow,
        journal: Journal,
        *,
        limits: Limits,
        exclude: Sequence[tuple[str, ...]] = (),
        stopped: Callable[[], bool] = lambda: False,
        begin_pool: Callable[[], Pool] | None = None,
    ) -> None:
        self._root = root
        self._writer = writer
        self._making = Making(make_row, journal, begin_pool)
        self._journal = journal
        self._limits = limits
        self._exclude = tuple(exclude)
        self._stopped = stopped
        self._indexed = dict(writer.known())
        self._targets = Targets(root, self._indexed)
        self._rules = self._fresh_rules()
        self._batch: list[FileRow] = []
        self._batch_bytes = 0
        self.folders: set[str] = set()
        self.left_out: Counter[Refusal] = Counter()

    @property
    def files(self) -> int:
        """How many files the index holds, those with nothing but a note included."""
        return len(self._indexed)

    def scan(self) -> Generator[Progress, None, None]:
        """Look at all files; yields after each that is new by its size and time, and once before.
        Left before its end, the next scan goes on where it was."""
        self._root.reopen()
        self._rules = self._fresh_rules()
        walked = walk(
            self._root,
            self._rules,
            max_bytes=self._limits.max_file_bytes,
            max_files=self._limits.max_files,
            stopped=self._stopped,
        )
        if self._stopped():
            return
        self._adopt(walked)
        waiting = [found for found in walked.files if self._is_new(found)]
        waiting = by_use(waiting, now_ns=time.time_ns())
        waiting.sort(key=lambda found: self._journal.is_suspect(found.path))
        total, changed = len(waiting), 0
        self._making.begin(total)
        try:
            yield Progress(done=0, total=total)
            for done, found in enumerate(waiting, 1):
                changed += self._look(found.path)
                yield Progress(done=done, total=total, changed=changed)
            self.flush()
        finally:
            self._making.end()
        if self._targets.are_stale:
            self._writer.set_targets(self._targets.settle(self._writer.loose_imports()))

    def change(self, paths: Iterable[str]) -> Changes:
        """Look at single files and folders, which may have come, changed or gone."""
        self.flush()  # older contents of the same files may wait there
        changed = removed = 0
        folders: list[str] = []
        for told in paths:
            path = self._root.relative(told)
            if path is None:
                continue
            if path.rpartition("/")[2] in IGNORE_FILES or path == GIT_EXCLUDE:
                self.flush()
                return Changes(changed=changed, removed=removed, stale=True)
            if self._root.is_folder(path):
                if path in self.folders:
                    continue  # something in it has changed, which is told by itself
                found = self._enter(path)
                folders.extend(found.folders)
                changed += sum(self._look(one.path) for one in found.files)
            elif refusal(self._root, self._rules, path) is None:
                changed += self._look(path)
            else:
                removed += self._forget_below(path)
        self.flush()
        return Changes(changed=changed, removed=removed, folders=tuple(folders))

    def remember(self, key: str, value: str) -> None:
        """Keep something beside the rows, for who asks how the index is."""
        self._writer.set_state(key, value)

    @property
    def has_stale_imports(self) -> bool:
        """Files have come or gone: the next scan looks what imports mean by now."""
        return self._targets.are_stale

    def flush(self) -> None:
        """Put what waits, to be parsed too."""
        self._add(self._making.settled())
        self._put_batch()

    def _put_batch(self) -> None:
        self._journal.rest()
        if not self._batch:
            return
        batch, self._batch, self._batch_bytes = self._batch, [], 0
        self._writer.put(batch)
        for row in batch:
            self._indexed[row.path] = Indexed(
                digest=row.digest, size_bytes=row.size_bytes, modified_ns=row.modified_ns
            )
            if self._journal.is_suspect(row.path):
                self._journal.clear(row.path)
                self._writer.set_state(SUSPECTS, self._journal.state)

    def _fresh_rules(self) -> IgnoreRules:
        read = partial(read_rules, self._root)
        return IgnoreRules(read, root=self._root.path, exclude=self._exclude)

    def _adopt(self, walked: Walked) -> None:
        """Make what a walk has found all that there is."""
        self.folders = set(walked.folders)
        self.left_out = walked.left_out
        there = {found.path for found in walked.files}
        gone = [path for path in self._indexed if path not in there]
        if gone:
            self._writer.remove(gone)
        for path in gone:
            del self._indexed[path]
        self._targets.adopt(there)

    def _enter(self, folder: str) -> Walked:
        """A folder that came, or was told of: what it holds is taken, what it held is forgotten."""
        if self._rules.refusal(f"{folder}/x") is not None:
            self._forget_below(folder)
            return Walked()
        found = walk(
            self._root,
            self._rules,
            top=folder,
            max_bytes=self._limits.max_file_bytes,
            max_files=max(self._limits.max_files - len(self._indexed), 0),
        )
        self.folders.update(found.folders)
        there = {one.path for one in found.files}
        prefix = f"{folder}/"
        self._forget(
            [path for path in self._indexed if path.startswith(prefix) and path not in there]
        )
        return found

    def _forget_below(self, path: str) -> int:
        """A file or folder that is gone, or that is not to be read any more."""
        gone = [path] if path in self._indexed else []
        if path in self.folders:
            prefix = f"{path}/"
            self.folders -= {one for one in self.folders if f"{one}/".startswith(prefix)}
            gone += [one for one in self._indexed if one.startswith(prefix)]
        self._forget(gone)
        return len(gone)

    def _forget(self, paths: Collection[str]) -> None:
        if not paths:
            return
        self._writer.remove(paths)
        for path in paths:
            del self._indexed[path]
            self._targets.remove(path)

    def _is_new(self, found: Found) -> bool:
        indexed = self._indexed.get(found.path)
        return indexed is None or found.stamp != Stamp(indexed.size_bytes, indexed.modified_ns)

    def _look(self, path: str) -> bool:
        """Read one file; whether it has changed."""
        content = self._root.read(path, self._limits.max_file_bytes)
        if isinstance(content, Refusal):
            self.left_out[content] += 1
            self._forget([path] if path in self._indexed else [])
            return False
        digest = hashlib.blake2b(content.data, digest_size=16).digest()
        indexed = self._indexed.get(path)
        if indexed is not None and indexed.digest == digest:
            self._touch(path, digest, content.stamp)
            return False
        if indexed is None and self._is_at_limit():
            self.left_out[Refusal.TOO_MANY] += 1
            return False
        self._targets.add(path)
        self._take(path, content, digest)
        return True

    def _is_at_limit(self) -> bool:
        waiting = len(self._batch) + self._making.pending
        return len(self._indexed) + waiting >= self._limits.max_files

    def _touch(self, path: str, digest: bytes, stamp: Stamp) -> None:
        size_bytes, modified_ns = stamp.size_bytes, stamp.modified_ns
        known = Indexed(digest=digest, size_bytes=size_bytes, modified_ns=modified_ns)
        if self._indexed[path] != known:
            self._writer.touch(path, size_bytes=size_bytes, modified_ns=modified_ns)
            self._indexed[path] = known

    def _add(self, rows: Iterable[FileRow]) -> None:
        for row in rows:
            self._batch.append(self._targets.resolved(row))
            self._batch_bytes += len(row.text)
            if len(self._batch) >= BATCH_FILES or self._batch_bytes >= _BATCH_BYTES:
                self._put_batch()

    def _take(self, path: str, content: Content, digest: bytes) -> None:
        """Have a file's row made and put, now or when it has been parsed elsewhere."""
        text = text_of(content.data)
        source = SourceText(
            path=path,
            text="" if isinstance(text, Refusal) else text,
            digest=digest,
            stamp=content.stamp,
        )
        if isinstance(text, Refusal):
            self._add([noted(source, text)])
            return
        if self._journal.is_suspect(path):
            self.flush()  # what waits must not be lost with it
        self._add(self._making.rows(source))
