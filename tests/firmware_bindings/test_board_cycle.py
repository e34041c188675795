"""Requirements of both boards: boot, configuration, cycle, time-out, watchdog, health."""

import hashlib
from pathlib import Path

import pytest

import firmware_bindings
from firmware_bindings.host import HostBoard, HostPort
from hal import wire
from hal.links.link import ByteLink, LinkError
from hal.packet import crc16, encode_frame
from hal.wire import Apid, CommandFlag, ResetReason, SensorFlag

SAFE = SensorFlag.OUTPUTS_SAFE


def is_safe(bench, sensors, actuation):
    """Whether actuation and sensors agree that the outputs are safe."""
    if bench.kind == wire.BoardKind.EPS:
        at_rest = actuation["switches"] == sensors["switches"] == wire.EpsSwitch.WHEELS
    else:
        outputs = actuation["wheels_counts"] + actuation["torquers_counts"] + sensors["torquers_driven"]
        at_rest = not any(outputs) and actuation["duty_permille"] == 0
    assert at_rest == bool(sensors["flags"] & SAFE)
    return at_rest


def drive(bench, **values):
    """A command that does something."""
    if bench.kind == wire.BoardKind.EPS:
        bench.command(switches=wire.EpsSwitch.PAYLOAD, **values)
    else:
        bench.command(wheels_counts=[1, 2, 3, 4], torquers_counts=[5, 6, 7], **values)


def test_boot_names_kind_version_and_reason(bench):
    bench.board.reset(ResetReason.POWER_ON)
    ((apid, boot),) = bench.bus()
    assert apid == Apid.BOOT
    assert (boot["kind"], boot["version"], boot["board_time_ns"]) == (bench.kind, wire.FIRMWARE_VERSION, 0)
    assert boot["reset_reason"] == ResetReason.POWER_ON
    assert (boot["fault_pc"], boot["fault_lr"], boot["fault_status"]) == (0, 0, 0)


def test_identity_names_kind_version_source_and_configuration(bare):
    bare.send(Apid.IDENTIFY)
    ((apid, identity),) = bare.bus()
    assert apid == Apid.IDENTITY
    assert (identity["kind"], identity["version"]) == (bare.kind, wire.FIRMWARE_VERSION)
    assert identity["source"] == source_fingerprint()
    assert identity["config_crc"] == 0
    payload = bare.configure()
    bare.send(Apid.IDENTIFY)
    ((_, identity),) = bare.bus()
    assert identity["config_crc"] == crc16(payload)


def source_fingerprint():
    """First octets of the SHA-256 of the firmware's files: of the source, whatever it was built for."""
    root = Path(firmware_bindings.__file__).parent
    files = sorted(f for folder in ("boards", "core", "devices") for f in (root / folder).rglob("*.[ch]"))
    return int(hashlib.sha256(b"".join(f.read_bytes() for f in files)).hexdigest()[:8], 16)


def test_actuation_counts_the_octets_put_on_the_bus(bench):
    """The simulator's side knows from it how many octets to take from the bus first."""
    put = len(b"\0" + encode_frame(Apid.BOOT, 0, 0, bytes(wire.Boot.end)))
    for _ in range(1800):  # more than 2^16 octets
        bench.stimulate()
        octets = bench.board.bus.read()
        put += len(octets)
        ((_, actuation),) = bench.received(bench.stimulus_decoder, bench.board.stimulus)
        assert actuation["bus_octets"] == put % 65536
    assert put > 65536
    bench.board.reset(ResetReason.SOFTWARE)
    boot = bench.board.bus.read()
    bench.stimulate()
    ((_, actuation),) = bench.received(bench.stimulus_decoder, bench.board.stimulus)
    assert actuation["bus_octets"] == len(boot) + len(bench.board.bus.read())


def test_one_stimulus_is_one_cycle(bench):
    for count in range(5):
        sensors, _ = bench.cycle()
        assert sensors["cycle"] == count
        assert sensors["flags"] & SensorFlag.STIMULUS
        assert sensors["flags"] & SensorFlag.CONFIGURED
    assert bench.board.stimulus.read() == b""
    assert bench.board.bus.read() == b""


