"""The power board: gauges through, switches as commanded or safe."""

from hypothesis import given, settings
from hypothesis import strategies as st

from hal.wire import BoardKind, EpsSwitch, SensorFlag

ALL = int(EpsSwitch.RADIO_TX | EpsSwitch.PAYLOAD | EpsSwitch.WHEELS)
u16 = st.integers(0, 0xFFFF)


@given(u16, st.integers(-0x8000, 0x7FFF), u16, u16, u16, u16)
@settings(max_examples=50, deadline=None)
def test_gauges_pass_as_raw_counts(new_bench, bus_mv, battery_ma, array_cw, load_cw, soc_counts, temperature_ck):
    gauges = {
        "bus_mv": bus_mv,
        "battery_ma": battery_ma,
        "array_cw": array_cw,
        "load_cw": load_cw,
        "soc_counts": soc_counts,
        "temperature_ck": temperature_ck,
    }
    sensors, _ = new_bench(BoardKind.EPS).cycle(**gauges)
    assert {name: sensors[name] for name in gauges} == gauges


@given(u16, u16)
@settings(max_examples=50, deadline=None)
def test_only_known_switches_are_taken(new_bench, switches, switches_safe):
    eps = new_bench(BoardKind.EPS)
    eps.configure(switches_safe=switches_safe)
    eps.command(switches=switches)
    sensors, actuation = eps.cycle()
    safe = switches_safe if not switches_safe & ~ALL else EpsSwitch.WHEELS
    known = not switches & ~ALL
    assert actuation["switches"] == sensors["switches"] == (switches if known else safe)
    assert bool(sensors["flags"] & SensorFlag.OUTPUTS_SAFE) == (not known)
    assert sensors["commands_rejected"] == (not known) + bool(switches_safe & ~ALL)


def test_all_loads_are_off_before_the_first_configuration(new_bench):
    eps = new_bench(BoardKind.EPS, configured=False)
    _, actuation = eps.cycle()
    assert actuation["switches"] == 0


def test_time_out_takes_the_safe_switches_of_the_configuration(eps):
    eps.command(switches=ALL)
    states = [eps.cycle()[1]["switches"] for _ in range(12)]
    assert states == [ALL] * 10 + [EpsSwitch.WHEELS] * 2
