# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark library on one host: what resolve() has to know, read from the host, live or offline."""

import os

from .._host import os_release
from .._rules import localise as _localise
from . import privileged as _privileged
from . import resolve as _library
from . import words
from .forms import COMMAND_CONTROL
from .left_out import left_out
from .product import FAMILIES, nearest, taken_as
from .product import product as product_of
from .request import System


def resolve(host, library: dict, choice, *, audit_release: "str | None" = None, arch: "str | None" = None, search=None) -> dict:
    """C(resolve.resolve) with what this host answers, and ``verbatim`` {name: text}: the audit package's sample files.

    Checkers compare those byte for byte: they are written without the mark that the other files carry.

    ``arch`` (uname -m) and ``audit_release`` default to the host's own. An offline tree that has no program to tell its architecture by
    is taken as of this machine's. ``search``: Host -> C(privileged.Found), how privileged programs are found where a control wants them;
    default is one walk over the local filesystems.
    """
    fields = os_release.fields(host) or {}
    product = product_of(fields)
    words.of_the_family(library, words.choose(library, choice.profiles, product), product)
    notes, programs = [], ()
    if _discovers(library, choice, product):
        programs, _complete, notes = (search or _privileged.discover)(host)
    has_user = _localise.options(host).get("users") or _this_host_has
    system = System(
        product, arch or (os.uname().machine if host.is_live else _localise.machine_of(host)) or os.uname().machine,
        audit_release=audit_release, uid_min=_localise.uid_min(host), programs=programs, has_user=lambda name: has_user(name) is not None)
    result = _library.resolve(library, choice, system)
    result["verbatim"] = _library.sample_texts(host, result)
    derived = _taken_as(library, fields, product)
    result["notes"] = derived + notes + result["notes"]
    if fields.get("ID") not in FAMILIES:  # a rebuild is what it was built from; what is only like it can differ
        result["foreign"] = derived + result["foreign"]
    return result


def _taken_as(library, fields, product):
    """The sentence on a derivative, in a list; an empty one for a system that a product of the library was named after."""
    near = nearest(library["products"], product)
    sentence = taken_as(fields, library["products"][near]["title"] if near else None)
    return [sentence] if sentence else []


def _discovers(library, choice, product):
    """Whether a control that is wanted here names the privileged programs of the host."""
    names = words.choose(library, choice.profiles, product)
    asked = words.asked(library, names)
    if choice.privileged != "discover" or COMMAND_CONTROL not in asked:
        return False
    return left_out(library, names, asked, choice).whole(COMMAND_CONTROL, asked[COMMAND_CONTROL]) is None


def _this_host_has(name):
    import pwd
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        return None