def test_several_stimuli_in_one_write_are_as_many_cycles(bench):
    frames = b""
    for t_ms in (100, 200, 300):
        stimulus = bytearray(bench.records[Apid.STIMULUS].end)
        stimulus[:8] = (t_ms * 1_000_000).to_bytes(8, "little")
        frames += bench.frame(Apid.STIMULUS, bytes(stimulus))
    bench.board.stimulus.write(frames)
    times = [fields["board_time_ns"] for _, fields in bench.bus()]
    assert times == [100_000_000, 200_000_000, 300_000_000]


def test_nothing_runs_without_a_stimulus(bench):
    drive(bench)
    assert bench.board.stimulus.read() == b""
    assert bench.board.bus.read() == b""


def test_before_configuration_outputs_are_safe_and_commands_refused(bare):
    drive(bare)
    sensors, actuation = bare.cycle()
    assert not any(sensors["torquers_driven"] if bare.kind == wire.BoardKind.ADCS else [actuation["switches"]])
    assert sensors["flags"] & SAFE
    assert not sensors["flags"] & (SensorFlag.CONFIGURED | SensorFlag.COMMAND_TIMEOUT)
    assert (sensors["commands_accepted"], sensors["commands_rejected"]) == (0, 1)


def test_configured_without_command_is_safe_and_times_out(bench):
    period, timeout = bench.period_ms, 10 * bench.period_ms
    for age in range(0, timeout + period, period):
        sensors, actuation = bench.cycle()
        assert is_safe(bench, sensors, actuation)
        assert bool(sensors["flags"] & SensorFlag.COMMAND_TIMEOUT) == (age >= timeout)


def test_command_is_applied_in_the_next_cycle_and_held(bench):
    drive(bench)
    for _ in range(3):
        assert not is_safe(bench, *bench.cycle())


def test_silence_makes_outputs_safe_after_the_time_out_until_the_next_command(bench):
    period, timeout = bench.period_ms, 10 * bench.period_ms
    drive(bench)
    for age in range(0, timeout + 3 * period, period):
        sensors, actuation = bench.cycle()
        assert is_safe(bench, sensors, actuation) == (age >= timeout)
        assert bool(sensors["flags"] & SensorFlag.COMMAND_TIMEOUT) == (age >= timeout)
    drive(bench)
    sensors, actuation = bench.cycle()
    assert not is_safe(bench, sensors, actuation)
    assert not sensors["flags"] & SensorFlag.COMMAND_TIMEOUT


def test_any_valid_command_refreshes_the_time_out_a_repeated_one_too(bench):
    """The bus keeps order and a restarted flight computer starts from any number, so no sequence number is stale."""
    for _ in range(25):
        drive(bench, seq=77)
        sensors, actuation = bench.cycle()
        assert not is_safe(bench, sensors, actuation)
        assert sensors["command_seq"] == 77


def test_command_without_outputs_enabled_asks_for_safe_outputs(bench):
    drive(bench)
    assert not is_safe(bench, *bench.cycle())
    drive(bench, flags=0)
    sensors, actuation = bench.cycle()
    assert is_safe(bench, sensors, actuation)
    assert not sensors["flags"] & SensorFlag.COMMAND_TIMEOUT


