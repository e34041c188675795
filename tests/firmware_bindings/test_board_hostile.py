"""Any octets into both ports: nothing breaks, everything is counted, the next valid packet works."""

from hypothesis import given, settings
from hypothesis import strategies as st

from hal.wire import Apid, BoardKind

garbage = st.lists(st.tuples(st.booleans(), st.binary(max_size=200)), max_size=8)
kinds = st.sampled_from([BoardKind.ADCS, BoardKind.EPS])


@given(kinds, garbage)
@settings(max_examples=200, deadline=None)
def test_any_octets_then_a_valid_exchange(new_bench, kind, pieces):
    bench = new_bench(kind)
    outputs = {"switches": 5} if kind == BoardKind.EPS else {"wheels_counts": [9, 8, 7, 6]}
    bench.command(**outputs)
    streams = {True: b"", False: b""}
    for to_bus, octets in pieces:
        (bench.board.bus if to_bus else bench.board.stimulus).write(octets)
        streams[to_bus] += octets
    bench.board.bus.write(b"\0")
    bench.board.stimulus.write(b"\0")
    assert bench.board.bus.read() == b""
    assert bench.board.stimulus.read() == b""
    sensors, actuation = bench.cycle()
    frames = {to_bus: [frame for frame in stream.split(b"\0") if frame] for to_bus, stream in streams.items()}
    assert (sensors["frames_bad"], sensors["stimuli_bad"]) == (len(frames[True]), len(frames[False]) & 0xFF)
    assert (sensors["commands_accepted"], sensors["commands_rejected"]) == (2, 0)
    assert {name: actuation[name] for name in outputs} == outputs


@given(
    kinds,
    st.lists(
        st.tuples(
            st.sampled_from([Apid.COMMAND, Apid.CONFIG, Apid.IDENTIFY, Apid.STIMULUS, Apid.SENSORS, 0x6FF]),
            st.integers(0, 1),
            st.binary(max_size=64),
        ),
        max_size=10,
    ),
)
@settings(max_examples=200, deadline=None)
def test_any_packets_on_the_bus_are_accepted_or_rejected_never_lost(new_bench, kind, packets):
    bench = new_bench(kind, configured=False)
    for apid, packet_type, payload in packets:
        bench.board.bus.write(bench.frame(apid, payload, packet_type))
    boots = bench.bus()
    assert {apid for apid, _ in boots} <= {Apid.BOOT, Apid.IDENTITY}
    sensors, _ = bench.cycle()
    assert sensors["commands_accepted"] + sensors["commands_rejected"] == len(packets)
    assert sensors["frames_bad"] == 0
    possible = {Apid.COMMAND, Apid.CONFIG, Apid.IDENTIFY}
    assert sensors["commands_accepted"] <= sum(apid in possible and kind_ == 1 for apid, kind_, _ in packets)


@given(kinds, st.data())
@settings(max_examples=100, deadline=None)
def test_any_fragmentation_gives_the_same_answer(new_bench, kind, data):
    whole, pieces = new_bench(kind), new_bench(kind)
    for bench in (whole, pieces):
        bench.cycle()
    payload = (10**10).to_bytes(8, "little") + data.draw(
        st.binary(min_size=whole.records[Apid.STIMULUS].end - 8, max_size=whole.records[Apid.STIMULUS].end - 8)
    )
    frames = whole.frame(Apid.IDENTIFY, b"") * 3, whole.frame(Apid.STIMULUS, payload)
    for link, stream in zip(("bus", "stimulus"), frames, strict=True):
        getattr(whole.board, link).write(stream)
        at = 0
        while at < len(stream):
            step = data.draw(st.integers(1, 20))
            getattr(pieces.board, link).write(stream[at : at + step])
            at += step
    assert whole.board.bus.read() == pieces.board.bus.read() != b""
    assert whole.board.stimulus.read() == pieces.board.stimulus.read() != b""


def test_a_megabyte_without_a_delimiter_is_one_bad_frame(bench):
    bench.board.bus.write(b"\x55" * 1_000_000)
    bench.board.bus.write(b"\0")
    sensors, _ = bench.cycle()
    assert sensors["frames_bad"] == 1


def test_same_octets_in_same_octets_out(new_bench):
    answers = []
    for _ in range(2):
        bench = new_bench(BoardKind.ADCS)
        out = b""
        for i in range(50):
            bench.command(wheels_counts=[i, -i, 2 * i, 0])
            bench.stimulate(gyro_counts=[i, i, i], sun_sensors_counts=[i] * 6)
            out += bench.board.bus.read() + bench.board.stimulus.read()
        answers.append(out)
    assert answers[0] == answers[1]
