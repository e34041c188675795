"""Kernel of the truth: state, stepping and the record; `sim.physics.physics` is its public face."""

from libc.stdint cimport int64_t
from libc.string cimport memcpy, memset

from sim.physics import constants
from sim.physics._actuation cimport PIECES, Action, add_action, begin, cut
from sim.physics._algebra cimport (
    add_scaled, apply, apply_transposed, cross, dcm, dot, norm, quaternion_from_dcm, scale)
from sim.physics._body cimport (
    ANGLE, ATTITUDE, MASS, MOMENTUM, STATES, Rotor, friction, gradient_torque, gravity, integrate, load_body, momenta, motors, rates,
    surfaces, worsen_bearing)
from sim.physics._environment cimport new_sky
from hal.handle import Memory
from sim.physics.records import TruthRecord as TruthRecordClass
from sim_physics_records cimport bind_TruthRecord

cdef double EARTH_RATE = constants.EARTH_RATE_RADPS
cdef int64_t SPAN_NS = 1000000000  # the longest interval over which the environment is interpolated


cdef class Physics:
    """Body of `vehicle` (`hal.vehicle.vehicle.Vehicle`) in `environment` with the switches of `options`."""

    def __init__(self, vehicle, options, Environment environment):
        self.environment = environment
        new_sky(&self.sky, environment.ut1_tai_ns)
        self.records = Memory({"truth": TruthRecordClass})
        self.bind(self.records)
        self._step_ns = round(options.step_s * 1e9)
        load_body(&self._body, vehicle, options)

    cdef int attach(self, pool) except -1:
        self.truth = bind_TruthRecord(self, pool, "truth")
        return 0

    @property
    def memory(self):
        """The record as a zero-dimensional structured array: a view, not a copy."""
        return self.records["truth"]

    # ---- Python face -------------------------------------------------------------------------------------------

    def _take(self, Environment environment):
        """Use this environment from now on."""
        self.environment = environment

    def _restart(self, int64_t t_ns, int64_t t_tai_ns, int64_t ut1_tai_ns, double[::1] values):
        """Start from (pos, vel, q_bi, rate, wheel speeds), 13 values and `MAX_WHEELS`."""
        self.check()
        cdef TruthState state
        memset(&state, 0, sizeof(state))
        state.t_ns = t_ns
        state.t_tai_ns = t_tai_ns
        state.ut1_tai_ns = ut1_tai_ns
        memcpy(state.pos_i_m, &values[0], (13 + MAX_WHEELS) * sizeof(double))
        state.mass_kg = self._body.mass_kg
        self.restart(&state)

    def _advance(self, int64_t dt_ns, const int64_t[:, ::1] edges_ns, const double[:, ::1] values,
                 const double[::1] motor_nm):
        """Advance by `dt_ns` with actions as `sim.physics.actuation.packed` gives them."""
        self.check()
        cdef Actuation actuation
        cdef Action* action
        cdef int k
        begin(&actuation, dt_ns)
        for k in range(edges_ns.shape[0]):
            action = add_action(&actuation, edges_ns[k, 0], edges_ns[k, 1])
            memcpy(action.force_b_n, &values[k, 0], 10 * sizeof(double))  # force, torque, dipole, mass flow
        memcpy(actuation.motor_nm, &motor_nm[0], sizeof(actuation.motor_nm))
        self.advance(&actuation)

    def worsen_bearing(self, wheel, spec, options, friction_factor=1.0, seized=False):
        """Give the bearing of wheel number `wheel` (`spec`: `hal.devices.reaction_wheels.kind.Wheel`) a fault; the defaults take it away."""
        if not 0 <= wheel < self._body.rotor_count:
            raise IndexError(f"wheel {wheel}: expected 0 to {self._body.rotor_count - 1}")
        worsen_bearing(&self._body, wheel, spec, options, friction_factor, seized)

    def snapshot(self):
        """Return the complete state as octets, for `restore` on a physics of the same vehicle and options."""
        self.check()
        return ((<char*>&self.state)[:sizeof(TruthState)] + (<char*>&self.around)[:sizeof(TruthEnvironment)]
                + (<char*>self.truth)[:sizeof(TruthRecord)])

    def restore(self, bytes octets):
        """Continue from a snapshot of the right length."""
        self.check()
        cdef const char* source = octets
        memcpy(&self.state, source, sizeof(TruthState))
        memcpy(&self.around, source + sizeof(TruthState), sizeof(TruthEnvironment))
        memcpy(self.truth, source + sizeof(TruthState) + sizeof(TruthEnvironment), sizeof(TruthRecord))
        self.sky.ut1_tai_ns = self.state.ut1_tai_ns

    # ---- Start and advance -------------------------------------------------------------------------------------

    cdef void restart(self, const TruthState* state) noexcept nogil:
        cdef double zero[3]
        self.state = state[0]
        self.sky.ut1_tai_ns = state.ut1_tai_ns
        self.environment.evaluate(state.t_tai_ns, state.pos_i_m, &self.sky, &self.around)
        surfaces(&self._body, state.pos_i_m, state.rate_bi_b_radps, 0.0, &self.around, self.around.density_kgpm3,
                 self.around.sunlit, &self._surface)
        memset(self._motor_nm, 0, sizeof(self._motor_nm))
        memset(&self._mean, 0, sizeof(self._mean))
        memset(zero, 0, sizeof(zero))
        self._report(zero)

    cdef void advance(self, const Actuation* actuation) noexcept nogil:
        cdef double y[STATES]
        cdef Piece pieces[PIECES]
        cdef Piece piece
        cdef int64_t left
        cdef int k, count
        if actuation.dt_ns <= 0:
            return
        count = cut(actuation, pieces)
        self._average(pieces, count, actuation.dt_ns)
        memcpy(y, self.state.pos_i_m, MOMENTUM * sizeof(double))  # position, velocity, attitude
        momenta(&self._body, self.state.rate_bi_b_radps, self.state.wheel_speed_radps, y)
        memset(&y[ANGLE], 0, 3 * sizeof(double))
        y[MASS] = self.state.mass_kg
        if actuation.dt_ns <= SPAN_NS:
            self._span(pieces, count, actuation.dt_ns, actuation.motor_nm, y)
        else:
            for k in range(count):
                piece = pieces[k]
                left = piece.dt_ns
                while left > 0:
                    piece.dt_ns = left if left < SPAN_NS else SPAN_NS
                    self._span(&piece, 1, piece.dt_ns, actuation.motor_nm, y)
                    left -= piece.dt_ns
        memcpy(self.state.pos_i_m, y, MOMENTUM * sizeof(double))
        self.state.mass_kg = y[MASS]
        rates(&self._body, y, self.state.rate_bi_b_radps, self.state.wheel_speed_radps)
        self._report(&y[ANGLE])

    cdef void _average(self, const Piece* pieces, int count, int64_t total_ns) noexcept nogil:
        """Means of what actuators do in this advance, for the record."""
        cdef Mean* mean = &self._mean
        cdef int k
        memset(mean, 0, sizeof(Mean))
        for k in range(count):
            add_scaled(mean.force_b_n, <double>pieces[k].dt_ns, pieces[k].force_b_n)
            add_scaled(mean.torque_b_nm, <double>pieces[k].dt_ns, pieces[k].torque_b_nm)
            add_scaled(mean.dipole_b_am2, <double>pieces[k].dt_ns, pieces[k].dipole_b_am2)
        scale(mean.force_b_n, 1.0 / <double>total_ns)
        scale(mean.torque_b_nm, 1.0 / <double>total_ns)
        scale(mean.dipole_b_am2, 1.0 / <double>total_ns)

    cdef void _span(self, const Piece* pieces, int count, int64_t total_ns, const double* motor_nm,
                    double* y) noexcept nogil:
        """Advance over sub-intervals that share one evaluation of the environment, at their end."""
        cdef TruthEnvironment end
        cdef Held held
        cdef double accel[3]
        cdef double ahead[3]
        cdef double total_s = <double>total_ns * 1e-9, dt, share = 0.0, step_share
        cdef int64_t steps, n
        cdef int i, k
        gravity(&self._body, y, self.around.pole_i, accel)
        for i in range(3):
            ahead[i] = y[i] + total_s * (y[3 + i] + 0.5 * total_s * accel[i])
            held.pole_i[i] = self.around.pole_i[i]
        self.environment.evaluate(self.state.t_tai_ns + total_ns, ahead, &self.sky, &end)
        for i in range(3):
            held.mag_rate_tps[i] = (end.mag_i_tesla[i] - self.around.mag_i_tesla[i]) / total_s
        for k in range(count):
            steps = (pieces[k].dt_ns + self._step_ns - 1) // self._step_ns
            dt = <double>pieces[k].dt_ns * 1e-9 / <double>steps
            step_share = dt / total_s
            self._hold(&pieces[k], &end, &held)
            for n in range(steps):
                self._step(y, dt, &pieces[k], motor_nm, &end, share, step_share, &held)
                share += step_share
        self.around = end
        self.state.t_ns += total_ns
        self.state.t_tai_ns += total_ns

    cdef void _hold(self, const Piece* piece, const TruthEnvironment* end, Held* held) noexcept nogil:
        """What actuators do in a sub-interval, and the angular impulse that they can give in it at most."""
        cdef double start_tesla = norm(self.around.mag_i_tesla), end_tesla = norm(end.mag_i_tesla), torque
        cdef int i
        torque = norm(piece.torque_b_nm)
        for i in range(3):
            held.dipole_b_am2[i] = self._body.residual_b_am2[i]
            if self._body.with_torquers:
                held.dipole_b_am2[i] += piece.dipole_b_am2[i]
        if self._body.with_torquers:
            torque += norm(piece.dipole_b_am2) * (end_tesla if end_tesla > start_tesla else start_tesla)
        self.state.angular_impulse_nms += <double>piece.dt_ns * 1e-9 * torque
        held.pushes = piece.pushes
        memcpy(held.force_b_n, piece.force_b_n, sizeof(held.force_b_n))
        held.mass_flow_kgps = piece.mass_flow_kgps

    cdef void _step(self, double* y, double dt, const Piece* piece, const double* motor_nm,
                    const TruthEnvironment* end, double start_share, double step_share, Held* held) noexcept nogil:
        """One integration step; the environment is linear between `around` and `end`."""
        cdef TruthEnvironment* start = &self.around
        cdef Surface* surface = &self._surface
        cdef double speed[MAX_WHEELS]
        cdef double rate_b[3]
        cdef double mid = start_share + 0.5 * step_share
        cdef int i
        rates(&self._body, y, rate_b, speed)
        motors(&self._body, speed, motor_nm, dt, held.motor_nm)
        memcpy(self._motor_nm, held.motor_nm, sizeof(self._motor_nm))
        surfaces(&self._body, y, rate_b, dt, start,
                 start.density_kgpm3 + mid * (end.density_kgpm3 - start.density_kgpm3),
                 start.sunlit + mid * (end.sunlit - start.sunlit), surface)
        for i in range(3):
            held.mag_i_tesla[i] = start.mag_i_tesla[i] + start_share * (end.mag_i_tesla[i] - start.mag_i_tesla[i])
            held.accel_i_mps2[i] = start.accel_third_body_i_mps2[i] + mid * (
                end.accel_third_body_i_mps2[i] - start.accel_third_body_i_mps2[i]) + (
                surface.drag_i_n[i] + surface.solar_i_n[i]) / y[MASS]
            held.torque_b_nm[i] = surface.drag_b_nm[i] + surface.solar_b_nm[i] + piece.torque_b_nm[i]
        if held.pushes:
            self._add_push(held, y, 0.5 * dt)
        integrate(&self._body, held, dt, y)
        if held.pushes:
            self._add_push(held, y, 0.5 * dt)

    cdef void _add_push(self, const Held* held, const double* y, double dt) noexcept nogil:
        """Add the velocity that the actuators' force gives in `dt` at this attitude and mass."""
        cdef double c_bi[9]
        cdef double force_i[3]
        dcm(&y[ATTITUDE], c_bi)
        apply_transposed(c_bi, held.force_b_n, force_i)
        add_scaled(self.state.dvel_i_mps, dt / y[MASS], force_i)

    # ---- Record ------------------------------------------------------------------------------------------------

    cdef void _report(self, const double* dtheta_b) noexcept nogil:
        """Refresh the record from the state, the environment and the last step."""
        cdef TruthRecord* out = self.truth
        cdef TruthEnvironment* env = &self.around
        cdef double c_bi[9]
        cdef double vel[3]
        out.t_ns = self.state.t_ns
        out.t_tai_ns = self.state.t_tai_ns
        memcpy(out.pos_i_m, self.state.pos_i_m, 13 * sizeof(double))  # position, velocity, attitude, rate
        memcpy(out.dtheta_b_rad, dtheta_b, sizeof(out.dtheta_b_rad))
        memcpy(out.wheel_speed_radps, self.state.wheel_speed_radps, sizeof(out.wheel_speed_radps))
        memcpy(out.wheel_torque_nm, self._motor_nm, sizeof(out.wheel_torque_nm))
        memcpy(out.dipole_b_am2, self._mean.dipole_b_am2, sizeof(out.dipole_b_am2))
        out.mass_kg = self.state.mass_kg
        memcpy(out.force_actuators_b_n, self._mean.force_b_n, sizeof(out.force_actuators_b_n))
        memcpy(out.torque_actuators_b_nm, self._mean.torque_b_nm, sizeof(out.torque_actuators_b_nm))
        memcpy(out.dvel_actuators_i_mps, self.state.dvel_i_mps, sizeof(out.dvel_actuators_i_mps))
        out.angular_impulse_nms = self.state.angular_impulse_nms
        dcm(self.state.q_bi, c_bi)
        memcpy(out.mag_i_tesla, env.mag_i_tesla, sizeof(out.mag_i_tesla))
        apply(c_bi, env.mag_i_tesla, out.mag_b_tesla)
        memcpy(out.sun_i, env.sun_i, sizeof(out.sun_i))
        apply(c_bi, env.sun_i, out.sun_b)
        out.sun_distance_m = env.sun_distance_m
        out.sunlit = env.sunlit
        memcpy(out.moon_i_m, env.moon_i_m, sizeof(out.moon_i_m))
        quaternion_from_dcm(env.c_ei, out.q_ei)
        apply(env.c_ei, self.state.pos_i_m, out.pos_e_m)
        cross(self.state.pos_i_m, env.pole_i, vel)  # minus Earth's rate x position, over the rate
        scale(vel, EARTH_RATE)
        add_scaled(vel, 1.0, self.state.vel_i_mps)
        apply(env.c_ei, vel, out.vel_e_mps)
        out.latitude_rad = env.latitude_rad
        out.longitude_rad = env.longitude_rad
        out.altitude_m = env.altitude_m
        out.density_kgpm3 = env.density_kgpm3
        gravity(&self._body, self.state.pos_i_m, env.pole_i, out.accel_gravity_i_mps2)
        memcpy(out.accel_third_body_i_mps2, env.accel_third_body_i_mps2, sizeof(out.accel_third_body_i_mps2))
        memcpy(out.force_drag_i_n, self._surface.drag_i_n, sizeof(out.force_drag_i_n))
        memcpy(out.force_solar_i_n, self._surface.solar_i_n, sizeof(out.force_solar_i_n))
        self._report_torques(c_bi)

    cdef void _report_torques(self, const double* c_bi) noexcept nogil:
        cdef TruthRecord* out = self.truth
        cdef double pos_b[3]
        cdef const Rotor* rotor
        cdef double k
        cdef int w
        apply(c_bi, self.state.pos_i_m, pos_b)
        gradient_torque(&self._body, pos_b, out.torque_gravity_b_nm)
        memcpy(out.torque_drag_b_nm, self._surface.drag_b_nm, sizeof(out.torque_drag_b_nm))
        memcpy(out.torque_solar_b_nm, self._surface.solar_b_nm, sizeof(out.torque_solar_b_nm))
        cross(self._body.residual_b_am2, out.mag_b_tesla, out.torque_residual_b_nm)
        cross(self._mean.dipole_b_am2, out.mag_b_tesla, out.torque_torquer_b_nm)
        if not self._body.with_torquers:
            memset(out.torque_torquer_b_nm, 0, sizeof(out.torque_torquer_b_nm))
        memset(out.torque_wheel_b_nm, 0, sizeof(out.torque_wheel_b_nm))
        memset(out.wheel_friction_nm, 0, sizeof(out.wheel_friction_nm))
        apply(self._body.inertia, self.state.rate_bi_b_radps, out.momentum_b_nms)
        for w in range(self._body.rotor_count):
            rotor = &self._body.rotors[w]
            out.wheel_friction_nm[w] = friction(rotor, self.state.wheel_speed_radps[w])
            add_scaled(out.torque_wheel_b_nm, out.wheel_friction_nm[w] - self._motor_nm[w], rotor.axis_b)
            k = self.state.wheel_speed_radps[w] + dot(rotor.axis_b, self.state.rate_bi_b_radps)
            add_scaled(out.momentum_b_nms, k * rotor.inertia_kgm2, rotor.axis_b)
