# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One look at a host: what readers are given, and what they leave for the comparison."""

from .._errors import NotThere
from .._rules.compiled import RulesD


class Parsed(object):
    """What the document holds as text, kept parsed for the comparison, and what the policy comes to on this host.

    The comparison has this and the document; it never reads the host.
    """

    def __init__(self):
        self.absent = set()  # facts that could not be read because there is nothing: that was seen
        self.product = None  # _library.product: which benchmarks are written for this host
        self.conf_irregular = False  # a directory, a pipe or a device stands in the place of auditd.conf
        self.conf = None  # _conf.text.Conf of auditd.conf
        self.environment = None  # _conf.environment.Environment; readers alone ask it
        self.thresholds = {}  # {key: MB as text} of those that the policy wants to be computed
        self.report_values = {}  # what auditd's state report has to say if auditd.conf is in force
        self.settled = None  # _library.settled.Settled: what the policy and the benchmarks make of auditd.conf here
        self.benchmarks = []  # names of the benchmarks that the policy chose
        self.exceptions = None  # _library.exceptions.Exceptions of the policy
        self.conf_refused = None  # why auditd would refuse the policy's settings here: a sentence or [sentence]
        self.call_refused = None  # why auditd is not to call audit-resume here, although the policy asks for it: a sentence
        self.files = RulesD()  # path in rules.d -> text
        self.disk = self.compiled = None  # _rules.compiled.Compiled
        self.restorable = {}  # as _rules.quarantine.restorable, where the policy moves those files back
        self.previous = None  # _rules.compiled.Compiled of a handwritten audit.rules that was replaced
        self.loaded = None  # [_rules.rule.Rule]
        self.links = []  # as _rules.localise.links_at_the_top gives them
        self.package_modes = {}  # {path: what the package manager says of a mode that a benchmark made stricter}
        self.chosen = None  # _live.benchmark.Chosen: the profiles of the policy on this host
        self.profiles_refused = None  # why the profiles cannot be had here
        self.staged = None  # _rules.staging.Staged: what rules.d is to be; None where it is that already
        self.rules_refused = None  # why the policy's rules cannot be loaded here: a sentence or [sentence]
        self.shipping_left = {}  # {what ships: [path]} of what was set up here and the policy no longer names
        self.shipping_refused = None  # why the policy for shipping cannot be had here: a sentence
        self.shipping_archives = None  # _live.shipping_archives: how archives are shipped, as it lies there
        self.shipping_cloudwatch = None  # _live.shipping_cloudwatch: what the agent of CloudWatch collects, and how far it is
        self.checker = None  # _live.checker: the files of audit-check as they lie there
        self.rotation = None  # _live.schedule: the files of the rotation as they lie there


class Reading(object):
    """One look: ``host``, the ``release`` that the caller names (None: the host's own), the policy ``wanted`` ({} for none), ``parsed``,
    and the document ``live``, in which each reader finds what those before it have found.
    """

    def __init__(self, host, release, wanted, parsed):
        self.host, self.release, self.wanted, self.parsed = host, release, wanted, parsed
        self.live = {"root": host.root, "unavailable": {}}
        self.digests = {}  # {path: what C(schedule.digest_of) found}; two layers ask for the packed code, 250 KB

    def missing(self, name, reason):
        """Note that a part could not be read, and why. A C(_errors.NotThere) says that there is nothing to read, which is seen as well."""
        self.live["unavailable"][name] = str(reason)
        if isinstance(reason, NotThere):
            self.parsed.absent.add(name)

    @property
    def settings(self):
        """{key: value} that auditd would run with, {} where auditd.conf could not be read."""
        return (self.live["auditd_conf"] or {}).get("effective") or {}
