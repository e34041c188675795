"""Pool sections of estimation."""

from __future__ import annotations

import enum

from fsw.core.section import KEYFRAMES, Section
from hal.record import field

HISTORY_DEPTH = 16  # entries of the measurement history: one gyro interval each
HISTORY_SLOTS = 4  # measurements an entry can hold
STATE_SIZE = 28  # numbers of a filter state: q_bi 4, bias 3, covariance blocks 6 + 9 + 6 (struct Mekf)


@enum.unique
class MeasurementKind(enum.IntEnum):
    """Kinds of measurements in the history."""

    DIRECTION = 1
    ATTITUDE = 2


@enum.unique
class HistoryStatus(enum.IntEnum):
    """The fate of a measurement."""

    APPLIED = 0
    REFUSED = 1  # by the chi-square gate
    LATE = 2  # valid before the oldest interval kept
    EARLY = 3  # valid after the newest gyro increment
    FULL = 4  # too many measurements in one interval


class BodySection(Section):
    """Measurements in body axes, mounted and calibrated with flight's copy of the vehicle file."""

    section = "body"
    writer = "sense"
    record_hz = 1
    gyro_t_ns = field("i8", unit="ns", doc="end of the angle increment")
    gyro_dt_s = field("f8", unit="s", doc="interval of the angle increment")
    dtheta_b_rad = field("f8", 3, unit="rad", doc="angle increment about body axes, bias included")
    rate_bi_b_radps = field("f8", 3, unit="rad/s", doc="dtheta over dt, bias included")
    mag_t_ns = field("i8", unit="ns", doc="time of validity of the field")
    mag_b_tesla = field("f8", 3, unit="T", doc="flux density in body axes")
    sun_t_ns = field("i8", unit="ns", doc="time of validity of the Sun vector")
    sun_b = field("f8", 3, doc="unit vector to the Sun from the coarse sensors")
    sun_strength = field("f8", doc="norm of the least-squares Sun vector, 1 in full sunlight")
    str_t_ns = field("i8", unit="ns", doc="time of validity of the star-tracker attitude")
    q_bi_str = field("f8", 4, doc="star-tracker attitude, GCRF to body")
    wheel_momentum_b_nms = field("f8", 3, unit="N m s", doc="wheel momentum in body axes")
    gyro_valid = field("u1", doc="1 when the increment is new and valid in this tick")
    mag_valid = field("u1", doc="1 when the field is new and valid in this tick")
    sun_valid = field("u1", doc="1 when the Sun vector is new and usable in this tick")
    str_source = field("u1", doc="number of the star tracker in use, from 0 in the order of the vehicle file")
    str_valid = field("u1", doc="1 when the star-tracker attitude is new and valid in this tick")
    wheels_valid = field("u1", doc="1 when the wheel speeds are valid")
    gyro_heard = field("u1", doc="1 when an increment came in this tick, used or not (fdir.excluded)")
    mag_heard = field("u1", doc="1 when a field came in this tick, used or not")
    str_heard = field("u1", doc="1 when a star-tracker attitude came in this tick, used or not")
    wheels_new = field("u1", doc="1 when the wheel speeds came in this tick")


class AttitudeSection(Section):
    """The attitude estimate at this tick's t_ns."""

    section = "attitude"
    writer = "estimate"
    record_hz_of = (("p", 1),)
    q_bi = field("f8", 4, doc="GCRF to body, scalar last")
    rate_bi_b_radps = field("f8", 3, unit="rad/s", doc="body rate, bias removed")
    bias_b_radps = field("f8", 3, unit="rad/s", doc="gyro bias")
    p = field("f8", (6, 6), doc="covariance of [attitude error rad, bias error rad/s], body axes")
    sigma_rad = field("f8", unit="rad", doc="root of the trace of the attitude covariance")
    nis_mag = field("f8", doc="normalised innovation squared of the last magnetometer update (2 dof)")
    nis_sun = field("f8", doc="the same, Sun vector (2 dof)")
    nis_str = field("f8", doc="the same, star tracker (3 dof)")
    mag_accepted = field("u4", doc="updates that passed the gate")
    mag_rejected = field("u4", doc="updates that the gate refused")
    sun_accepted = field("u4", doc="updates that passed the gate")
    sun_rejected = field("u4", doc="updates that the gate refused")
    str_accepted = field("u4", doc="updates that passed the gate")
    str_rejected = field("u4", doc="updates that the gate refused")
    str_age_s = field("f8", unit="s", doc="time since the last accepted star-tracker attitude was valid")
    initialisations = field("u4", doc="starts of the filter, the first included")
    dropped = field("u4", doc="measurements out of the history: too old, in the future or too many at once")
    valid = field("u1", doc="1 when the filter is initialised and propagating")
    rate_valid = field("u1", doc="1 when rate_bi_b_radps is of this tick and can be believed")
    sources = field("u1", doc="AttitudeSource: the configuration of the estimator")


