"""Filters and what Consul 1.8.7 made of them when asked, beyond what the transcripts hold.

``tests/integration/test_filters.py`` asks the installed Consul for each of them again.
"""

from __future__ import annotations

import json

_PREFIX = "Failed to create boolean expression evaluator: "
_VALUE = r'"-", "0", "\"", "`", [ \t\r\n], [1-9] or [a-zA-Z]'

# Of what kind the entries are, the filter, the error without what stands before it in all these.
_REFUSED = [
    ("service", "x", r'1:2 (1): no match found, expected: "!=", ".", "==", "[", [ \t\r\n] or [a-zA-Z0-9_]'),
    ("service", "a\n\n == \n;", f"4:1 (8): no match found, expected: {_VALUE}"),
    ("service", "Service == é", f"1:12 (11): no match found, expected: {_VALUE}"),
    ("service", '"é\x01" in Tagsé', r'1:13 (13): no match found, expected: ".", "[", [ \t\r\n], [a-zA-Z0-9_] or EOF'),
    ("service", "Port == 80)", r'1:11 (10): no match found, expected: ".", [ \t\r\n], [0-9] or EOF'),
    ("service", "not", r'1:4 (3): no match found, expected: "!=", ".", "==", "[", [ \t\r\n] or [a-zA-Z0-9_]'),
    ("service", "Port == -", '1:10 (9): no match found, expected: "0" or [1-9]'),
    ("service", "Meta. == a", "1:6 (5): no match found, expected: [a-zA-Z]"),
    ("service", '"', '1:2 (1): rule "string": Unterminated string literal'),
    ("service", "Service == `a", '1:14 (13): rule "string": Unterminated string literal'),
    (
        "service",
        'Meta["abc == 1',
        '1:15 (14): rule "string": Unterminated string literal\n1:6 (5): rule "index": Invalid index',
    ),
    ("service", "Meta[abc] == 1", '1:6 (5): rule "index": Invalid index'),
    ("service", 'Meta["abc" == 1', '1:12 (11): rule "index": Unclosed index expression'),
    ("service", "x in 5", '1:6 (5): rule "match": Invalid selector'),
    ("service", r'Service == "a\q"', '1:12 (11): rule "string": invalid syntax'),
    ("service", 'Service == "a\n"', '1:12 (11): rule "string": invalid syntax'),
    ("service", "Port == 1x", '1:10 (9): rule "number": Invalid number literal'),
    ("service", "((Port == 1)", '1:13 (12): rule "grouping": Unmatched parentheses'),
    ("service", "(Port == 1 and", '1:12 (11): rule "grouping": Unmatched parentheses'),
    ("service", "Proxy.Mode == x", 'Selector "Proxy.Mode" is not valid'),
    ("service", "Service.x == y", 'Selector "Service.x" is not valid'),
    ("service", 'Service["é\x01\u200b\\xff"] == 1', r'Selector "Service.é\x01\u200b\xff" is not valid'),
    ("service", "Port == 0x50", '1:10 (9): rule "number": Invalid number literal'),
    ("service", "Meta.nosuch is empty", 'Invalid match operator "Is Empty" for selector "Meta.nosuch"'),
    ("service", "web == Service", 'Selector "web" is not valid'),
    ("service", "Weights == 1", 'Invalid match operator "Equal" for selector "Weights"'),
    ("service", "TaggedAddresses.lan is empty", 'Invalid match operator "Is Empty" for selector "TaggedAddresses.lan"'),
    ("service", 'Port matches "8"', 'Invalid match operator "Matches" for selector "Port"'),
    ("service", 'Tags not matches "8"', 'Invalid match operator "Not Matches" for selector "Tags"'),
    (
        "service",
        "Port == 1.5",
        'Failed to coerce value "1.5" for selector "Port": strconv.ParseInt: parsing "1.5": invalid syntax',
    ),
    (
        "service",
        "Port == 9223372036854775808",
        (
            'Failed to coerce value "9223372036854775808" for selector "Port": '
            'strconv.ParseInt: parsing "9223372036854775808": value out of range'
        ),
    ),
    (
        "service",
        'EnableTagOverride != ""',
        'Failed to coerce value "" for selector "EnableTagOverride": strconv.ParseBool: parsing "": invalid syntax',
    ),
    ("service", "Nope == 1 and Port == x", 'Selector "Nope" is not valid'),
    ("check", "Definition.Interval == 1", 'Selector "Definition" is not valid'),
    ("check", "ServiceTags.x == 1", 'Selector "ServiceTags.x" is not valid'),
    ("node", "CreateIndex == 1", 'Selector "CreateIndex" is not valid'),
    ("health_entry", "Checks.Nope == 1", 'Selector "Checks.Nope" is not valid'),
    ("health_entry", "Service == web", 'Invalid match operator "Equal" for selector "Service"'),
    ("catalog_entry", "ServiceProxy is empty", 'Invalid match operator "Is Empty" for selector "ServiceProxy"'),
    ("agent_check", "Status", r'1:7 (6): no match found, expected: "!=", ".", "==", "[", [ \t\r\n] or [a-zA-Z0-9_]'),
]

