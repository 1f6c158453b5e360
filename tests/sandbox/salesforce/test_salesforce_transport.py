"""Versions, framing, compression and sizes, below what the client library shows."""

import gzip
import zlib
from collections.abc import Iterator

import orjson
import pytest

STEM = "/services/data/v59.0"


@pytest.fixture
def url(served) -> str:
    """Where version 59 answers."""
    return f"{served.info.https_url}{STEM}"


@pytest.fixture
def headers(token) -> dict[str, str]:
    """A signed-in client's headers."""
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("version", "status"),
    [
        ("v19.0", 410),
        ("v30.0", 410),
        ("v31.0", 404),
        ("v45.0", 404),
        ("v46.0", 200),
        ("v68.0", 200),
        ("v69.0", 404),
        ("v59.1", 404),
        ("bacon", 404),
    ],
)
def test_versions_46_to_68_are_served(served, http, headers, version, status):
    """v30 and before are gone, others unknown."""
    answer = http.get(f"{served.info.https_url}/services/data/{version}/limits", headers=headers)
    assert answer.status_code == status


def test_the_version_list_names_what_is_served(served, http):
    """46.0 to 68.0, each with its path."""
    found = http.get(f"{served.info.https_url}/services/data").json()
    assert (found[0]["version"], found[-1]["version"]) == ("46.0", "68.0")
    assert found[-1] == {"label": "Winter '27", "url": "/services/data/v68.0", "version": "68.0"}


def test_a_body_may_come_in_chunks(http, url, headers):
    """A request without Content-Length is read to its end."""

    def pieces() -> Iterator[bytes]:
        yield b'{"Na'
        yield b'me": "Chunked"}'

    answer = http.post(f"{url}/sobjects/Account", data=pieces(), headers=headers)
    assert answer.status_code == 201


@pytest.mark.parametrize(("name", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_a_body_may_come_compressed(http, url, headers, name, pack):
    """Content-Encoding gzip and deflate are understood."""
    body = pack(orjson.dumps({"Name": name}))
    packed = {**headers, "Content-Encoding": name}
    answer = http.post(f"{url}/sobjects/Account", data=body, headers=packed)
    assert answer.status_code == 201


def test_a_body_that_is_no_json_is_refused(http, url, headers):
    """400 JSON_PARSER_ERROR, compressed or not."""
    for also in ({}, {"Content-Encoding": "gzip"}):
        answer = http.post(f"{url}/sobjects/Account", data=b"{", headers={**headers, **also})
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")


def test_large_answers_are_compressed_for_who_asks(http, url, headers):
    """A describe comes packed with Accept-Encoding gzip, plain with identity; a short one plain."""
    asked = {**headers, "X-PrettyPrint": "1"}
    path = f"{url}/sobjects/Account/describe"
    packed = http.get(path, headers={**asked, "Accept-Encoding": "gzip"})
    plain = http.get(path, headers={**asked, "Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.json() == plain.json()
    short = f"{url}/query?q=SELECT+count()+FROM+User"
    answer = http.get(short, headers={**asked, "Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers


def test_a_uri_too_long_is_414_and_headers_too_long_431(http, url, headers):
    """16,384 bytes are the most for the URI, and for URI and headers together."""
    long = "x" * 16_384
    assert http.get(f"{url}/query?q={long}", headers=headers).status_code == 414
    tagged = {**headers, "X-Long": "y" * 16_000}
    assert http.get(f"{url}/limits?q={'x' * 500}", headers=tagged).status_code == 431


def test_some_eight_hundred_ids_fit_into_a_url(http, url, headers):
    """Reading 800 ids by GET works, 1,100 do not fit; POST takes 2,000 and no more."""
    path = f"{url}/composite/sobjects/Account"
    ids = [f"0019Z0000{n:06d}" for n in range(2_001)]
    some, many = (f"{path}?ids={','.join(ids[:most])}&fields=Id" for most in (800, 1_100))
    assert http.get(some, headers=headers).json() == [None] * 800
    assert http.get(many, headers=headers).status_code == 414
    body = {"ids": ids[:2_000], "fields": ["Id"]}
    assert http.post(path, json=body, headers=headers).json() == [None] * 2_000
    assert http.post(path, json={**body, "ids": ids}, headers=headers).status_code == 400


@pytest.mark.parametrize("path", ["", "/limits", "/sobjects", "/sobjects/Account", "/query"])
def test_a_slash_at_the_end_does_not_matter(http, url, headers, path):
    """Both forms answer alike."""
    asked = {"q": "SELECT Id FROM User LIMIT 1"}
    first, second = (
        http.get(f"{url}{path}{end}", params=asked, headers=headers) for end in ("", "/")
    )
    assert (first.status_code, second.status_code) == (200, 200)


def test_both_prices_of_a_line_are_refused(http, url, headers):
    """A line item takes UnitPrice or TotalPrice, not both."""

    def made(object: str, **fields: object) -> str:
        answer = http.post(f"{url}/sobjects/{object}", json=fields, headers=headers)
        return str(answer.json()["id"])

    deal = made("Opportunity", Name="D", StageName="Prospecting", CloseDate="2026-05-20")
    product = made("Product2", Name="P", IsActive=True)
    line = {"OpportunityId": deal, "Product2Id": product, "Quantity": 2}
    both = {**line, "UnitPrice": 5, "TotalPrice": 10}
    answer = http.post(f"{url}/sobjects/OpportunityLineItem", json=both, headers=headers)
    assert answer.json()[0]["errorCode"] == "FIELD_INTEGRITY_EXCEPTION"
    assert made("OpportunityLineItem", **line, TotalPrice=10)
