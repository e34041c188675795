"""Battery, solar arrays and loads.

The battery is an open-circuit voltage behind an internal resistance (Wertz, Everett & Puschell, Space Mission
Engineering: The New SMAD, 2011, 21.2): the power P into it gives the current I from P = (V_oc + R I) I. The voltage
curve is a lithium-ion cell's, scaled between the declared empty and full voltages; the capacity in charge is the
declared energy over the curve's mean voltage. A full battery takes no more: the arrays are then shunted.
"""

from __future__ import annotations

from libc.math cimport sqrt
from libc.stdint cimport int16_t, uint16_t

from hal_wire cimport EPS_SWITCH_PAYLOAD, EPS_SWITCH_RADIO_TX, EPS_SWITCH_WHEELS
from sim.devices._device cimport to_counts
from sim.devices._truth cimport TruthCopy, irradiance
from sim.physics._algebra cimport dot
from sim_devices_power_records cimport PowerTruth

from hal.devices.power.kind import MAX_ARRAYS
from sim.devices.power.records import PowerTruth as PowerTruthClass

assert MAX_ARRAYS == ARRAYS

cdef enum:
    GAUGE

cdef struct Gauges:                        # its channels
    uint16_t bus_mv
    int16_t battery_ma
    uint16_t array_cw
    uint16_t load_cw
    uint16_t soc_counts
    uint16_t temperature_ck


# Open-circuit voltage of a graphite/NCA cell between empty (3.0 V) and full (4.2 V) in steps of 0.1 of charge.
cdef double[11] OCV = [0.0, 0.36, 0.47, 0.53, 0.57, 0.62, 0.69, 0.78, 0.86, 0.92, 1.0]
cdef double OCV_MEAN = (0.5 * (OCV[0] + OCV[10]) + OCV[1] + OCV[2] + OCV[3] + OCV[4] + OCV[5] + OCV[6] + OCV[7]
                        + OCV[8] + OCV[9]) / 10.0
cdef double HEAT_CAPACITY_JPK = 700.0      # 0.7 kg of cells at 1000 J/(kg K)
cdef double CONDUCTANCE_WPK = 0.3          # to the structure
cdef double STRUCTURE_K = 288.15


cdef double open_circuit_share(double soc) noexcept nogil:
    """The curve between its table points."""
    cdef double x = 10.0 * soc
    cdef int k = 0 if x <= 0.0 else 9 if x >= 9.0 else <int>x
    return OCV[k] + (x - k) * (OCV[k + 1] - OCV[k])


