# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Source files as one text: what a module is given to run on a host.

A module that imports a hundred files is carried as a hundred files: Ansible parses each of them in the worker of a host and compresses each
by itself (290 KB, 220 ms, measured), and a pipelined Python reads them byte by byte (0.33 ms a KB). Together and without documentation they
are half of it, and are put together once for a run.
"""

import base64
import hashlib
import json
import marshal
import os
import stat
import sys
import zlib
from importlib.machinery import ModuleSpec

from ._errors import AuditError

LEVEL = 5  # of zlib: 9 makes it 2 % smaller, and takes a run 30 ms longer (measured)
NAME = "auditops_auditd"  # what the packed modules are imported as


def pack(texts: "dict[str, str]") -> str:
    """{path of a file: text} as one text of ASCII; the same files give the same text."""
    return base64.b64encode(zlib.compress(json.dumps(texts, sort_keys=True).encode("ascii"), LEVEL)).decode("ascii")


def unpack(packed: str) -> "dict[str, str]":
    """What pack() was given; AuditError for anything else."""
    try:
        texts = json.loads(zlib.decompress(base64.b64decode(packed)).decode("ascii"))
    except (ValueError, zlib.error) as error:
        raise AuditError("the code for this host did not arrive whole: %s" % error)
    if not isinstance(texts, dict):
        raise AuditError("the code for this host is no set of files")
    return texts


def digest(packed: str) -> str:
    """sha256 of what pack() gave: the controller and a host have the same code where it is the same."""
    return hashlib.sha256(packed.encode("ascii", "replace")).hexdigest()


class Importer(object):
    """Imports the packages and modules below the package ``name`` from {path of a file: text}, PEP 451.

    ``compiled``: {path of a file: marshalled code} of the same texts, where somebody has compiled them before.
    """

    def __init__(self, name: str, texts: "dict[str, str]", compiled: "dict[str, bytes] | None" = None):
        self.name, self.texts, self.compiled = name, texts, compiled or {}

    def install(self) -> None:
        """From now on ``import NAME.x`` finds them."""
        sys.meta_path.insert(0, self)

    def find_spec(self, fullname, _path=None, _target=None):
        if fullname != self.name and not fullname.startswith(self.name + "."):
            return None
        path = self._path(fullname)
        is_package = path + ".py" not in self.texts
        if is_package and path and not any(name.startswith(path + "/") for name in self.texts):
            return None
        origin = "%s/%s.py" % (self.name, path)
        # no load_module: PEP 451 replaces it
        return ModuleSpec(fullname, self, origin=origin, is_package=is_package)  # type: ignore[arg-type]

    def create_module(self, _spec):
        return None  # a module like any other

    def exec_module(self, module):
        compiled = self.compiled.get(self._path(module.__name__) + ".py")
        code = marshal.loads(compiled) if compiled else _compile(self.get_source(module.__name__), module.__spec__.origin)
        exec(code, module.__dict__)  # noqa: S102  what every loader does; importlib.abc, which has it too, takes 6 ms to import

    def get_source(self, fullname):
        """For the lines of a traceback too."""
        return self.texts.get(self._path(fullname) + ".py", "")

    def _path(self, fullname):
        return fullname[len(self.name) + 1:].replace(".", "/")


def _compile(text, origin):
    return compile(text, origin, "exec", dont_inherit=True)


class Sent(object):
    """In the place of Installed where the code came by stdin: it has no place of its own, and what is compiled is not kept."""

    path = ""

    def __init__(self, packed: str):
        self.digest = digest(packed)

    def compiled_text(self) -> None:
        return None


class Installed(object):
    """A file with what pack() gave, on a host. Beside it lies its compiled code, as a .pyc does: it counts for these bytes and this Python
    only, where it belongs to root and nobody else can write it.

    ``path``: of the file. ``digest``: of what is in it now.
    """

    def __init__(self, path: str):
        self.path = path
        self._is_compiled = False
        self._cache = "%s.%s" % (path, sys.implementation.cache_tag)
        with open(path, encoding="ascii", errors="replace") as stream:
            self._packed = stream.read()
        self.digest = digest(self._packed)
        self._head = ("%s %x %s\n" % (sys.implementation.cache_tag, sys.hexversion, self.digest)).encode("ascii")

    def importer(self, name: str) -> Importer:
        """What imports its modules below the package ``name``."""
        compiled = self._compiled()
        self._is_compiled = compiled is not None
        if compiled is None:
            return Importer(name, unpack(self._packed))
        return Importer(name, dict.fromkeys(compiled, ""), compiled)

    def compiled_text(self) -> "tuple[str, bytes] | None":
        """(path, content) of the file of compiled code that is missing, None where it is there."""
        if self._is_compiled or self._compiled() is not None:
            return None
        compiled = {path: marshal.dumps(_compile(text, path)) for path, text in unpack(self._packed).items()}
        body = marshal.dumps(compiled)
        return self._cache, self._head + b"%08x" % zlib.crc32(body) + body

    def _compiled(self):
        try:
            descriptor = os.open(self._cache, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return None
        with open(descriptor, "rb") as stream:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_uid not in (0, os.geteuid()) or status.st_mode & 0o022:
                return None
            data = stream.read()
        # Against a file that was written in part; whoever could forge it is root, and the digest of the source is the head's.
        start = len(self._head) + 8
        body = memoryview(data)[start:]
        whole = data.startswith(self._head) and data[start - 8:start] == b"%08x" % zlib.crc32(body)
        return marshal.loads(body) if whole else None
