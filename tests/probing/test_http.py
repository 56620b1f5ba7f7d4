"""HTTP checks on real sockets: what is asked, how each answer counts, and what is said of it.

The outputs are those of Consul 1.8.7, asked the same; only what fails in TLS is said in the words of a newer Go, read
in its source and seen on no agent: they begin with ``tls: failed to verify certificate``.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest
import trustme

from custom_registry.core.probes import HttpRequest, Tls
from custom_registry.probing import dialing
from discovery.model import Health
from tests.support.loopback import HANG, reply
from tests.support.ports import closed_port

if TYPE_CHECKING:
    from pathlib import Path

    from tests.probing.conftest import Once, Serve

SOON = 0.1  # seconds, for what must run out of time


@pytest.mark.parametrize(
    ("answer", "health", "said"),
    [
        ("200 OK", Health.PASSING, "200 OK Output: fine"),
        ("201 Created", Health.PASSING, "201 Created Output: fine"),
        ("299 ", Health.PASSING, "299  Output: fine"),
        ("200 All Good", Health.PASSING, "200 All Good Output: fine"),
        ("429 Too Many Requests", Health.WARNING, "429 Too Many Requests Output: fine"),
        ("302 Found", Health.CRITICAL, "302 Found Output: fine"),  # without a Location
        ("404 Not Found", Health.CRITICAL, "404 Not Found Output: fine"),
        ("500 Internal Server Error", Health.CRITICAL, "500 Internal Server Error Output: fine"),
        ("999 ", Health.CRITICAL, "999  Output: fine"),
    ],
)
def test_the_status_decides(serve: Serve, once: Once, answer: str, health: Health, said: str) -> None:
    server = serve(reply(answer, b"fine"))
    result = once(HttpRequest(url=f"{server.url}/health"))
    assert (result.health, result.output) == (health, f"HTTP GET {server.url}/health: {said}")


def test_what_is_asked_without_more_ado(serve: Serve, once: Once) -> None:
    server = serve(reply())
    once(HttpRequest(url=f"{server.url}/a%20b?c=d"))
    [request] = server.requests
    head = request.decode().split("\r\n")
    assert head[0] == "GET /a%20b?c=d HTTP/1.1"
    assert set(head[1:]) == {
        f"Host: {server.address}",
        "User-Agent: Consul Health Check",
        "Accept: text/plain, text/*, */*",
        "Connection: close",
        "",
    }


def test_method_headers_and_body_are_the_checks(serve: Serve, once: Once) -> None:
    server = serve(reply())
    header = {"X-A": ("1", "2"), "host": ("foo.example",), "User-Agent": ("mine",), "Content-Length": ("9",)}
    result = once(HttpRequest(url=server.url, method="POST", header=header, body='{"a":"ü"}'))
    assert result.output == f"HTTP POST {server.url}: 200 OK Output: "
    [request] = server.requests
    head, _, body = request.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST / HTTP/1.1"
    assert [line for line in lines if line.startswith("X-A")] == ["X-A: 1", "X-A: 2"]
    assert {"host: foo.example", "User-Agent: mine", "Content-Length: 10"} <= set(lines)
    assert body.decode() == '{"a":"ü"}'


def test_a_method_is_sent_as_it_was_given(serve: Serve, once: Once) -> None:
    server = serve(reply())
    assert once(HttpRequest(url=server.url, method="get")).output == f"HTTP get {server.url}: 200 OK Output: "
    assert server.requests[0].startswith(b"get / ")


def test_an_answer_to_head_has_no_body(serve: Serve, once: Once) -> None:
    server = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
    assert once(HttpRequest(url=server.url, method="HEAD")).output == f"HTTP HEAD {server.url}: 200 OK Output: "


def test_name_and_password_of_the_url_go_along_and_are_not_told(serve: Serve, once: Once) -> None:
    server = serve(reply())
    url = server.url.replace("http://", "http://u:p@")
    assert once(HttpRequest(url=url)).health is Health.PASSING
    assert b"Authorization: Basic dTpw\r\n" in server.requests[0]
    with closed_port() as port:
        output = once(HttpRequest(url=f"http://u:p@127.0.0.1:{port}/")).output
    assert output == f'Get "http://u:***@127.0.0.1:{port}/": dial tcp 127.0.0.1:{port}: connect: connection refused'


def test_of_a_long_body_the_end_is_kept(serve: Serve, once: Once) -> None:
    server = serve(reply(body=b"A" * 5000 + b"B" * 3000))
    _, _, body = once(HttpRequest(url=server.url)).output.partition("Output: ")
    assert body == "A" * 1096 + "B" * 3000
    _, _, body = once(HttpRequest(url=server.url), output_max_size=100).output.partition("Output: ")
    assert body == "B" * 100


def test_a_chunked_body_is_put_together(serve: Serve, once: Once) -> None:
    server = serve(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n4\r\n two\r\n0\r\n\r\n")
    assert once(HttpRequest(url=server.url)).output.endswith("200 OK Output: one two")


def test_what_is_no_utf8_is_shown_as_such(serve: Serve, once: Once) -> None:
    server = serve(reply(body=b"hello \xff\xfe x"))
    assert once(HttpRequest(url=server.url)).output.endswith("Output: hello \ufffd\ufffd x")


def test_a_body_that_breaks_off_counts_as_far_as_it_came(serve: Serve, once: Once) -> None:
    server = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome")
    result = once(HttpRequest(url=server.url))
    assert (result.health, result.output) == (Health.PASSING, f"HTTP GET {server.url}: 200 OK Output: some")


def test_a_body_that_never_ends_counts_as_far_as_it_came(serve: Serve, once: Once) -> None:
    server = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome", hold=True)
    result = once(HttpRequest(url=server.url), timeout=SOON)
    assert (result.health, result.output) == (Health.PASSING, f"HTTP GET {server.url}: 200 OK Output: some")


def test_who_does_not_answer_in_time_is_critical(serve: Serve, once: Once) -> None:
    server = serve(HANG)
    result = once(HttpRequest(url=server.url), timeout=SOON)
    reason = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
    assert (result.health, result.output) == (Health.CRITICAL, f'Get "{server.url}": {reason}')


def test_who_closes_without_an_answer_is_critical(serve: Serve, once: Once) -> None:
    server = serve(b"HTTP/1.1 200", b"")
    result = once(HttpRequest(url=server.url, method="POST"))
    assert (result.health, result.output) == (Health.CRITICAL, f'Post "{server.url}": EOF')


def test_what_is_no_http_is_critical(serve: Serve, once: Once) -> None:
    server = serve(b"garbage\r\n\r\n")
    reason = 'net/http: HTTP/1.x transport connection broken: malformed HTTP response "garbage"'
    assert once(HttpRequest(url=server.url)).output == f'Get "{server.url}": {reason}'


def test_who_is_not_there_is_critical(once: Once) -> None:
    with closed_port() as port:
        output = once(HttpRequest(url=f"http://127.0.0.1:{port}/")).output
    assert output == f'Get "http://127.0.0.1:{port}/": dial tcp 127.0.0.1:{port}: connect: connection refused'


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("::bad", 'parse "::bad": missing protocol scheme'),
        ("localhost:80", 'Get "localhost:80": unsupported protocol scheme "localhost"'),
        ("ftp://x/", 'Get "ftp://x/": unsupported protocol scheme "ftp"'),
        ("/path", 'Get "/path": unsupported protocol scheme ""'),
        ("127.0.0.1:80/x", 'parse "127.0.0.1:80/x": first path segment in URL cannot contain colon'),
        ("http://127.0.0.1:99999/", 'Get "http://127.0.0.1:99999/": dial tcp: address 99999: invalid port'),
        ("http://127.0.0.1:abc/", 'parse "http://127.0.0.1:abc/": invalid port ":abc" after host'),
        ("http://a b/", 'parse "http://a b/": invalid character " " in host name'),
        ("http://127.0.0.1/%zz", 'parse "http://127.0.0.1/%zz": invalid URL escape "%zz"'),
        ("http://127.0.0.1/\x01", 'parse "http://127.0.0.1/\\x01": net/url: invalid control character in URL'),
        ("http://[::1/", "parse \"http://[::1/\": missing ']' in host"),
        ("http:///x", 'Get "http:///x": http: no Host in request URL'),
    ],
)
def test_a_url_that_is_none_is_critical(once: Once, url: str, said: str) -> None:
    result = once(HttpRequest(url=url))
    assert (result.health, result.output) == (Health.CRITICAL, said)


def test_a_method_or_header_that_is_none_is_critical(serve: Serve, once: Once) -> None:
    server = serve(reply())
    assert once(HttpRequest(url=server.url, method="A B")).output == 'net/http: invalid method "A B"'
    result = once(HttpRequest(url=server.url, header={"X": ("a\r\nY: b",)}))
    assert result.health is Health.CRITICAL
    assert result.output.startswith(f'Get "{server.url}": net/http: ')
    assert server.requests == []


def test_redirects_are_followed_and_the_first_url_is_shown(serve: Serve, once: Once) -> None:
    server = serve(reply("302 Found", b"there", Location="/there"), reply(body=b"here"))
    result = once(HttpRequest(url=f"{server.url}/a", header={"X-A": ("1",)}))
    assert (result.health, result.output) == (Health.PASSING, f"HTTP GET {server.url}/a: 200 OK Output: here")
    assert server.requests[1].startswith(b"GET /there ")
    assert b"X-A: 1\r\n" in server.requests[1]


def test_redirects_are_answers_where_the_check_says_so(serve: Serve, once: Once) -> None:
    server = serve(reply("302 Found", b"there", Location="/there"))
    result = once(HttpRequest(url=server.url, disable_redirects=True))
    assert (result.health, result.output) == (Health.CRITICAL, f"HTTP GET {server.url}: 302 Found Output: there")


@pytest.mark.parametrize(
    ("status", "method", "second"),
    [
        ("301 Moved Permanently", "POST", b"GET / "),
        ("303 See Other", "PUT", b"GET / "),
        ("302 Found", "HEAD", b"HEAD / "),
        ("307 Temporary Redirect", "POST", b"POST / "),
        ("308 Permanent Redirect", "PUT", b"PUT / "),
    ],
)
def test_a_redirect_keeps_method_and_body_or_neither(
    serve: Serve, once: Once, status: str, method: str, second: bytes
) -> None:
    server = serve(reply(status, Location="/"), reply())
    once(HttpRequest(url=server.url, method=method, body="text"))
    request = server.requests[1]
    assert request.startswith(second)
    assert request.endswith(b"text") == (not second.startswith(b"GET") and method == second.split()[0].decode())


def test_secrets_do_not_go_to_another_host(serve: Serve, once: Once) -> None:
    other = serve(reply())
    server = serve(reply("302 Found", Location=f"{other.url}/there"))
    header = {"Authorization": ("secret",), "Cookie": ("secret",), "Host": ("foo.example",), "X-A": ("1",)}
    assert once(HttpRequest(url=server.url, header=header)).health is Health.PASSING
    [request] = other.requests
    assert b"secret" not in request
    assert f"Host: {other.address}\r\n".encode() in request
    assert b"X-A: 1\r\n" in request


def test_redirects_that_never_end_are_critical(serve: Serve, once: Once) -> None:
    server = serve(reply("302 Found", Location="/loop"))
    result = once(HttpRequest(url=f"{server.url}/loop"))
    assert (result.health, result.output) == (Health.CRITICAL, 'Get "/loop": stopped after 10 redirects')
    assert len(server.requests) == 10


@pytest.fixture
def authority(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> trustme.CA:
    """Return an authority that this machine trusts for the test."""
    made = trustme.CA()
    made.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    dialing.tls_context.cache_clear()
    return made


def server_context(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def test_a_certificate_that_is_trusted_passes(authority: trustme.CA, serve: Serve, once: Once) -> None:
    server = serve(reply(body=b"safe"), tls=server_context(authority, "127.0.0.1"))
    result = once(HttpRequest(url=server.url))
    assert (result.health, result.output) == (Health.PASSING, f"HTTP GET {server.url}: 200 OK Output: safe")


def test_a_certificate_of_another_name_passes_where_the_check_names_it(
    authority: trustme.CA, serve: Serve, once: Once
) -> None:
    server = serve(reply(), tls=server_context(authority, "example.test"))
    failed = once(HttpRequest(url=server.url))
    assert failed.health is Health.CRITICAL
    assert failed.output.startswith(f'Get "{server.url}": tls: failed to verify certificate: x509: ')
    assert once(HttpRequest(url=server.url, tls=Tls(server_name="example.test"))).health is Health.PASSING


def test_a_certificate_of_nobody_passes_where_the_check_does_not_look(serve: Serve, once: Once) -> None:
    server = serve(reply(), tls=server_context(trustme.CA(), "127.0.0.1"))
    said = f'Get "{server.url}": tls: failed to verify certificate: x509: certificate signed by unknown authority'
    assert once(HttpRequest(url=server.url)).output == said
    assert once(HttpRequest(url=server.url, tls=Tls(skip_verify=True))).health is Health.PASSING


def test_who_speaks_no_tls_is_critical(serve: Serve, once: Once) -> None:
    server = serve(b"plain\r\n\r\n")
    url = server.url.replace("http:", "https:")
    assert once(HttpRequest(url=url)).output == f'Get "{url}": tls: first record does not look like a TLS handshake'
