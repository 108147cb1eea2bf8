# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Source files as one text: what a module is given to run on a host.

A module that imports a hundred files is carried as a hundred files: Ansible parses each of them in the worker of a host and compresses each
by itself (290 KB, 220 ms, measured), and a pipelined Python reads them byte by byte (0.33 ms a KB). Together and without documentation they
are half of it, and are put together once for a run.
"""

import binascii
import marshal
import os
import stat
import sys
import zlib

from ._errors import AuditError
from ._hashes import sha256
from ._json_text import dumps, loads

LEVEL = 5  # of zlib: 9 makes it 2 % smaller, and takes a run 30 ms longer (measured)
NAME = "auditops_auditd"  # what the packed modules are imported as
PATTERNS = "_patterns"  # the module that stands for re
ModuleSpec, ModuleType = type(sys.__spec__), type(sys)  # importlib.machinery and types take a comparison 1 ms (measured)


def pack(texts: "dict[str, str]") -> str:
    """{path of a file: text} as one text of ASCII; the same files give the same text."""
    return binascii.b2a_base64(zlib.compress(dumps(texts, sort_keys=True).encode("ascii"), LEVEL), newline=False).decode("ascii")


def unpack(packed: str) -> "dict[str, str]":
    """What pack() was given; AuditError for anything else."""
    try:
        texts = loads(zlib.decompress(binascii.a2b_base64(packed)).decode("ascii"))
    except (ValueError, zlib.error) as error:
        raise AuditError("the code for this host did not arrive whole: %s" % error)
    if not isinstance(texts, dict):
        raise AuditError("the code for this host is no set of files")
    return texts


def digest(packed: str) -> str:
    """sha256 of what pack() gave: the controller and a host have the same code where it is the same."""
    return sha256(packed.encode("ascii", "replace")).hexdigest()


class Importer(object):
    """Imports the packages and modules below the package ``name`` from {path of a file: text}, PEP 451.

    ``compiled``: {path of a file: marshalled code} of the same texts, where somebody has compiled them before.
    ``ready``: the names of the modules that it has imported, those first that others import.
    """

    def __init__(self, name: str, texts: "dict[str, str]", compiled: "dict[str, bytes] | None" = None):
        self.name, self.texts, self.compiled = name, texts, compiled or {}
        self.ready: "list[str]" = []

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
        return self._spec(fullname, is_package)

    def create_module(self, _spec):
        return None  # a module like any other

    def exec_module(self, module):
        compiled = self.compiled.get(self._path(module.__name__) + ".py")
        text = self.get_source(module.__name__)
        if compiled or text:
            code = marshal.loads(compiled) if compiled else _compile(text, module.__spec__.origin)
            exec(code, module.__dict__)  # noqa: S102  what every loader does; importlib.abc, which has it too, takes 6 ms to import
        self.ready.append(module.__name__)

    def start(self, modules: "list") -> None:
        """Import these at once, [(name, code or None for a package)], those first that others import: one by one, a hundred and fifty
        take 8 ms longer (measured).
        """
        known = sys.modules
        for name, code in modules:
            if name in known:
                continue
            module = ModuleType(name)
            module.__spec__ = self._spec(name, code is None)
            module.__loader__ = self  # type: ignore[assignment]
            module.__package__ = name.rpartition(".")[0]
            if code is None:
                module.__package__, module.__path__ = name, []
            known[name] = module
            if code is not None:
                exec(code, module.__dict__)  # noqa: S102  as exec_module
            above, dot, last = name.rpartition(".")
            if dot:
                setattr(known[above], last, module)
            self.ready.append(name)

    def get_source(self, fullname):
        """For the lines of a traceback too."""
        return self.texts.get(self._path(fullname) + ".py", "")

    def _spec(self, fullname, is_package):
        origin = "%s/%s.py" % (self.name, self._path(fullname))
        # no load_module: PEP 451 replaces it
        return ModuleSpec(fullname, self, origin=origin, is_package=is_package)  # type: ignore[arg-type]

    def _path(self, fullname):
        return fullname[len(self.name) + 1:].replace(".", "/")


def _compile(text, origin):
    return compile(text, origin, "exec", dont_inherit=True)


class Sent(object):
    """In the place of Installed where the code came by stdin: it has no place of its own, and what is compiled is not kept."""

    path = ""

    def __init__(self, packed: str):
        self.digest = digest(packed)

    def compiled_text(self, _patterns=dict) -> None:
        return None


class Installed(object):
    """A file with what pack() gave, on a host. Beside it lies its compiled code, as a .pyc does: it counts for these bytes and this Python
    only, where it belongs to root and nobody else can write it.

    ``path``: of the file. ``digest``: of what is in it now.
    """

    def __init__(self, path: str):
        self.path = path
        self._importer: "Importer | None" = None
        self._is_compiled = False
        self._cache = "%s.%s" % (path, sys.implementation.cache_tag)
        with open(path, encoding="ascii", errors="replace") as stream:
            self._packed = stream.read()
        self.digest = digest(self._packed)
        self._head = ("%s %x %s\n" % (sys.implementation.cache_tag, sys.hexversion, self.digest)).encode("ascii")

    def start(self) -> None:
        """From now on its modules are imported below the package NAME; those that the run before needed are imported already."""
        compiled = self._compiled()
        self._is_compiled = compiled is not None
        together, others, patterns = compiled or ([], {}, {})
        paths = [name[len(NAME) + 1:].replace(".", "/") + ".py" for name, code in together if code is not None]
        texts = dict.fromkeys(paths + list(others), "") if compiled else unpack(self._packed)
        self._importer = Importer(NAME, texts, others)
        self._importer.install()
        if compiled:
            __import__("%s.%s" % (NAME, PATTERNS))
            sys.modules["%s.%s" % (NAME, PATTERNS)].kept.update(patterns)
            self._importer.start(together)

    def compiled_text(self, patterns=dict) -> "tuple[str, bytes] | None":
        """(path, content) of the file of compiled code that is missing, None where it is there.

        ``patterns``: a function without arguments that returns the patterns to keep beside the code, as C(_patterns.to_keep) does; by
        default none are kept.
        """
        if self._is_compiled or self._compiled() is not None:
            return None
        body = marshal.dumps(self._parts(patterns()))
        return self._cache, self._head + b"%08x" % zlib.crc32(body) + body

    def _parts(self, patterns):
        codes = {path: _compile(text, path) for path, text in unpack(self._packed).items()}
        needed = self._importer.ready if self._importer else []
        together = [(name, codes.pop(name[len(NAME) + 1:].replace(".", "/") + ".py", None))
                    for name in needed if name.rpartition(".")[2] != PATTERNS]
        return together, {path: marshal.dumps(code) for path, code in codes.items()}, patterns

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
