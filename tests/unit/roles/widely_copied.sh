#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
# The counter-example: it renames by mtime, compresses, prunes, as the script that articles of several distributions hand out does.
# Written anew from its described behaviour, for tests only. Usage: widely_copied.sh DIRECTORY KEEP
# Its carelessness is what it is kept for:
# shellcheck disable=SC2045,SC2012,SC2086,SC2046
for log in $(ls $1/audit.log.[0-9] 2>/dev/null); do
    name=$1/audit.log.$(ls -l --time-style=+%F_%T $log | cut -d ' ' -f 6)
    mv $log $name
    gzip $name </dev/null
done
rm $(find $1 -name 'audit.log.*.gz' | sort -n | head -n -$2)
exit 0
