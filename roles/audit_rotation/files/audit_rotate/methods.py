# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compression methods: one way in, one way out, in blocks, so that memory does not grow with the log."""

import errno
import os

from ._host.files import write_all
from ._host.host import PROGRAM_DIRS
from ._rotation.conf import LEVELS
from .exits import Failure
from .store import CHUNK, NO_ROOM, blocks_of

# What audit text shrinks to at worst: real logs came to 3 to 6 %, made-up random ones to 11 %.
WORST_RATIO = 6


class Corrupt(Exception):
    """A compressed file ends early or is damaged; the message says which."""


def chosen(compress, root="/"):
    """The method that ``compress`` (a word of rotate.conf) means here; None for none. Failure where it is not to be had.

    For an offline tree both this machine, which writes, and the tree, which is to read, must have the program.
    """
    if compress == "none":
        return None
    if compress == "auto":
        has_zstd = program("zstd") and (root == "/" or program("zstd", root))
        return "zstd" if has_zstd else "xz" if _has("lzma") else "gzip"
    module = {"gzip": "zlib", "bzip2": "bz2", "xz": "lzma"}.get(compress)
    if module and not _has(module):
        raise Failure("compressor", "compress = %s: this Python (%s) was built without %s" % (compress, os.sys.executable, module))
    if compress == "zstd" and not program("zstd"):
        raise Failure("compressor", "compress = zstd: the program zstd is not installed; install it or set compress = auto")
    return compress


def program(name, root="/"):
    """The path of a program, None where it is not installed; PATH is not asked, since cron's differs."""
    for directory in PROGRAM_DIRS:
        path = os.path.join(root, directory.lstrip("/"), name)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return None


def compress(method, source, target, level="default", threads=1):
    """Write the whole of descriptor ``source`` compressed to descriptor ``target``. OSError ENOSPC where the disk is full."""
    if level == "default":
        level = LEVELS[method][2]
    os.lseek(source, 0, os.SEEK_SET)
    if method == "zstd":
        size = os.fstat(source).st_size
        workers = ["-T%d" % threads] if threads > 1 else ["--single-thread"]  # a third of the memory
        return _filter([program("zstd"), "-q", "-c", "-%d" % level, "--stream-size=%d" % size] + workers, source, target)
    if method == "gzip" and threads > 1 and program("pigz"):
        return _filter([program("pigz"), "-c", "-n", "-%d" % level, "-p", str(threads)], source, target)
    packer = COMPRESSORS[method](level)
    for block in blocks_of(source):
        write_all(target, packer.compress(block))
    write_all(target, packer.flush())
    return None


def decompressed(method, descriptor):
    """The original's blocks. Corrupt where the file is cut off or damaged; what was sound has been given before that."""
    if method is None:
        yield from blocks_of(descriptor)
    elif method == "zstd":
        yield from _zstd_blocks(descriptor)
    else:
        yield from _library_blocks(method, descriptor)


def _filter(argv, source, target):
    import subprocess
    process = subprocess.Popen(argv, stdin=source, stdout=target, stderr=subprocess.PIPE, env={"LC_ALL": "C"}, close_fds=True)
    errors = process.communicate()[1].decode("utf-8", "replace").strip()
    if process.returncode:
        for number in NO_ROOM:
            if os.strerror(number) in errors:
                raise OSError(number, os.strerror(number))
        raise Failure("compressor", "%s ended with %d: %s" % (argv[0], process.returncode, errors or "no message"))


def _zstd_blocks(descriptor):
    import subprocess
    path = program("zstd")
    if path is None:
        raise Failure("compressor", "a .zst archive cannot be read: the program zstd is not installed")
    os.lseek(descriptor, 0, os.SEEK_SET)
    process = subprocess.Popen(
        [path, "-q", "-d", "-c"], stdin=descriptor, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={"LC_ALL": "C"}, bufsize=0)
    finished = False
    try:
        _widen(process.stdout)
        while True:
            block = process.stdout.read(CHUNK)
            if not block:
                break
            yield block
        finished = True
    finally:
        process.stdout.close()
        errors = process.stderr.read().decode("utf-8", "replace").strip()
        process.stderr.close()
        code = process.wait()
        if finished and code:
            raise Corrupt(errors or "zstd ended with %d" % code)


def _widen(pipe):
    try:
        import fcntl
        fcntl.fcntl(pipe, 1031, 1 << 20)  # F_SETPIPE_SZ: fewer switches between the two processes
    except (OSError, ImportError):
        pass


def _library_blocks(method, descriptor):
    stream, complete = None, False
    try:
        for data in blocks_of(descriptor):
            while data:
                if stream is None:  # several streams one after the other are one file: pigz, pbzip2 and "cat a.gz b.gz" make such
                    data = data.lstrip(b"\0") if complete else data
                    stream = DECOMPRESSORS[method]() if data else None
                    continue
                yield from _drain(stream, data)
                complete = stream.eof
                data = stream.unused_data if complete else b""
                stream = None if complete else stream
    except _errors_of(method) as error:
        raise Corrupt(str(error))
    if not complete:
        raise Corrupt("the file ends early")


def _drain(stream, data):
    """What ``data`` gives, in blocks of bounded size."""
    while True:
        block = stream.decompress(data, CHUNK)
        if block:
            yield block
        if stream.eof:
            return
        if hasattr(stream, "needs_input"):  # bz2 and lzma keep what they were given
            data = b""
            if stream.needs_input:
                return
        else:  # zlib hands back what it did not take
            data = stream.unconsumed_tail
            if not data and len(block) < CHUNK:
                return


def _gzip_compressor(level):
    import zlib
    return zlib.compressobj(level, zlib.DEFLATED, 31)  # 31: a gzip header, without name and time


def _bzip2_compressor(level):
    import bz2
    return bz2.BZ2Compressor(level)


def _xz_compressor(level):
    import lzma
    # pb = 0: text has no alignment. Level 0 takes a window of 64 KB: measured on audit text it is smaller (2.99 % instead of 3.10) and
    # a tenth faster than with the level's own 256, and it needs less memory on either side.
    options = {"id": lzma.FILTER_LZMA2, "preset": level, "pb": 0}
    if level == 0:
        options["dict_size"] = 1 << 16
    return lzma.LZMACompressor(check=lzma.CHECK_CRC32, filters=[options])


def _gzip_decompressor():
    import zlib
    return zlib.decompressobj(31)


def _bzip2_decompressor():
    import bz2
    return bz2.BZ2Decompressor()


def _xz_decompressor():
    import lzma
    return lzma.LZMADecompressor()


COMPRESSORS = {"gzip": _gzip_compressor, "bzip2": _bzip2_compressor, "xz": _xz_compressor}
DECOMPRESSORS = {"gzip": _gzip_decompressor, "bzip2": _bzip2_decompressor, "xz": _xz_decompressor}


def _errors_of(method):
    if method == "gzip":
        import zlib
        return (zlib.error,)
    if method == "xz":
        import lzma
        return (lzma.LZMAError, EOFError)
    return (OSError, EOFError, ValueError)  # OSError is bz2's word for damaged data


def _has(module):
    try:
        __import__(module)
    except ImportError:
        return False
    return True


def is_no_room(error):
    """True where an OSError says that the disk, or the quota, is full."""
    return isinstance(error, OSError) and error.errno in NO_ROOM + (errno.EFBIG,)
