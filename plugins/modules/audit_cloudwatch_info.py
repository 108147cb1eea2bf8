#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: audit_cloudwatch_info
short_description: See that a record of a host is in CloudWatch Logs
version_added: 1.0.0
description:
  - Asks CloudWatch Logs (C(FilterLogEvents)) for an event that has a text, again and again until it is there. Fails where it does not come
    within O(timeout), because then the record has not left the host, or has gone to another place.
  - Runs where boto3 is, usually on the controller by C(delegate_to=localhost). The credentials need C(logs:FilterLogEvents) on the group.
extends_documentation_fragment:
  - auditops.auditd.attributes.reads
requirements:
  - boto3
options:
  log_group:
    description:
      - The log group.
    type: str
    required: true
  log_stream:
    description:
      - The log stream. Not set means any of the group.
    type: str
  text:
    description:
      - What the event has in it, 6 to 200 characters. For example V(1795410116.123:42), the time and number of a record.
    type: str
    required: true
  hours:
    description:
      - How many hours back events are looked for.
    type: float
    default: 24
  timeout:
    description:
      - How many seconds to wait for the event. V(0) asks once.
    type: float
    default: 60
  region:
    description:
      - The region. Not set means what boto3 finds by itself.
    type: str
  profile:
    description:
      - The profile of the shared credentials file. Not set means what boto3 finds by itself.
    type: str
  endpoint_url:
    description:
      - The address of another service that has the API of CloudWatch Logs. Not set means AWS.
    type: str
seealso:
  - module: auditops.auditd.audit_shipping
author:
  - The auditops.auditd authors (@auditops)
"""

EXAMPLES = r"""
- name: Write a record to look for
  ansible.builtin.command:
    argv: [auditctl, -m, op=read-back id=7f3a9c21]
  become: true
  changed_when: true

- name: See that it is in CloudWatch Logs
  auditops.auditd.audit_cloudwatch_info:
    log_group: /example/audit
    text: id=7f3a9c21
    region: eu-west-1
  delegate_to: localhost
"""

RETURN = r"""
record:
  description: Time and number of the record as auditd wrote them, V(null) where the event names none.
  returned: success
  type: str
  sample: 1795410116.123:42
stream:
  description: The log stream that has it.
  returned: success
  type: str
timestamp:
  description: The time of the event, epoch seconds.
  returned: success
  type: float
ingestion_time:
  description: When CloudWatch Logs got it, epoch seconds.
  returned: success
  type: float
"""

import time
import traceback

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.auditops.auditd.plugins.module_utils._errors import AuditError
from ansible_collections.auditops.auditd.plugins.module_utils._module import finish
from ansible_collections.auditops.auditd.plugins.module_utils._shipping import read_back

NO_BOTO3: "str | None" = None
try:
    import boto3
    import botocore.exceptions as of_botocore
except ImportError:
    boto3, NO_BOTO3 = None, traceback.format_exc()

ARGUMENT_SPEC = {
    "log_group": {"type": "str", "required": True},
    "log_stream": {"type": "str"},
    "text": {"type": "str", "required": True},
    "hours": {"type": "float", "default": 24},
    "timeout": {"type": "float", "default": 60},
    "region": {"type": "str"},
    "profile": {"type": "str"},
    "endpoint_url": {"type": "str"},
}


def run(module):
    params = module.params
    if boto3 is None:
        module.fail_json(msg=missing_required_lib("boto3"), exception=NO_BOTO3)
    read_back.check(params["text"], params["timeout"])
    place = {"log_group": params["log_group"], "log_stream": params["log_stream"], "since": time.time() - params["hours"] * 3600}
    try:
        session = boto3.session.Session(profile_name=params["profile"] or None, region_name=params["region"] or None)
        client = session.client("logs", endpoint_url=params["endpoint_url"] or None)
        return dict(read_back.find(client, place, params["text"], params["timeout"]), changed=False)
    except (of_botocore.BotoCoreError, of_botocore.ClientError) as error:
        raise AuditError("CloudWatch Logs was asked for %s and does not answer: %s" % (params["log_group"], error))


def main():
    finish(AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True), run)


if __name__ == "__main__":
    main()
