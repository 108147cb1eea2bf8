# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a comparison needs of C(json), by the module in C that C(json) wraps; whatever that one cannot do, C(json) does.

C(json) compiles patterns and imports C(re) and C(enum): 7 ms of 50 for a whole comparison (measured). What is packed for a host imports
this in the place of C(json) (C(host_library)).
"""

try:
    from _json import encode_basestring, encode_basestring_ascii, make_encoder, make_scanner
except ImportError:  # another implementation of Python, or a build without it
    encode_basestring = encode_basestring_ascii = make_scanner = make_encoder = None  # type: ignore[assignment,misc]

BLANKS = " \t\r\n"  # RFC 8259, 2
CONSTANTS = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


class _Decoding(object):
    """The attributes that the scanner reads, as C(json.JSONDecoder) sets them; C(array_hook) from Python 3.15 on."""

    strict, object_hook, object_pairs_hook, array_hook = True, None, None, None
    parse_float, parse_int, parse_constant = float, int, CONSTANTS.__getitem__


def _made(make, *given):
    """What the module in C makes; None where there is none, or one of a release that asks for more than is known here."""
    try:
        return make(*given)
    except (AttributeError, TypeError):
        return None


_scan = _made(make_scanner, _Decoding())


def loads(text: "str") -> "object":
    """The value of a JSON text; ValueError where it is none."""
    if _scan is not None:
        try:
            value, end = _scan(text, len(text) - len(text.lstrip(BLANKS)))
            if not text[end:].strip(BLANKS):
                return value
        except (StopIteration, ValueError, SystemError):
            pass  # json says what is wrong; without it the scanner of Python 3.11 raises SystemError for any mistake
    import json
    return json.loads(text)


def load(stream) -> "object":
    """As loads(), of all that a stream gives."""
    return loads(stream.read())


def dumps(value: "object", *, sort_keys: "bool" = False, ensure_ascii: "bool" = True, **others) -> "str":
    """The JSON text of a value; TypeError and ValueError as C(json.dumps) raises them."""
    quote = encode_basestring_ascii if ensure_ascii else encode_basestring
    encode = None if others else _made(make_encoder, {}, _refuse, quote, None, ": ", ", ", sort_keys, False, True)
    if encode is None:
        import json
        return json.dumps(value, sort_keys=sort_keys, ensure_ascii=ensure_ascii, **others)
    return "".join(encode(value, 0))


def _refuse(value):
    raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)