_PATTERNS = [
    ("[a", "missing closing ]: `[a`"),
    ("a)", "unexpected ): `a)`"),
    ("*", "missing argument to repetition operator: `*`"),
    ("a**", "invalid nested repetition operator: `**`"),
    ("a{1001}", "invalid repeat count: `{1001}`"),
    ("(?P<n", "invalid named capture: `(?P<n`"),
    ("[b-a]", "invalid character class range: `b-a`"),
    (r"\8", r"invalid escape sequence: `\8`"),
    ("a\\", "trailing backslash at end of expression: ``"),
    ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
]

REFUSED = [(kind, text, _PREFIX + error) for kind, text, error in _REFUSED] + [
    (
        "service",
        f"Service matches `{pattern}`",
        f"{_PREFIX}Failed to compile regular expression {json.dumps(pattern)}: error parsing regexp: {error}",
    )
    for pattern, error in _PATTERNS
]

# Services, as PUT to /v1/agent/service/register.
SERVICES: list[dict[str, object]] = [
    {
        "ID": "a",
        "Name": "web",
        "Port": 80,
        "Tags": ["v1", "eu"],
        "Meta": {"zone": "a", "a-b": "c d"},
        "TaggedAddresses": {"lan": {"Address": "10.0.0.1", "Port": 8000}},
        "Check": {"TTL": "60m", "Status": "passing"},
    },
    {"ID": "b", "Name": "web", "Port": 81, "Check": {"TTL": "60m"}},
    {"ID": "c", "Name": "api", "Port": 82, "Tags": ["v2"], "EnableTagOverride": True, "Address": "::1"},
    {
        "ID": "p",
        "Name": "proxy",
        "Kind": "connect-proxy",
        "Port": 90,
        "Proxy": {"DestinationServiceName": "web", "Upstreams": [{"DestinationName": "db", "LocalBindPort": 99}]},
    },
]

# Of what kind the entries are, the filter, the services, or services of the checks, that remain. A catalog or health
# entry is one of the service `web`.
KEPT = [
    ("service", 'Port == "0x50"', "a"),
    ("service", 'Port == "0120" or Port == "0b1010001" or Port == "+8_2"', "abc"),
    ("service", r'Service == "w\x65b"', "ab"),
    ("service", "Service == `web`", "ab"),
    ("service", '"" in Service', "abcp"),
    ("service", '"" in Tags', ""),
    ("service", "Tags is empty and Meta is empty", "bp"),
    ("service", 'Meta["a-b"] == "c d"', "a"),
    ("service", 'Meta[ `a-b` ] != "c d"', "bcp"),
    ("service", "d in Meta.zone or zone in Meta", "a"),
    ("service", "Meta.nosuch matches x", "abcp"),
    ("service", "Meta.nosuch not matches x", "abcp"),
    ("service", "x in Meta.nosuch", ""),
    ("service", "x not in Meta.nosuch", "abcp"),
    ("service", "TaggedAddresses.lan.Port == 8000", "a"),
    ("service", "TaggedAddresses.lan.Port != 8000", "bcp"),
    ("service", "TaggedAddresses contains lan", "a"),
    ("service", "Kind == `connect-proxy` and Proxy.DestinationServiceName == web", "p"),
    ("service", "Kind != `` and Proxy.Upstreams.LocalBindPort == 99", "p"),
    ("service", "EnableTagOverride != F", "c"),
    ("service", "not not (  not\tnot Port == 80  )", "a"),
    ("service", "Port == 80 or Port == 81 and Tags is not empty", "a"),
    ("service", "(Port == 80 or Port == 81) and Tags is empty", "b"),
    ("service", "not Port == 80 and Service == web", "b"),
    ("service", "Service == api\nor\tID == b", "bc"),
    ("service", "Service == Meta.x or Service != web", "cp"),
    ("check", "ServiceTags contains v1 or ServiceID == b", "ab"),
    ("check", 'CheckID matches "^service:[ab]$" and Status != passing', "b"),
    ("check", "Type == ttl and ServiceTags is empty", "b"),
    ("health_entry", "Checks.Status == critical", "b"),
    ("health_entry", "Checks.Status != critical", "ab"),
    ("health_entry", "not Checks.Status == critical", "a"),
    ("health_entry", "v1 in Checks.ServiceTags", "a"),
    ("health_entry", "Service.Proxy.Upstreams.DestinationName != x", ""),
    ("health_entry", "Service.Proxy.Upstreams is empty and Service.Connect.Native == false", "ab"),
    ("catalog_entry", "ServiceTaggedAddresses.lan.Port == 8000", "a"),
    ("catalog_entry", "ServiceMeta.zone != a and ServiceWeights.Passing == 1", "b"),
]