class EstimatorHistorySection(Section):
    """The filter itself: states after each gyro interval, with what is needed to apply a late measurement.

    Entry k covers the interval that ends at t_ns[k]. A measurement belongs to the entry in whose interval it was
    valid; when one arrives late, the entries from there on are computed again.
    """

    section = "estimator_history"
    writer = "estimate"
    record_hz = KEYFRAMES
    t_ns = field("i8", HISTORY_DEPTH, unit="ns", doc="end of the interval")
    dtheta_b_rad = field("f8", (HISTORY_DEPTH, 3), unit="rad", doc="angle increment over it, bias included")
    extra_variance_rad2 = field("f8", HISTORY_DEPTH, unit="rad^2", doc="angle variance added for bridged gaps")
    state = field("f8", (HISTORY_DEPTH, STATE_SIZE), doc="filter state at its end, all its measurements applied")
    meas_t_ns = field("i8", (HISTORY_DEPTH, HISTORY_SLOTS), unit="ns", doc="times of validity, ascending")
    meas_z = field("f8", (HISTORY_DEPTH, HISTORY_SLOTS, 4), doc="direction in body axes, or attitude q_bi")
    meas_r_i = field("f8", (HISTORY_DEPTH, HISTORY_SLOTS, 3), doc="direction in inertial axes")
    meas_variance = field("f8", (HISTORY_DEPTH, HISTORY_SLOTS), unit="rad^2", doc="variance that the gate uses")
    meas_weight_variance = field("f8", (HISTORY_DEPTH, HISTORY_SLOTS), unit="rad^2", doc="that the update uses")
    meas_kind = field("u1", (HISTORY_DEPTH, HISTORY_SLOTS), doc="1 direction, 2 attitude")
    meas_count = field("u1", HISTORY_DEPTH, doc="measurements in the entry")
    newest = field("u4", doc="index of the newest entry")
    count = field("u4", doc="entries in use")
    str_refused = field("u4", doc="star-tracker attitudes refused in a row")
    mag_refused = field("u4", doc="field vectors refused in a row")
    str_t_ns = field("i8", unit="ns", doc="validity of the last accepted star-tracker attitude")
    mag_t_ns = field("i8", unit="ns", doc="validity of the last field vector")
    sun_t_ns = field("i8", unit="ns", doc="validity of the last Sun vector")
    initialised = field("u1", doc="1 when the states mean something")
    str_begin_ns = field("i8", unit="ns", doc="start of the filter after refusals by the star tracker, 0: none")
    str_heard_ns = field("i8", unit="ns", doc="validity of the last attitude heard from the star tracker")
    str_heard_q_bi = field("f8", 4, doc="that attitude")
    str_turn_b_rad = field("f8", 3, unit="rad", doc="turn to it from the one before, less what the rate says of it")
    str_follows = field("u1", doc="1 when that turn means something")
    str_noise_b_rad2 = field("f8", 6, unit="rad^2", doc="noise that the star tracker shows, upper triangle, body axes")
    str_noise_ratio = field("f8", doc="its variance over the one declared, mean of three axes")
    str_noise_typical = field("f8", doc="the same, no single change counted above 10: outliers and jumps are no noise")


class MagCalibrationSection(Section):
    """Magnetometer correction in body axes, estimated while the star tracker gives the attitude.

    corrected = measured + correction @ [1, measured / 4e-5 T].
    """

    section = "mag_calibration"
    writer = "estimate"
    record_hz = 1
    correction_b_tesla = field("f8", (3, 4), unit="T", doc="offset and, at 40 uT along each axis, linear part")
    p = field("f8", 10, unit="T^2", doc="covariance of one row, upper triangle; the same for every row")
    residual_b_tesla = field("f8", 3, unit="T", doc="model minus corrected field at the last update")
    updates = field("u4", doc="field vectors used")


class RateModelSection(Section):
    """Body rate from the balance of angular momentum: replaces the gyro, and checks it."""

    section = "rate_model"
    writer = "estimate"
    record_hz = 1
    t_ns = field("i8", unit="ns", doc="time of the state")
    momentum_b_nms = field("f8", 3, unit="N m s", doc="angular momentum of body and wheels, body axes")
    rate_bi_b_radps = field("f8", 3, unit="rad/s", doc="body rate that follows from it and the wheels' speeds")
    innovation_b_radps = field(
        "f8", 3, unit="rad/s", doc="gyro less its bias, minus that rate, before it was corrected"
    )
    sigma_radps = field("f8", unit="rad/s", doc="how far the rate may be off, as the filter takes it at a switch")
    wheels_t_ns = field("i8", unit="ns", doc="time of the last wheel speeds")
    since_ns = field("i8", unit="ns", doc="mission time of the last switch between gyro and balance")
    valid = field("u1", doc="1 when it has been set by a gyro or the filter and the wheels speak")
    in_use = field("u1", doc="1 while the filter runs on it instead of the gyro")
