# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls into a filesystem that may never answer: a stamp or a textfile can lie on a dead network mount."""

import os
import select
import signal

LONGEST = 10.0  # seconds


def call(function, *arguments):
    """The bytes that C(function(*arguments)) returns, computed by a child process. OSError where it raises one, or does not end in time.

    A child that hangs in the kernel is left behind: it holds nothing of ours, and no signal reaches it before its mount answers.
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        _child(reading, writing, function, arguments)
    os.close(writing)
    try:
        return _answer(reading, pid)
    finally:
        os.close(reading)


def _child(reading, writing, function, arguments):
    os.close(reading)
    for number in range(3, 64):
        if number != writing:
            try:
                os.close(number)  # the lock above all: a child left behind must not hold it
            except OSError:
                continue
    try:
        answer = b"=" + (function(*arguments) or b"")
    except OSError as error:
        answer = b"!%d %s" % (error.errno or 0, (error.strerror or str(error)).encode("utf-8", "replace"))
    except BaseException as error:
        answer = b"!0 %s" % str(error).encode("utf-8", "replace")
    os.write(writing, answer[:select.PIPE_BUF])
    os._exit(0)


def _answer(reading, pid):
    if not select.select([reading], [], [], LONGEST)[0]:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, os.WNOHANG)
        raise OSError(0, "it did not answer within %d seconds" % LONGEST)
    answer = os.read(reading, select.PIPE_BUF)
    os.waitpid(pid, 0)
    if not answer.startswith(b"="):
        number, _blank, text = answer[1:].partition(b" ")
        raise OSError(int(number or 0), text.decode("utf-8", "replace") or "it ended without an answer")
    return answer[1:]
