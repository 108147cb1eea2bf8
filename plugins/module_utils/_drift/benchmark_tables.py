# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of C(tables.ITEMS) about benchmarks: what they demand, and what is left out of them on purpose."""

WRITTEN_OTHERWISE = (
    "All that a benchmark demands with these lines is recorded, by rules that are written otherwise; a scanner may want the lines.")

ITEMS = {
    "disk.auditd_conf.contradiction.": (
        "info", "", "Two of the chosen benchmarks contradict each other here: no value of this key satisfies both. Where no policy "
        "decides, the first of audit_rules_profiles does.",
        "leave one of them out, or record an exception from one of the two controls: role audit_rules: audit_exceptions",
    ),
    "disk.auditd_conf.expected.": (
        "info", "", "A benchmark that was chosen for the rules asks for this value in auditd.conf, and the policy does not name the key.",
        "role auditd: auditd_conf",
    ),
    "disk.auditd_conf.spelling.": (
        "low", "", "auditd runs with what the benchmark demands; its checkers read the file, and look for this spelling.", "role auditd",
    ),
    "disk.auditd_conf.untaken.": (
        "info", "", "A benchmark demands this, and this host cannot take it.",
        "give the host what is missing, or an entry of audit_exceptions (role audit_rules)",
    ),
    "disk.controls.": (
        "low", "", "The benchmark is chosen, these of its controls fail, and nothing else here says so.",
        "have what they demand (-e 2: audit_rules_immutable: true; mount options of the log: /etc/fstab), or record an exception: role "
        "audit_rules: audit_exceptions",
    ),
    "disk.exceptions.expired.": (
        "low", "", "An exception has expired, and what it left out of the benchmark is demanded again.",
        "role audit_rules: audit_exceptions (have it approved again, or take it out)",
    ),
    "disk.exceptions.expiring.": (
        "info", "", "An exception expires within 30 days; what it leaves out of the benchmark is demanded again then.",
        "role audit_rules: audit_exceptions",
    ),
    "disk.rules_d.profiles": (
        "info", "",
        "The rules of a benchmark for another system are loaded, as far as they fit this one; no auditor has agreed to that yet.",
        "role audit_rules: audit_rules_profiles",
    ),
    "disk.rules_d.written_otherwise": (
        "info", "", WRITTEN_OTHERWISE, "nothing to do, or role audit_rules: audit_rules_purge: quarantine",
    ),
    "compiled.audit_rules.written_otherwise": (
        "info", "", WRITTEN_OTHERWISE, "nothing to do, or role audit_rules: audit_rules_purge: quarantine",
    ),
    "kernel.rules.written_otherwise": (
        "info", "", WRITTEN_OTHERWISE, "nothing to do, or role audit_rules: audit_rules_purge: quarantine",
    ),
    "shipping.syslog_demanded": (
        "low", "syslog_plugin", "A benchmark that was chosen demands that auditd passes its records to syslog, which ships them off this "
        "host, and the plugin for it is not active.",
        "role audit_shipping: audit_shipping_to: [syslog]",
    ),
}
