"""A medium that loses its power: what of the module `os` a storage uses, with the promises of POSIX and no more.

Until a file is synchronised, any of its octets written since may be on the medium or not, in pieces and in any order;
until a folder is, any of its changes of names may be there or not, in any order of different names. After the cut every
call raises `PowerCut`; `after_the_cut` then draws one of the media that the computer may find.
"""

import os
import stat

SECTOR = 512  # octets that reach the medium whole


class PowerCut(BaseException):
    """There is no computer any more."""


class File:
    def __init__(self):
        self.now = bytearray()  # as programs see it
        self.safe = b""  # as it was at the last fsync


class CutMedium:
    """One folder. The power goes before call number `cut_at` of all that change something (None: never)."""

    def __init__(self, cut_at=None):
        self.cut_at = cut_at
        self.calls = 0
        self.names = {}  # name -> File, as programs see it
        self.safe_names = {}  # as the folder was at its last fsync
        self.changes = []  # since then: (name, File or None)
        self._open = {}
        self._next = 3

    # ------------------------------------------------------------ what DirectoryStorage calls

    def makedirs(self, path, exist_ok):
        assert exist_ok

    def open(self, path, flags, mode=0):
        name = path.rsplit("/", 1)[-1]
        if "." not in name or name == "..":
            return self._descriptor((None, 0))
        if flags & os.O_CREAT:
            self._change()
            if flags & os.O_EXCL and name in self.names:
                raise FileExistsError(17, "File exists")
            if name not in self.names:
                self.names[name] = File()
                self.changes.append((name, self.names[name]))
            if flags & os.O_TRUNC:
                self.names[name].now = bytearray()
        if name not in self.names:
            raise FileNotFoundError(2, "No such file or directory")
        return self._descriptor((self.names[name], 0))

    def write(self, descriptor, octets):
        self._change()
        file, at = self._open[descriptor]
        taken = bytes(octets[: 3 * SECTOR])  # short writes are allowed
        file.now[at : at + len(taken)] = taken
        self._open[descriptor] = (file, at + len(taken))
        return len(taken)

    def read(self, descriptor, size):
        file, at = self._open[descriptor]
        self._open[descriptor] = (file, at + size)
        return bytes(file.now[at : at + size])

    def fsync(self, descriptor):
        self._change()
        file, _ = self._open[descriptor]
        if file is None:
            self.safe_names, self.changes = dict(self.names), []
        else:
            file.safe = bytes(file.now)

    def replace(self, source, target):
        self._change()
        source, target = source.rsplit("/", 1)[-1], target.rsplit("/", 1)[-1]
        self.names[target] = self.names.pop(source)
        self.changes += [(target, self.names[target]), (source, None)]

    def fstat(self, descriptor):
        file, _ = self._open[descriptor]
        return os.stat_result((stat.S_IFREG, 0, 0, 1, 0, 0, len(file.now), 0, 0, 0))

    def unlink(self, path):
        self._change()
        name = path.rsplit("/", 1)[-1]
        del self.names[name]
        self.changes.append((name, None))

    def close(self, descriptor):
        del self._open[descriptor]

    # ------------------------------------------------------------ the cut

    def after_the_cut(self, choose):
        """The medium as it may be found: `choose(n)` returns a number below n for each thing left open."""
        names = dict(self.safe_names)
        for name, file in self.changes:
            if choose(2):  # this change reached the medium; of one name only ever the later after the earlier
                names[name] = file
        found = CutMedium()
        contents = {}
        for name, file in names.items():
            if file is None:
                continue
            if id(file) not in contents:
                contents[id(file)] = self._content(file, choose)
            found.names[name] = File()
            found.names[name].now = bytearray(contents[id(file)])
            found.names[name].safe = contents[id(file)]
        found.safe_names = dict(found.names)
        return found

    def _content(self, file, choose):
        """Each sector is as it was safe, or as it was written; the length is one of the two, or between."""
        if bytes(file.now) == file.safe:
            return file.safe
        lengths = sorted({len(file.safe), len(file.now), len(file.now) // 2})
        length = lengths[choose(len(lengths))]
        out = bytearray()
        for at in range(0, length, SECTOR):
            safe, new = file.safe[at : at + SECTOR], bytes(file.now[at : at + SECTOR])
            out += (new if choose(2) else safe).ljust(min(SECTOR, length - at), b"\0")[: length - at]
        return bytes(out)

    def _change(self):
        if self.cut_at is not None and self.calls >= self.cut_at:
            raise PowerCut
        self.calls += 1

    def _descriptor(self, what):
        self._next += 1
        self._open[self._next] = what
        return self._next