cdef class Power(DeviceModel):
    """Electrical power system; loads follow the switches that the EPS board has in force."""

    TRUTH = PowerTruthClass
    ERRORS = ("gauge",)

    def __init__(self, spec: object, wheels: int, seed: int, errors: object = None, name: str = "power") -> None:
        """`spec`: `hal.devices.power.kind.Power`; `wheels`: number of wheels, for their idle load."""
        DeviceModel.__init__(self, name, seed, errors)
        self.arrays = len(spec.arrays)
        for k in range(self.arrays):
            for j in range(3):
                self.normal_b[k][j] = spec.arrays[k].normal_b[j]
            self.array_full_w[k] = spec.arrays[k].power_w
            self.array_share[k] = 1.0
        self.empty_v = spec.voltage_empty_v
        self.span_v = spec.voltage_full_v - spec.voltage_empty_v
        self.capacity_c = self.capacity_full_c = 3600.0 * spec.capacity_wh / (self.empty_v + OCV_MEAN * self.span_v)
        self.efficiency = spec.charge_efficiency
        self.resistance_ohm = spec.internal_resistance_ohm
        self.base_w = spec.base_load_w
        self.radio_w = spec.radio_load_w
        self.payload_w = spec.payload_load_w
        self.wheels_w = wheels * spec.wheel_load_w
        self.gauge_error = spec.gauge_sigma * self._draw(1)[0]
        self.soc = spec.initial_state_of_charge
        self.temp_k = STRUCTURE_K
        self.bus_v = self.empty_v + open_circuit_share(self.soc) * self.span_v

    def lose(self, arrays: object = (), capacity: float = 0.0) -> None:
        """Put losses in force, in place of those before: shares (0 to 1) of each array, and of the battery's cells.

        Cells that fail take their charge with them, so the state of charge stays.
        """
        for k in range(self.arrays):
            self.array_share[k] = 1.0 - (arrays[k] if k < len(arrays) else 0.0)
        self.capacity_c = (1.0 - capacity) * self.capacity_full_c

    @property
    def state_of_charge(self) -> float:
        """True state of charge, 0 to 1."""
        return self.soc

    @property
    def battery_current_a(self) -> float:
        """Battery current, positive when charging."""
        return self.current_a

    @property
    def bus_voltage_v(self) -> float:
        """Battery terminal voltage."""
        return self.bus_v

    @property
    def array_power_w(self) -> float:
        """Power that the arrays deliver; when the battery is full, what the loads take."""
        return self.array_w

    @property
    def load_power_w(self) -> float:
        """Power of all loads."""
        return self.load_w

    @property
    def temperature_k(self) -> float:
        """Battery temperature."""
        return self.temp_k

    @property
    def capacity_as(self) -> float:
        """Charge that a full battery holds [A s]."""
        return self.capacity_c

    cdef void flows(self, const TruthRecord* truth, const Surroundings* around) noexcept nogil:
        """Array and load power at this instant."""
        cdef double light = irradiance(truth), cosine
        cdef int k
        self.array_w = 0.0
        for k in range(self.arrays):
            cosine = dot(self.normal_b[k], truth.sun_b)
            if cosine > 0.0:
                self.array_w += self.array_share[k] * self.array_full_w[k] * cosine * light
        self.load_w = self.base_w + around.load_w
        if around.switches & EPS_SWITCH_RADIO_TX:
            self.load_w += self.radio_w
        if around.switches & EPS_SWITCH_PAYLOAD:
            self.load_w += self.payload_w
        if around.switches & EPS_SWITCH_WHEELS:
            self.load_w += self.wheels_w
        for k in range(around.loads):
            self.load_w += around.switched_w[k]

    cdef void advance(self, double dt_s, const TruthRecord* truth, const Surroundings* around) noexcept nogil:
        cdef double open_v = self.empty_v + open_circuit_share(self.soc) * self.span_v
        cdef double power, root, stored
        self.flows(truth, around)
        if self.soc >= 1.0 and self.array_w > self.load_w:
            self.array_w = self.load_w
        power = self.array_w - self.load_w
        root = open_v * open_v + 4.0 * self.resistance_ohm * power
        # I = 2 P / (V + sqrt(V^2 + 4 R P)); below the largest power that the battery can give, it gives that.
        self.current_a = 2.0 * power / (open_v + (sqrt(root) if root > 0.0 else 0.0))
        if root < 0.0:
            self.current_a = -open_v / (2.0 * self.resistance_ohm)
        stored = self.current_a * (self.efficiency if self.current_a > 0.0 else 1.0)
        self.bus_v = open_v + self.resistance_ohm * self.current_a
        self.soc += stored * dt_s / self.capacity_c
        self.soc = 0.0 if self.soc < 0.0 else 1.0 if self.soc > 1.0 else self.soc
        self.temp_k += dt_s / HEAT_CAPACITY_JPK * (
            self.resistance_ohm * self.current_a * self.current_a + (self.current_a - stored) * open_v
            - CONDUCTANCE_WPK * (self.temp_k - STRUCTURE_K))

    cdef void sample(self, const TruthRecord* truth, const Surroundings* around, void* channels) noexcept nogil:
        """Gauge readings in counts."""
        cdef Gauges* out = <Gauges*>channels
        out.bus_mv = <uint16_t>to_counts(self.bus_v, 1e-3, 0, 65535)
        out.battery_ma = <int16_t>to_counts(self.current_a, 1e-3, -32768, 32767)
        out.array_cw = <uint16_t>to_counts(self.array_w, 1e-2, 0, 65535)
        out.load_cw = <uint16_t>to_counts(self.load_w, 1e-2, 0, 65535)
        out.soc_counts = <uint16_t>to_counts(
            self.soc + self.share(GAUGE) * self.gauge_error + (self.added(0) if self.faulty else 0.0), 1e-4, 0, 10000)
        if self.faulty:
            out.soc_counts = <uint16_t>self.shown(0, out.soc_counts, 0.0)
        out.temperature_ck = <uint16_t>to_counts(self.temp_k, 1e-2, 0, 65535)

    cdef void drive(self, const void* channels, int duty_permille, Surroundings* around) noexcept nogil:
        """Put the load switches in force."""
        self.switches = around.switches = (<const uint16_t*>channels)[0]

    cdef void keep(self, void* record) noexcept:
        self.out = <PowerTruth*>record

    cdef void report(self) noexcept nogil:
        self.out.state_of_charge = self.soc
        self.out.bus_voltage_v = self.bus_v
        self.out.battery_current_a = self.current_a
        self.out.array_power_w = self.array_w
        self.out.load_power_w = self.load_w
        self.out.battery_temperature_k = self.temp_k
        self.out.switches = self.switches

    def step(self, dt_s: float, truth: object, switches: int = 0, load_w: float = 0.0,
             switched_w: object = ()) -> None:
        """Advance with a NumPy `TruthRecord` record, and loads of other devices: for tests and tools."""
        cdef TruthCopy copy = TruthCopy(truth)
        cdef Surroundings around
        around.switches, around.load_w, around.loads = switches, load_w, 0
        for power_w in switched_w:
            self.add_switched(&around, power_w)
        self.advance(dt_s, &copy.truth, &around)

    def read(self) -> dict[str, int]:
        """Gauge readings in counts: for tests and tools."""
        cdef Gauges out
        self.sample(NULL, NULL, &out)
        return {"bus_mv": out.bus_mv, "battery_ma": out.battery_ma, "array_cw": out.array_cw, "load_cw": out.load_cw,
                "soc_counts": out.soc_counts, "temperature_ck": out.temperature_ck}
