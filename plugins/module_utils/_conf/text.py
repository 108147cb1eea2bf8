# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""auditd.conf: text to settings and back, what a release makes of it, and what a change of it needs.

What is wrong with a file is known to C(validator).
"""

import re
from collections import OrderedDict, namedtuple

from . import reader
from .keys import KEYS, OLDEST_SUPPORTED, RESOLVED_AT_START, ULONG_MAX, ConfError, at, known, lower, version
from .keys import NEWEST as NEWEST_RELEASE
from .odd import BLANKS
from .reader import encode
from .words import LONGEST_LINE

PATH = "/etc/audit/auditd.conf"

Line = namedtuple("Line", "number text key value")
Line.__doc__ = "One line: ``text`` without newline; ``key`` (lower case) and ``value`` where it sets something, else None."

_SETTING = re.compile("[{0}]*([^=#{0}][^={0}]*)[{0}]*(?:=(.*)|[{0}].*|)\\Z".format(BLANKS), re.S)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Conf(object):
    """The text of an auditd.conf: ``text``, ``lines`` (Line), ``settings`` (key -> value in order; the last of a key wins).

    ``settings`` is what a parser would hold that dropped no line and forgave tabs and missing spaces; effective() says
    what a release really holds.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        lines = text.split("\n")
        if not lines[-1]:
            lines.pop()
        self.lines = [_line(number, line) for number, line in enumerate(lines, 1)]
        self.settings = OrderedDict((line.key, line.value) for line in self.lines if line.key and line.value)

    @property
    def data(self) -> bytes:
        """The bytes to write."""
        return encode(self.text)

    @property
    def ended(self) -> bool:
        """False where the last line has no newline, which auditd then drops."""
        return not self.text or self.text.endswith("\n")

    def __eq__(self, other):
        return isinstance(other, Conf) and self.text == other.text

    def __ne__(self, other):
        return not self == other

    __hash__ = None  # type: ignore[assignment]  # a text that can be changed is no key

    def __repr__(self):
        return "Conf(%r)" % self.text


def _line(number, text):
    found = _SETTING.match(text)
    if found is None:
        return Line(number, text, None, None)
    value = found.group(2)
    return Line(number, text, lower(found.group(1)), None if value is None else value.strip(" \t\r"))


def parse(text: "str | bytes | None") -> Conf:
    """The Conf of a text (str, bytes, or None for a file that does not exist)."""
    if text is None:
        text = ""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")
    if not isinstance(text, str):
        raise ConfError("the content of auditd.conf is a %s; give it as one text" % type(text).__name__)
    _encodable(text, "the content of auditd.conf")
    return Conf(text)


def render(settings: dict, release: "str | None" = None) -> str:
    """The text that sets exactly ``settings``: lines ``key = value`` in the order given; None values are left out.

    Raises ConfError for what no line of auditd.conf can hold, and for a line that ``release`` (default: any) would skip.
    """
    wanted = _wanted(settings, release)
    lines = [(key, value) for key, value in wanted.items() if value is not None]
    return "".join(line + "\n" for unused, line in _verify_before_account(lines, moving=True))


def merge(conf: Conf, settings: dict, release: "str | None" = None) -> Conf:
    """``conf`` with ``settings`` set in place of what it had, new ones at the end, None removing a key; the rest is kept.

    Of a key that is set, the first line stays and the duplicates go. The result always ends with a newline, and has neither Windows line
    endings nor a byte order mark, with which no auditd takes a file.
    """
    wanted = _wanted(settings, release)
    lines = []
    placed = set()
    for line in conf.lines:
        if line.key not in wanted:
            lines.append((line.key, line.text.rstrip("\r").lstrip("\ufeff")))
        elif wanted[line.key] is not None and line.key not in placed:
            placed.add(line.key)
            lines.append((line.key, wanted[line.key]))
    lines.extend((key, text) for key, text in wanted.items() if text is not None and key not in placed)
    lines = _verify_before_account(lines, moving="verify_email" in wanted)
    return parse("".join(text + "\n" for unused, text in lines))


def base(conf: "Conf | None", release: "str | None") -> Conf:
    """What settings are merged into: the file, or what upstream ships where there is none or nothing is set in it. auditd takes no file
    without space_left, so that a few keys alone never make one."""
    return conf if conf is not None and conf.settings else parse(stock(release))


def _wanted(settings, release):
    """key -> the line to write, None to remove the key."""
    if not hasattr(settings, "items"):
        raise ConfError("the settings are a %s; give a dictionary of auditd.conf keys" % _kind(settings))
    limit = at(LONGEST_LINE, version(release)) if release is not None else LONGEST_LINE[""]
    wanted: "dict[str, str | None]" = OrderedDict()
    for name, value in settings.items():
        if not isinstance(name, str) or not (value is None or _NAME.match(name)):  # any key that is there can be removed
            raise ConfError("%r is not a key of auditd.conf; keys are words like num_logs" % (name,), key=str(name))
        key = lower(name.strip(BLANKS))
        if key in wanted:
            raise ConfError("%s is given twice, in upper and lower case; give it once" % key, key=key)
        wanted[key] = None
        if value is not None:
            line = wanted[key] = "%s = %s" % (key, _value(key, value))
            if len(encode(line)) > limit:
                raise ConfError(
                    "%s: the line is longer than %d bytes and auditd %s would skip it; give a shorter value"
                    % (key, limit, release or "before 4.1.3"), key=key, value=str(value))
    return wanted


