# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a record of a host is in CloudWatch Logs: asked by its API, FilterLogEvents, until it is there or the time is over."""

import re
import time

from .._errors import AuditError

PAUSE = 5  # seconds between two questions; the API takes 5 a second
LONGEST_QUESTION = 60  # seconds for the pages of one question: a service that always names a next page must not hold the task
ID = re.compile(r"msg=audit\((\d+\.\d+:\d+)\)")


def check(text: str, timeout: float) -> None:
    """AuditError for what cannot be looked for."""
    if not re.match(r"[^\"\\\n]{6,200}\Z", text):
        raise AuditError("text = %s: give 6 to 200 characters of the record without quotes and backslashes, such as 1795410116.123:42" % (
            text,))
    if timeout < 0:
        raise AuditError("timeout = %s: give a number of seconds, 0 or more" % timeout)


def find(client, place: dict, text: str, timeout: float, *, clock=time) -> dict:
    """{record, stream, timestamp, ingestion_time} of the first event that has this text; times in epoch seconds. ``client``: of boto3 for
    logs; ``place``: {log_group, log_stream or None, since: epoch seconds}. AuditError where it does not come.
    """
    wanted = {"logGroupName": place["log_group"], "filterPattern": '"%s"' % text, "startTime": int(place["since"] * 1000)}
    if place["log_stream"]:
        wanted["logStreamNames"] = [place["log_stream"]]
    end, arguments = clock.time() + timeout, dict(wanted)
    asked = clock.time()
    while True:
        answer = client.filter_log_events(**arguments)
        for event in answer.get("events") or ():
            if text in event["message"]:
                return _account(event)
        if answer.get("nextToken") and clock.time() < asked + LONGEST_QUESTION:
            arguments["nextToken"] = answer["nextToken"]
            continue
        if clock.time() >= end:
            break
        arguments = dict(wanted)
        clock.sleep(min(PAUSE, max(0, end - clock.time())))
        asked = clock.time()
    where = place["log_group"] + (" (stream %s)" % place["log_stream"] if place["log_stream"] else "")
    raise AuditError("no event in %s has %s after %d seconds: the agent has not sent it, or sends to another place; look at its log and at "
                     "the findings shipping.cloudwatch of drift" % (where, text, timeout))


def _account(event):
    found = ID.search(event["message"])
    return {"record": found.group(1) if found else None, "stream": event.get("logStreamName"),
            "timestamp": event["timestamp"] / 1000.0, "ingestion_time": event.get("ingestionTime", event["timestamp"]) / 1000.0}
