"""What a board carries: the packets that follow from the list of devices, and what they cannot hold."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from firmware_bindings.host import HostBoard
from hal.devices.channels import Channels, Outputs, Readings
from hal.devices.device import Registers
from hal.devices.layout import layout
from hal.devices.registry import kind_of
from hal.drivers.adcs_board import AdcsBoardDriver
from hal.drivers.config import adcs_config, payload
from hal.packet import FrameDecoder, encode_frame
from hal.schema import SchemaError
from hal.vehicle.load import load_vehicle
from hal.wire import NOWHERE, Apid, BoardKind, Chip, CountType, OutputType, RegisterBusType
from tests.board_packets import fields_of
from tests.fsw.sections import exchange_memory

TICK_NS = 100_000_000
MORE = """
base = "reference"
name = "more"
[[device]]
kind = "gyro"
name = "second_gyro"
board = "adcs"
q_sb = [0.0, 0.0, 0.0, 1.0]
angle_random_walk_rad_sqrts = 1e-5
rate_random_walk_radps_sqrts = 1e-8
bias_sigma_radps = 1e-4
scale_factor_sigma = 1e-4
misalignment_sigma_rad = 1e-4
count_rad = 2e-7
range_radps = 5.0
{registers}
[[device]]
kind = "thruster"
name = "jets"
board = "adcs"
propellant = "gas"
propellant_kg = 0.1
specific_impulse_s = 60
pressure_pa = 1e6
pulse_min_s = 0.001
pulse_count_s = 1e-5
pressure_count_pa = 100
[[device.unit]]
position_b_m = [0.0, 0.0, -0.1]
force_b = [0.0, 0.0, 1.0]
thrust_n = 0.02
[[device.unit]]
position_b_m = [0.1, 0.0, -0.1]
force_b = [0.0, 0.0, 1.0]
thrust_n = 0.02
"""
ON_SPI = '[device.registers]\nchip = "bmi088_gyro"\nbus = "spi"\naddress = "PB12"'


def more(tmp_path, registers=""):
    path = tmp_path / "more.toml"
    path.write_text(MORE.format(registers=registers))
    return load_vehicle(path)


def test_the_reference_vehicle_fills_its_packets_without_gaps():
    """SENSORS, STIMULUS, ACTUATION and COMMAND have as many octets as all counts and heads need."""
    carries = layout(load_vehicle())
    counts = 3 * 4 + 3 * 2 + 6 * 2 + 4 * 2
    outputs = (4 + 3) * 2
    assert carries.readings_end == counts
    assert carries.sensors.end == 24 + counts + 3 * 2
    assert (carries.stimulus.end, carries.command.end, carries.actuation.end) == (
        8 + counts + 2,
        4 + outputs,
        12 + outputs,
    )


def test_readings_lie_where_the_list_has_them_naturally_aligned(tmp_path):
    """A second gyro comes after what is before it in the list; counts of four octets begin at a multiple of four."""
    carries = layout(more(tmp_path))
    assert carries.reads_at("second_gyro") == 40  # 38 octets of the reference, two of a gap
    assert carries.reads_at("jets") == 52
    assert carries.reads_at("torquers") == NOWHERE
    for record, head in ((carries.sensors, 24), (carries.stimulus, 8)):
        at = {f.name: f.offset - head for f in record.fields}
        assert (at["second_gyro_counts"], at["jets_counts"]) == (40, 52)


def test_the_configuration_says_what_the_board_carries(tmp_path):
    vehicle = more(tmp_path, ON_SPI)
    said = fields_of(layout(vehicle).config, adcs_config(vehicle))
    assert said["inputs_read"] == [
        [CountType.I4, 3], [CountType.I2, 3], [CountType.U2, 6], [CountType.I2, 4],
        [CountType.I4, 3], [CountType.U2, 1],
    ]  # fmt: skip
    assert said["wheels_group"] == [OutputType.COUNT, 4, 30, 0]  # guarded by the tachometers
    assert said["torquers_group"] == [OutputType.DRIVEN, 3, 12, 0]  # against the field of the magnetometer
    assert said["jets_group"] == [OutputType.PULSE, 2, NOWHERE, 0]
    assert said["jets_limit"] == [10_000, 10_000]  # a cycle of 0.1 s in 10 us
    assert said["register_drivers"] == [[Chip.BMI088_GYRO, 40, RegisterBusType.SPI, 16 + 12]]


@pytest.mark.parametrize(
    ("chip", "bus", "address", "says"),
    [
        ("rm3100", "spi", "PA4", "registers.chip: found 'rm3100', expected 'bmi088_gyro'"),
        ("bmi088_gyro", "spi", "0x20", "registers.address: found '0x20', expected a pin, as PA4"),
        ("bmi088_gyro", "i2c", "PA4", "registers.address: found 'PA4', expected an address of 7 bits, as 0x20"),
        ("bmi088_gyro", "spi", "PD1", "registers.address: found 'PD1', expected a pin, as PA4"),
        ("bmi088_gyro", "can", "1", "registers.bus: found 'can', expected one of: spi, i2c"),
    ],
)
def test_a_chip_that_cannot_be_read_is_refused(tmp_path, chip, bus, address, says):
    table = f'[device.registers]\nchip = "{chip}"\nbus = "{bus}"\naddress = "{address}"'
    with pytest.raises(SchemaError) as caught:
        more(tmp_path, table)
    assert str(caught.value).endswith(f'"second_gyro": {says}')


def test_more_than_a_board_takes_is_refused(tmp_path):
    """Sixteen nozzles fit one device; four such devices are more outputs than the packets have."""
    nozzles = "".join(
        f"[[device.unit]]\nposition_b_m = [0.0, 0.0, -0.{k}1]\nforce_b = [0.0, 0.0, 1.0]\nthrust_n = 0.02\n"
        for k in range(16)
    )
    head = MORE[MORE.index('[[device]]\nkind = "thruster"') : MORE.index("[[device.unit]]")]
    text = 'base = "reference"\nname = "jets"\n' + "".join(
        head.replace('"jets"', f'"jets_{k}"') + nozzles for k in range(4)
    )
    path = tmp_path / "jets.toml"
    path.write_text(text)
    with pytest.raises(SchemaError, match=r"device: found 71 outputs of the board 'adcs', expected at most 48"):
        load_vehicle(path)


class OnBoard:
    """A driver of a vehicle and a board on this host, with a stimulus of zeros but for what is told."""

    def __init__(self, vehicle):
        self.memory = exchange_memory(vehicle)
        self.carries = layout(vehicle)
        self.driver = AdcsBoardDriver(vehicle)
        self.driver.bind(self.memory)
        self.board = HostBoard(BoardKind.ADCS)
        self.t_ns = 0

    def tick(self, **readings):
        """One exchange and one cycle of the board; return what it drives."""
        self.t_ns += TICK_NS
        self.driver.begin(self.t_ns)
        self.board.bus.write(self.driver.send(self.t_ns) or b"")
        stimulus = payload(self.carries.stimulus, {"board_time_ns": self.t_ns} | readings)
        self.board.stimulus.write(encode_frame(Apid.STIMULUS, 0, 0, stimulus))
        self.driver.receive(self.board.bus.read(), self.t_ns)
        self.driver.end(self.t_ns)
        ((_, _, _, octets),) = FrameDecoder().feed(self.board.stimulus.read())
        return fields_of(self.carries.actuation, octets)


def test_two_gyros_and_thrusters_on_a_board(tmp_path):
    """Each gyro has its own sample; a commanded pulse is given once, and at most for a cycle."""
    rig = OnBoard(more(tmp_path))
    command, drive = rig.memory["command"], rig.memory["drive"]
    command["actuators"]["valid"] = 1
    drive["jets"]["pulse_s"][:2] = (0.0123456, 9.0)
    rig.tick()
    driven = rig.tick(gyro_counts=[10, 20, 30], second_gyro_counts=[1, 2, 3], jets_counts=[5000])
    assert driven["jets_counts"] == [1235, 10_000]
    samples = rig.memory["samples"]
    np.testing.assert_allclose(samples["gyro"]["dtheta_s_rad"], np.array([10, 20, 30]) * 1e-7)
    np.testing.assert_allclose(samples["second_gyro"]["dtheta_s_rad"], np.array([1, 2, 3]) * 2e-7)
    assert samples["jets"]["pressure_pa"] == pytest.approx(5e5)
    assert all(samples[name]["valid"] for name in ("gyro", "second_gyro", "jets"))
    rig.board.stimulus.write(
        encode_frame(Apid.STIMULUS, 0, 0, payload(rig.carries.stimulus, {"board_time_ns": rig.t_ns + TICK_NS}))
    )
    ((_, _, _, octets),) = FrameDecoder().feed(rig.board.stimulus.read())
    assert fields_of(rig.carries.actuation, octets)["jets_counts"] == [0, 0]  # no new command came


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Readings(CountType.I2, "x", (1.0, 1.0), (1.0,)), "found 1 of largest, expected one for each of 2"),
        (lambda: Readings(CountType.I2, "x", (), ()), "found 0 of largest, expected one for each of 0 counts, and at"),
        (lambda: Outputs(OutputType.COUNT, "c", "x", (1.0,), (1, 2)), "found 2 of limit, expected one for each of 1"),
        (lambda: Outputs(OutputType.COUNT, "c", "x", (1.0,), (1,), guard=(1, 2)), "found 2 of guard"),
        (lambda: Outputs(OutputType.PULSE, "c", "x", (1.0,), (1,), safe=(1, 2)), "found 2 of safe"),
    ],
)
def test_channels_have_one_of_everything_for_each_count(make, says):
    with pytest.raises(ValueError, match=f"^channels of x: {says}"):
        make()


def test_a_kind_with_more_counts_than_its_sample_has_values_is_refused():
    """Nothing is written beyond a sample."""
    kind = kind_of(load_vehicle().device("magnetometer"))
    four = Channels(Readings(CountType.I2, "mag_s_tesla", (1e-9,) * 4, (1e-4,) * 4))
    wide = dataclasses.replace(kind, channels=lambda _vehicle, _device: four)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hal.devices.layout.kind_of", lambda d: wide if d.name == "magnetometer" else kind_of(d))
        driver = AdcsBoardDriver(load_vehicle())
        with pytest.raises(
            TypeError, match=r"samples\.magnetometer\.mag_s_tesla: found 3 values, expected one for each of 4"
        ):
            driver.bind(exchange_memory())


def test_outputs_that_are_not_finite_are_safe(tmp_path):
    rig = OnBoard(more(tmp_path))
    rig.memory["command"]["actuators"]["valid"] = 1
    rig.memory["command"]["actuators"]["wheel_torque_nm"][0] = 1e-3
    rig.memory["drive"]["jets"]["pulse_s"][1] = np.nan
    rig.tick()
    driven = rig.tick()
    assert driven["jets_counts"] == [0, 0]
    assert driven["wheels_counts"] == [0, 0, 0, 0]


def test_a_port_without_the_bus_leaves_the_stimulus(tmp_path):
    """A board on this host has no registers: what the simulator says is what flight gets."""
    rig = OnBoard(more(tmp_path, ON_SPI))
    rig.tick()
    rig.tick(second_gyro_counts=[7, 8, 9])
    np.testing.assert_allclose(rig.memory["samples"]["second_gyro"]["dtheta_s_rad"], np.array([7, 8, 9]) * 2e-7)


def test_registers_are_a_key_of_devices_on_boards():
    gyro = dataclasses.replace(
        load_vehicle().device("gyro"), registers=Registers(chip="bmi088_gyro", bus="i2c", address="0x68")
    )
    assert gyro.registers.place() == (RegisterBusType.I2C, 0x68)