def test_missed_cycles_reset_the_board_by_its_watchdog(bench):
    drive(bench)
    bench.cycle()
    bench.stimulate(after_ms=bench.period_ms * 5 // 2 + 1)
    (boot_apid, boot), (_, sensors) = bench.bus()
    assert boot_apid == Apid.BOOT
    assert boot["reset_reason"] == sensors["reset_reason"] == ResetReason.WATCHDOG
    assert boot["board_time_ns"] == sensors["board_time_ns"] == bench.t_ms * 1_000_000
    assert sensors["cycle"] == 0
    assert sensors["flags"] & SAFE
    assert not sensors["flags"] & SensorFlag.CONFIGURED
    assert sensors["commands_accepted"] == 0
    assert len(bench.received(bench.stimulus_decoder, bench.board.stimulus)) == 1
    bench.configure()
    drive(bench)
    assert not is_safe(bench, *bench.cycle())


def test_watchdog_spares_a_cycle_that_is_just_in_time(bench):
    bench.cycle()
    sensors, _ = bench.cycle(after_ms=bench.period_ms * 5 // 2)
    assert sensors["cycle"] == 1
    assert sensors["reset_reason"] == ResetReason.POWER_ON


def test_watchdog_waits_for_the_first_configured_cycle(bare):
    bare.cycle()
    bare.cycle(after_ms=3_600_000)
    bare.configure()
    sensors, _ = bare.cycle(after_ms=3_600_000)
    assert sensors["reset_reason"] == ResetReason.POWER_ON


@pytest.mark.parametrize("reason", list(ResetReason), ids=lambda reason: reason.name.lower())
def test_reset_forgets_all_but_time_and_says_why(bench, reason):
    drive(bench)
    bench.cycle()
    bench.board.bus.write(b"\x05unfinished")
    bench.board.reset(reason)
    ((apid, boot),) = bench.bus()
    assert apid == Apid.BOOT
    assert boot["reset_reason"] == reason
    assert boot["board_time_ns"] == bench.t_ms * 1_000_000
    bench.configure()
    sensors, actuation = bench.cycle()
    assert (sensors["cycle"], sensors["commands_accepted"], sensors["frames_bad"]) == (0, 1, 0)
    assert is_safe(bench, sensors, actuation)


def test_a_reset_ends_what_was_half_sent(bench):
    """Half a frame on the bus before a reset does not take BOOT with it."""
    bench.bus_decoder.feed(b"\x20half a frame")
    bench.board.reset(ResetReason.EXTERNAL)
    assert [p[0] & 0xFF for p in bench.bus_decoder.feed(bench.board.bus.read())] == [Apid.BOOT]


def test_octets_sent_before_a_reset_can_still_be_read(bench):
    bench.stimulate()
    bench.board.reset(ResetReason.FAULT)
    assert [apid for apid, _ in bench.bus()] == [Apid.SENSORS, Apid.BOOT]


def rejected(bench):
    """Commands rejected so far, and what the outputs are, from one more cycle."""
    sensors, actuation = bench.cycle()
    del actuation["board_time_ns"]
    return sensors["commands_rejected"], sensors["command_seq"], actuation


@pytest.mark.parametrize(
    ("apid", "packet_type", "size"),
    [
        (Apid.COMMAND, 1, -1),
        (Apid.COMMAND, 1, 1),
        (Apid.COMMAND, 0, 0),
        (Apid.CONFIG, 1, 1),
        (Apid.CONFIG, 0, 0),
        (Apid.IDENTIFY, 1, 1),
        (Apid.IDENTIFY, 0, 0),
        (Apid.SENSORS, 1, 0),
        (Apid.STIMULUS, 0, 0),
        (0x7FF - wire.EPS_OFFSET, 1, 0),
    ],
)
def test_wrong_length_type_or_apid_is_counted_and_changes_nothing(bench, apid, packet_type, size):
    drive(bench)
    _, seq, outputs = rejected(bench)
    record = bench.records.get(apid)
    payload = bytes((record.end if record else 0) + size)
    bench.board.bus.write(bench.frame(apid, payload, packet_type))
    assert rejected(bench) == (1, seq, outputs)


def test_packets_for_the_other_kind_of_board_are_refused(new_bench):
    adcs, eps = (new_bench(kind) for kind in (wire.BoardKind.ADCS, wire.BoardKind.EPS))
    adcs.board.bus.write(eps.frame(Apid.IDENTIFY, b""))
    eps.board.bus.write(adcs.frame(Apid.IDENTIFY, b""))
    assert rejected(adcs)[0] == rejected(eps)[0] == 1


def test_unknown_command_flags_are_refused(bench):
    drive(bench)
    _, seq, outputs = rejected(bench)
    for flag in range(1, 16):
        drive(bench, flags=CommandFlag.OUTPUTS_ENABLED | 1 << flag)
    assert rejected(bench) == (15, seq, outputs)


@pytest.mark.parametrize(
    "change",
    [
        {"period_ms": 0},
        {"command_timeout_ms": 99},
        {"watchdog_ms": 100},
    ],
    ids=str,
)
def test_impossible_timing_is_refused_and_the_configuration_in_force_stays(bench, change):
    payload = bench.configure()
    bench.configure(**{"period_ms": 100, **change})
    sensors, _ = bench.cycle()
    assert sensors["commands_rejected"] == 1
    bench.send(Apid.IDENTIFY)
    ((_, boot),) = bench.bus()
    assert boot["config_crc"] == crc16(payload)


@pytest.mark.parametrize("t_ms", [0, -1, -100])
def test_time_that_does_not_advance_is_refused(bench, t_ms):
    bench.cycle()
    bench.stimulate(after_ms=t_ms)
    assert bench.board.stimulus.read() == b""
    bench.t_ms -= t_ms
    sensors, _ = bench.cycle()
    assert (sensors["cycle"], sensors["frames_bad"], sensors["stimuli_bad"]) == (1, 0, 1)


@pytest.mark.parametrize("time_ns", [-1, 1 << 62, (1 << 63) - 1])
def test_absurd_time_is_refused(bench, time_ns):
    """A stimulus with an impossible board time triggers no cycle and is counted."""
    payload = time_ns.to_bytes(8, "little", signed=True) + bytes(bench.records[Apid.STIMULUS].end - 8)
    bench.board.stimulus.write(bench.frame(Apid.STIMULUS, payload))
    sensors, _ = bench.cycle()
    assert (sensors["cycle"], sensors["frames_bad"], sensors["stimuli_bad"]) == (0, 0, 1)


def test_counters_count_every_packet_and_frame(bench):
    drive(bench)
    bench.send(Apid.IDENTIFY)
    bench.board.bus.write(b"\x02\x00" + b"\x09garbage\x00")
    bench.board.stimulus.write(b"\x01\x01\x00")
    bench.bus()
    sensors, _ = bench.cycle()
    assert (sensors["commands_accepted"], sensors["commands_rejected"]) == (3, 0)
    assert (sensors["frames_bad"], sensors["stimuli_bad"]) == (2, 1)


def test_a_reset_within_a_command_and_a_stimulus_is_one_bad_frame_of_each(bench):
    """The counts of the bus explain each frame that flight has sent, once; lost stimuli are not among them."""
    bench.cycle()
    octets = bench.frame(Apid.IDENTIFY, b"")
    bench.board.bus.write(octets[:5])
    stimulus = bench.frame(Apid.STIMULUS, bytes(bench.records[Apid.STIMULUS].end))
    bench.board.stimulus.write(stimulus[:20])
    bench.board.reset(ResetReason.FAULT)
    bench.board.bus.write(octets[5:])
    bench.board.stimulus.write(stimulus[20:])
    bench.bus()
    sensors, _ = bench.cycle()
    counted = sensors["commands_accepted"] + sensors["commands_rejected"] + sensors["frames_bad"]
    assert (counted, sensors["frames_bad"], sensors["stimuli_bad"]) == (1, 1, 1)


def test_packet_counters_advance_by_one_and_wrap(new_bench):
    bench = new_bench(wire.BoardKind.EPS)
    counts = []
    for _ in range(16390):
        bench.stimulate()
        counts += [seq for _, _, seq, _ in bench.bus_decoder.feed(bench.board.bus.read())]
    assert counts == [n % 0x4000 for n in range(16390)]


def test_unread_octets_are_dropped_by_whole_frames(bench):
    for _ in range(200):
        bench.stimulate()
    unread = bench.bus()
    assert 10 < len(unread) < 200
    bench.board.stimulus.read()
    sensors, _ = bench.cycle()
    assert sensors["cycle"] == 200


def test_ends_are_links(bench):
    """Both ends of a board satisfy `ByteLink` and take any buffer."""
    board = bench.board
    assert isinstance(board.bus, ByteLink)
    assert board.bus.read() == b""
    board.bus.write(bytearray(bench.frame(Apid.IDENTIFY, b"")))
    board.bus.write(memoryview(b""))
    assert len(board.bus.read()) == wire.Identity.end + 10  # header, CRC, COBS, delimiter
    with pytest.raises(TypeError):
        board.bus.write("text")
    board.bus.close()
    with pytest.raises(LinkError, match="closed"):
        board.bus.write(b"")
    with pytest.raises(LinkError, match="closed"):
        board.bus.read()
    board.bus.close()
    bench.stimulate()
    assert board.stimulus.read() != b""


def test_a_board_of_no_kind_and_a_port_of_no_board_are_refused():
    with pytest.raises(ValueError, match="BoardKind"):
        HostBoard(7)
    with pytest.raises(ValueError, match="ResetReason"):
        HostBoard(1).reset(9)
    with pytest.raises(TypeError, match="HostBoard"):
        HostPort()
    with pytest.raises(LinkError, match="closed"):
        HostPort.__new__(HostPort).read()