def _value(key, value):
    """The text of a value given in YAML: yes and no arrive as booleans, numbers as integers."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and abs(value) <= ULONG_MAX:
        return str(value)
    if isinstance(value, int):
        raise ConfError("%s: the number is too large; auditd counts up to %d" % (key, ULONG_MAX), key=key)
    if not isinstance(value, str):
        reason = "%s: %r is a %s; give one word, a number, yes or no" % (key, value, _kind(value))
        raise ConfError(reason, key=key, value=str(value))
    reason = ""
    if not value:
        reason = "the value is empty; give one, or null to remove the key"
    elif _CONTROL.search(value):
        reason = "%r contains a newline, tab or other control character; auditd.conf holds one line of words per key" % value
    elif "#" in value:
        reason = "%r contains a #; auditd.conf has no comments behind a value" % value
    elif value != value.strip(" "):
        reason = "%r begins or ends with a space; give it without" % value
    if reason:
        raise ConfError("%s: %s" % (key, reason), key=key, value=value)
    _encodable(value, key, key=key)
    return value


def _kind(value):
    """The type of a value as users know it; Ansible has subclasses of its own."""
    return next((kind.__name__ for kind in (dict, list, tuple, float) if isinstance(value, kind)), type(value).__name__)


def _encodable(text, what, **details):
    try:
        encode(text)
    except UnicodeEncodeError:
        raise ConfError("%s contains half of a character (a lone surrogate) that cannot be written; give plain text" % what, **details)


def _verify_before_account(lines, moving):
    """verify_email only counts for action_mail_acct lines below it: where it is ours to place, it stands above."""
    keys = [key for key, unused in lines]
    if not moving or "verify_email" not in keys or "action_mail_acct" not in keys:
        return lines
    at_account, at_verify = keys.index("action_mail_acct"), keys.index("verify_email")
    if at_verify > at_account:
        lines.insert(at_account, lines.pop(at_verify))
    return lines


def reading(conf: Conf, release: "str | None") -> reader.Reading:
    """What a release (text; None for the newest) takes of a conf: C(_conf_reader.Reading)."""
    return reader.read([line.text for line in conf.lines], conf.ended, _table_release(release))


def effective(conf: "Conf | str | dict | None", release: "str | None") -> dict:
    """Every key the release knows -> the value (str) auditd runs with after reading ``conf``: compiled defaults and what the
    release's parser takes. None for what is off or not set. Thresholds in MB or percent, report_interval in seconds."""
    return reader.effective(reading(as_conf(conf), release), _table_release(release))


def restart_keys(before: "Conf | str | dict | None", after: "Conf | str | dict | None", release: "str | None") -> "list[str]":
    """The keys that differ and that HUP cannot apply; the daemon needs a restart for them.

    name_format: a node name is resolved only at start, and from 4.2 on any HUP loses it.
    """
    old, new = effective(before, release), effective(after, release)
    table = _table_release(release)
    changed = [key for key in new if old.get(key) != new[key]]
    keys = [key for key in changed if _needs_restart(at(KEYS[key].apply, table), old.get(key), new[key])]
    if changed and "name_format" not in keys and new["name_format"] in RESOLVED_AT_START and table >= (4, 2, 0):
        keys.append("name_format")
    return keys


def _needs_restart(apply, old, new):
    if apply == "grow":
        return (reader.number(new) or 0) < (reader.number(old) or 0)
    if apply == "enable":
        return old is not None
    return apply in ("restart", "cumulative")


def unsupported(settings: "Conf | dict | list", release: "str | None") -> "list[str]":
    """The keys of ``settings`` (a dictionary or a Conf) that the parser of this release refuses as unknown."""
    table = _table_release(release)
    names = settings.settings if isinstance(settings, Conf) else settings
    return [name for name in names if not known(lower(name), table)]


def stock(release: "str | None") -> str:
    """The settings upstream ships for a release, as text. Release unknown (None): only what every supported release takes."""
    table = version(release) if release is not None else OLDEST_SUPPORTED
    values = OrderedDict((key.name, at(key.shipped, table)) for key in KEYS.values() if known(key.name, table))
    if release is None:
        for name in values:
            values[name] = None if at(KEYS[name].kind, NEWEST_RELEASE) == "ignored" else at(KEYS[name].shipped, NEWEST_RELEASE)
    return render(values)


def diff(before: "Conf | None", after: Conf, path: str = PATH) -> "dict[str, str]":
    """What C(--diff) shows."""
    return {"before": _printable(before), "after": _printable(after), "before_header": path, "after_header": path}


def _printable(conf):
    text = conf.text if isinstance(conf, Conf) else conf or ""
    return encode(text).decode("utf-8", "replace")


def as_conf(conf: "Conf | str | dict | None") -> Conf:
    """A Conf of a Conf, a text or a dictionary of settings."""
    if isinstance(conf, Conf):
        return conf
    return parse(render(conf) if isinstance(conf, dict) else conf)


def _table_release(release):
    return NEWEST_RELEASE if release is None else version(release)
