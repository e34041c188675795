"""URLs of links: what opens, what is refused in one line, and that nothing else is raised."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.links.link import LinkError
from hal.links.open_link import open_link
from hal.links.urls import check, innermost, replayed, serial_port, spied, tcp_address


def test_urls_say_what_they_say():
    """URLs of each scheme give their targets and options."""
    assert serial_port("serial:///dev/ttyACM0?baud=9600") == ("/dev/ttyACM0", 9600)
    assert tcp_address("tcp://bench:4001") == ("bench", 4001, False)
    assert tcp_address("tcp://[::1]:4001") == ("::1", 4001, False)
    assert tcp_address("tcp://0.0.0.0:0?listen=1") == ("0.0.0.0", 0, True)
    assert spied("spy://my%20file?link=tcp%3A%2F%2Fbench%3A1") == ("my file", "tcp://bench:1")
    assert spied("spy:///tmp/a.spy?link=serial:///dev/x?baud=9600") == ("/tmp/a.spy", "serial:///dev/x?baud=9600")
    assert replayed("replay://runs/a.ssr?link=adcs&pace=time") == ("runs/a.ssr", "adcs", "time")


def test_a_listener_without_host_listens_on_loopback_only():
    assert tcp_address("tcp://:5000?listen=1").host == "127.0.0.1"


def test_the_innermost_link_of_spies():
    assert innermost("spy://a?link=spy%3A%2F%2Fb%3Flink%3Dsim%253A%252F%252Fadcs") == "sim://adcs"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("tcp://", "no host and port, expected tcp://HOST:PORT"),
        ("tcp://bench", "found port 'bench'"),
        ("tcp://:80", "no host"),
        ("tcp://bench:0", "found port '0'"),
        ("tcp://bench:65536", "found port '65536'"),
        ("tcp://bench:+1", "found port '+1'"),
        ("tcp://bench:1/x", "found port '1/x'"),
        ("tcp://::1:80", "IPv6 in brackets"),
        ("tcp://bench:80?listen=yes", "found listen 'yes', expected 1"),
        ("tcp://bench:80?wait=1", "unknown option 'wait', expected listen"),
        ("tcp://bench:80?listen=1&listen=1", "option 'listen' is given twice"),
        ("spy://a", "no option link, expected spy://FILE?link=URL"),
        ("spy://?link=loop://a", "no file"),
        ("spy://a?link=pigeon://x", "unknown link scheme"),
        ("spy://a?link=tcp://bench", "found port 'bench'"),
        ("spy://a%00b?link=loop://x", "has a NUL"),
        ("replay://a", "no option link"),
        ("replay://a?link=adcs&pace=fast", "found pace 'fast', expected one of: read, time"),
        ("pigeon\n://x", "unknown link scheme"),
        ("tcp://ben\nch:0", "found port"),
    ],
)
def test_what_is_no_link_is_one_line(url, says):
    for judge in (check, open_link):
        with pytest.raises(LinkError) as error:
            judge(url)
        assert says in str(error.value)
        assert "\n" not in str(error.value)


@given(
    st.sampled_from(["serial", "tcp", "spy", "replay", "loop", "x"]),
    st.one_of(st.text(max_size=30), st.from_regex(r"[a-z\[\]:%?&=0-9/]{0,40}", fullmatch=True)),
)
def test_any_text_is_a_link_or_a_link_error(scheme, rest):
    url = f"{scheme}://{rest}"
    try:
        check(url)
    except LinkError as error:
        assert "\n" not in str(error)
    else:
        assert check(url) is None  # and says the same again
