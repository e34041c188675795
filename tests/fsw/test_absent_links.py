"""RST-080: flight starts without a unit whose line is away, says so, and finds it when it comes."""

import os

import pytest

from fsw.flight_process import compose, open_links
from fsw.options import load, parse
from hal.links.link import LinkError
from hal.links.reopened import AbsentError
from hal.vehicle.load import load_vehicle
from tests.sil.separate import write_vehicle


@pytest.fixture
def port(tmp_path):
    """A line that is not there yet: its name, and what makes it appear."""
    master, slave = os.openpty()
    name = tmp_path / "star_tracker"
    yield name, lambda: name.symlink_to(os.ttyname(slave)), master
    os.close(master)
    os.close(slave)


def test_a_line_that_is_away_at_the_start_is_found_later(port, capsys, monkeypatch):
    name, appear, master = port
    monkeypatch.setattr("hal.links.reopened.RETRY_S", 0.0)
    links = open_links({"adcs": "loop://absent-links", "star_tracker": f"serial://{name}"})
    said = capsys.readouterr().err
    assert said.startswith(f"fsw: star_tracker: serial://{name}: cannot be opened: ")
    assert said.endswith("; flight goes on without it, and looks for it\n")
    link = links["star_tracker"]
    try:
        with pytest.raises(LinkError, match="the device is away"):
            link.read()
        appear()
        link.read()
        os.write(master, b"here")
        assert link.read() == b"here"
    finally:
        for each in links.values():
            each.close()


def test_when_every_line_is_away_nothing_flies(tmp_path):
    urls = {name: f"serial://{tmp_path}/{name}" for name in ("adcs", "radio")}
    with pytest.raises(LinkError, match=r"^adcs: serial://.*cannot be opened"):
        open_links(urls)


def test_a_url_that_is_none_is_refused(tmp_path):
    with pytest.raises(LinkError) as error:
        open_links({"adcs": "loop://absent-links", "gnss": "carrier-pigeon://home"})
    assert not isinstance(error.value, AbsentError)


def test_flight_flies_without_a_unit_whose_line_is_away(tmp_path):
    file = tmp_path / "vehicle.toml"
    urls = {name: f"loop://absent-{name}" for name in ("adcs", "eps", "gnss", "radio")}
    write_vehicle(file, load_vehicle(), urls | {"star_tracker": f"serial://{tmp_path}/nothing"})
    options = parse([str(file)])
    flight = compose(load(options), options)
    for _ in range(5):
        flight.tick()
    assert flight.pool["time.tick"] >= 4
    assert flight.pool["drivers.star_tracker.heard"] == 0
