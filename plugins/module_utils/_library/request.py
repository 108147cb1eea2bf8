# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of the benchmark library: the choice that a policy makes, and the system that it is made for."""

PRIVILEGED = ("discover", "list", "off")


class Choice(object):
    """What a policy takes from the library.

    ``profiles``: benchmark names, or auto. ``skip``: words for what is left out, as audit_rules_skip takes them. ``filters``: names of
    noise filters. ``exceptions``: the register, C(exceptions.Exceptions) or None. ``privileged``: discover takes the programs of the
    system, list the library's own, off none. ``failure_policy`` (a word of C(_policy.FAILURE_POLICIES) or None), ``rotation_wanted`` and
    ``immutable`` (None: the rules files decide) decide what is waived.
    """

    def __init__(
            self, profiles: "list[str]", *, skip: "list[str] | tuple" = (), filters: "list[str] | tuple" = (), privileged: str = "discover",
            exceptions=None, failure_policy: "str | None" = None, rotation_wanted: bool = False, immutable: "bool | None" = None) -> None:
        self.profiles, self.skip, self.filters = list(profiles), list(skip), list(filters)
        self.privileged, self.exceptions = privileged, exceptions
        self.failure_policy, self.rotation_wanted, self.immutable = failure_policy, rotation_wanted, immutable


class System(object):
    """A host as far as the library's lines depend on it.

    ``product``: as C(product.product) gives it. ``arch``: uname -m. ``audit_release``: of auditctl, None takes what the product ships.
    ``uid_min``: the first uid of people, login.defs(5). ``programs``: paths of privileged programs (C(privileged.discover)).
    ``has_user``: name -> bool, for filters that name a user; None takes every user as present.
    """

    def __init__(
            self, product: "str | None" = None, arch: str = "x86_64", *, audit_release: "str | None" = None, uid_min: int = 1000,
            programs: "list[str] | tuple" = (), has_user=None) -> None:
        self.product, self.arch, self.audit_release = product, arch, audit_release
        self.uid_min, self.programs, self.has_user = uid_min, programs, has_user
