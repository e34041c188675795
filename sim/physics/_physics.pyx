"""Kernel of the truth: forces, torques and the integration; `sim.physics.physics` is its public face.

Unknowns of the integration are the total angular momentum in inertial axes and each rotor's absolute spin momentum
h = Jw (Omega + a . omega), so that H_i' = C^T T and h' = motor - friction need no acceleration, and momentum is
conserved to rounding (Markley & Crassidis 2014, 3.3.5 and 7.5; Hughes, Spacecraft Attitude Dynamics, 1986, 3.4):
J omega = C H_i - sum a h, with J the inertia without the rotors' spin inertia.
"""

from libc.math cimport fabs, sqrt
from libc.stdint cimport int64_t
from libc.string cimport memcpy, memset

import numpy as np

from sim.physics import constants
from sim.physics._algebra cimport (
    add_scaled, apply, apply_transposed, cross, dcm, dot, norm, quaternion_from_dcm)
from sim.physics.records import TruthRecord as TruthRecordClass

cdef double GM = constants.GM_EARTH_M3PS2
cdef double RADIUS = constants.RADIUS_EGM_M
cdef double EARTH_RATE = constants.EARTH_RATE_RADPS
cdef double PRESSURE = constants.SOLAR_CONSTANT_WPM2 / constants.LIGHT_SPEED_MPS
cdef double AU = constants.ASTRONOMICAL_UNIT_M
cdef int64_t SPAN_NS = 1000000000  # the longest interval over which the environment is interpolated


cdef inline void scale(double* v, double k) noexcept nogil:
    v[0] *= k
    v[1] *= k
    v[2] *= k


cdef class Physics:
    """Body of `vehicle` (`hal.vehicle.Vehicle`) in `environment` with the switches of `options`."""

    def __init__(self, vehicle, options, Environment environment):
        self.environment = environment
        self._memory = np.zeros((), TruthRecordClass.dtype())
        if self._memory.nbytes != sizeof(TruthRecord):
            raise TypeError(f"TruthRecord: found {sizeof(TruthRecord)} octets in C, expected {self._memory.nbytes}")
        self.truth = <TruthRecord*><size_t>self._memory.ctypes.data
        self._with_drag = options.drag
        self._with_solar = options.solar_pressure
        self._with_gradient = options.gravity_gradient
        self._with_torquers = options.torquers
        self._with_limits = options.wheel_limits
        self._step_ns = round(options.step_s * 1e9)
        for n, value in constants.ZONAL_J.items():
            self._zonal[<int>n] = value if n <= options.zonal_degree else 0.0
        self._load_body(vehicle.spacecraft, options)
        self._load_wheels(vehicle.wheels, options)

    def _load_body(self, craft, options):
        cdef int i, k
        inertia = np.asarray(craft.inertia_b_kgm2, dtype=np.float64)
        inverse = np.linalg.inv(inertia)
        self._mass_kg = craft.mass_kg
        self._drag_coefficient = craft.drag_coefficient
        for i in range(9):
            self._inertia[i] = self._whole[i] = inertia.flat[i]
            self._inverse[i] = inverse.flat[i]
        for i in range(3):
            self._residual_b_am2[i] = craft.residual_dipole_b_am2[i] if options.residual_dipole else 0.0
        self._plate_count = len(craft.faces)
        for k, face in enumerate(craft.faces):
            for i in range(3):
                self._plates[k].normal_b[i] = face.normal_b[i]
                self._plates[k].center_b_m[i] = face.center_b_m[i]
            self._plates[k].area_m2 = face.area_m2
            self._plates[k].absorbed = 1.0 - face.specular
            self._plates[k].specular = face.specular
            self._plates[k].diffuse = face.diffuse

    def _load_wheels(self, wheels, options):
        cdef int i, j, k
        cdef Rotor* rotor
        self._rotor_count = len(wheels)
        for k, wheel in enumerate(wheels):
            rotor = &self._rotors[k]
            for i in range(3):
                rotor.axis_b[i] = wheel.axis_b[i]
            rotor.inertia_kgm2 = wheel.inertia_kgm2
            rotor.torque_max_nm = wheel.torque_max_nm
            rotor.speed_max_radps = wheel.momentum_max_nms / wheel.inertia_kgm2
            rotor.coulomb_nm = wheel.friction_coulomb_nm if options.wheel_friction else 0.0
            rotor.viscous_nms = wheel.friction_viscous_nms if options.wheel_friction else 0.0
            # wide enough for a stable step through zero speed
            rotor.width_radps = max(
                options.coulomb_width_radps, 2.0 * options.step_s * rotor.coulomb_nm / rotor.inertia_kgm2)
            for i in range(3):
                for j in range(3):
                    self._whole[3 * i + j] += rotor.inertia_kgm2 * rotor.axis_b[i] * rotor.axis_b[j]

    @property
    def memory(self):
        """The record as a zero-dimensional structured array: a view, not a copy."""
        return self._memory

    # ---- Python face -------------------------------------------------------------------------------------------

    def _restart(self, int64_t t_ns, int64_t t_tai_ns, int64_t ut1_tai_ns, double[::1] values):
        """Start from (pos, vel, q_bi, rate, wheel speeds), 17 values."""
        cdef TruthState state
        state.t_ns = t_ns
        state.t_tai_ns = t_tai_ns
        state.ut1_tai_ns = ut1_tai_ns
        memcpy(state.pos_i_m, &values[0], 17 * sizeof(double))
        self.restart(&state)

    def _advance(self, const int64_t[::1] dt_ns, const double[:, ::1] dipole_b_am2, const double[::1] wheel_torque_nm):
        """Advance over sub-intervals given as arrays (n) and (n, 3); at most 16."""
        cdef SubInterval parts[16]
        cdef int k, i, count = <int>dt_ns.shape[0]
        for k in range(count):
            parts[k].dt_ns = dt_ns[k]
            for i in range(3):
                parts[k].dipole_b_am2[i] = dipole_b_am2[k, i]
        self.advance(parts, count, &wheel_torque_nm[0])

    def snapshot(self):
        """Return the complete state as octets, for `restore` on a physics of the same vehicle and options."""
        return ((<char*>&self.state)[:sizeof(TruthState)] + (<char*>&self.around)[:sizeof(TruthEnvironment)]
                + (<char*>self.truth)[:sizeof(TruthRecord)])

    def restore(self, bytes octets):
        """Continue from a snapshot of the right length."""
        cdef const char* source = octets
        memcpy(&self.state, source, sizeof(TruthState))
        memcpy(&self.around, source + sizeof(TruthState), sizeof(TruthEnvironment))
        memcpy(self.truth, source + sizeof(TruthState) + sizeof(TruthEnvironment), sizeof(TruthRecord))
        self.environment.frames._ut1_tai_ns = self.state.ut1_tai_ns

    # ---- Start and advance -------------------------------------------------------------------------------------

    cdef void restart(self, const TruthState* state) noexcept nogil:
        cdef double zero[3]
        cdef double y[STATES]
        self.state = state[0]
        self.environment.frames._ut1_tai_ns = state.ut1_tai_ns
        self.environment.evaluate(state.t_tai_ns, state.pos_i_m, &self.around)
        self._pack(y)
        self._surfaces(y, state.rate_bi_b_radps, 0.0, self.around.density_kgpm3, self.around.sunlit, &self._surface)
        memset(self._motor_nm, 0, sizeof(self._motor_nm))
        memset(zero, 0, sizeof(zero))
        self._report(zero, zero)

    cdef void advance(self, const SubInterval* parts, int count, const double* wheel_torque_nm) noexcept nogil:
        cdef double y[STATES]
        cdef double mean[3]
        cdef SubInterval piece
        cdef int64_t total = 0, left
        cdef int k
        mean[0] = mean[1] = mean[2] = 0.0
        for k in range(count):
            total += parts[k].dt_ns
            add_scaled(mean, <double>parts[k].dt_ns, parts[k].dipole_b_am2)
        if total <= 0:
            return
        scale(mean, 1.0 / <double>total)
        self._pack(y)
        if total <= SPAN_NS:
            self._span(parts, count, total, wheel_torque_nm, y)
        else:
            for k in range(count):
                piece = parts[k]
                left = parts[k].dt_ns
                while left > 0:
                    piece.dt_ns = left if left < SPAN_NS else SPAN_NS
                    self._span(&piece, 1, piece.dt_ns, wheel_torque_nm, y)
                    left -= piece.dt_ns
        self._report(&y[17], mean)

    cdef void _span(self, const SubInterval* parts, int count, int64_t total_ns, const double* wheel_torque_nm,
                    double* y) noexcept nogil:
        """Advance over sub-intervals that share one evaluation of the environment, at their end."""
        cdef TruthEnvironment end
        cdef Held held
        cdef double accel[3]
        cdef double ahead[3]
        cdef double total_s = <double>total_ns * 1e-9, dt, share = 0.0, step_share
        cdef int64_t steps, n
        cdef int i, k
        self._gravity(y, self.around.pole_i, accel)
        for i in range(3):
            ahead[i] = y[i] + total_s * (y[3 + i] + 0.5 * total_s * accel[i])
            held.pole_i[i] = self.around.pole_i[i]
        self.environment.evaluate(self.state.t_tai_ns + total_ns, ahead, &end)
        for i in range(3):
            held.mag_rate_tps[i] = (end.mag_i_tesla[i] - self.around.mag_i_tesla[i]) / total_s
        for k in range(count):
            if parts[k].dt_ns <= 0:
                continue
            steps = (parts[k].dt_ns + self._step_ns - 1) // self._step_ns
            dt = <double>parts[k].dt_ns * 1e-9 / <double>steps
            step_share = dt / total_s
            for i in range(3):
                held.dipole_b_am2[i] = self._residual_b_am2[i]
                if self._with_torquers:
                    held.dipole_b_am2[i] += parts[k].dipole_b_am2[i]
            for n in range(steps):
                self._step(y, dt, wheel_torque_nm, &end, share, step_share, &held)
                share += step_share
        self.around = end
        self.state.t_ns += total_ns
        self.state.t_tai_ns += total_ns
        self._unpack(y)

    cdef void _step(self, double* y, double dt, const double* wheel_torque_nm, const TruthEnvironment* end,
                    double start_share, double step_share, Held* held) noexcept nogil:
        """One classical Runge-Kutta step; the environment is linear between `around` and `end`."""
        cdef double k1[STATES]
        cdef double k2[STATES]
        cdef double k3[STATES]
        cdef double k4[STATES]
        cdef double z[STATES]
        cdef double speed[WHEELS]
        cdef double rate_b[3]
        cdef double mid = start_share + 0.5 * step_share, q
        cdef int i
        self._rates(y, rate_b, speed)
        self._motors(speed, wheel_torque_nm, dt, held.motor_nm)
        memcpy(self._motor_nm, held.motor_nm, sizeof(self._motor_nm))
        self._surfaces(
            y, rate_b, dt, self.around.density_kgpm3 + mid * (end.density_kgpm3 - self.around.density_kgpm3),
            self.around.sunlit + mid * (end.sunlit - self.around.sunlit), &self._surface)
        for i in range(3):
            held.mag_i_tesla[i] = self.around.mag_i_tesla[i] + start_share * (
                end.mag_i_tesla[i] - self.around.mag_i_tesla[i])
            held.accel_i_mps2[i] = self.around.accel_third_body_i_mps2[i] + mid * (
                end.accel_third_body_i_mps2[i] - self.around.accel_third_body_i_mps2[i]) + (
                self._surface.drag_i_n[i] + self._surface.solar_i_n[i]) / self._mass_kg
            held.torque_b_nm[i] = self._surface.drag_b_nm[i] + self._surface.solar_b_nm[i]
        self._derivative(y, 0.0, held, k1)
        for i in range(STATES):
            z[i] = y[i] + 0.5 * dt * k1[i]
        self._derivative(z, 0.5 * dt, held, k2)
        for i in range(STATES):
            z[i] = y[i] + 0.5 * dt * k2[i]
        self._derivative(z, 0.5 * dt, held, k3)
        for i in range(STATES):
            z[i] = y[i] + dt * k3[i]
        self._derivative(z, dt, held, k4)
        for i in range(STATES):
            y[i] += dt / 6.0 * (k1[i] + 2.0 * (k2[i] + k3[i]) + k4[i])
        q = 1.0 / sqrt(y[6] * y[6] + y[7] * y[7] + y[8] * y[8] + y[9] * y[9])
        for i in range(6, 10):
            y[i] *= q

    cdef void _derivative(self, const double* y, double t, const Held* held, double* dy) noexcept nogil:
        cdef double c_bi[9]
        cdef double momentum[3]
        cdef double torque[3]
        cdef double mag_i[3]
        cdef double mag_b[3]
        cdef double moment[3]
        cdef double r_b[3]
        cdef double* rate = &dy[17]
        cdef double speed, k
        cdef int i, w
        for i in range(3):
            dy[i] = y[3 + i]
            torque[i] = held.torque_b_nm[i]
            mag_i[i] = held.mag_i_tesla[i] + t * held.mag_rate_tps[i]
        self._gravity(y, held.pole_i, &dy[3])
        add_scaled(&dy[3], 1.0, held.accel_i_mps2)
        dcm(&y[6], c_bi)
        apply(c_bi, &y[10], momentum)
        for w in range(self._rotor_count):
            add_scaled(momentum, -y[13 + w], self._rotors[w].axis_b)
        apply(self._inverse, momentum, rate)
        for w in range(self._rotor_count):
            speed = y[13 + w] / self._rotors[w].inertia_kgm2 - dot(self._rotors[w].axis_b, rate)
            dy[13 + w] = held.motor_nm[w] - self._friction(w, speed)
        for w in range(self._rotor_count, WHEELS):
            dy[13 + w] = 0.0
        apply(c_bi, mag_i, mag_b)
        cross(held.dipole_b_am2, mag_b, moment)
        add_scaled(torque, 1.0, moment)
        if self._with_gradient:
            apply(c_bi, y, r_b)
            k = dot(r_b, r_b)
            apply(self._whole, r_b, mag_b)
            cross(r_b, mag_b, moment)
            add_scaled(torque, 3.0 * GM / (k * k * sqrt(k)), moment)
        apply_transposed(c_bi, torque, &dy[10])
        # q' = [rate; 0] (x) q / 2
        dy[6] = 0.5 * (y[9] * rate[0] + y[7] * rate[2] - y[8] * rate[1])
        dy[7] = 0.5 * (y[9] * rate[1] + y[8] * rate[0] - y[6] * rate[2])
        dy[8] = 0.5 * (y[9] * rate[2] + y[6] * rate[1] - y[7] * rate[0])
        dy[9] = -0.5 * (y[6] * rate[0] + y[7] * rate[1] + y[8] * rate[2])

    # ---- Forces and torques ------------------------------------------------------------------------------------

    cdef void _gravity(self, const double* pos_i_m, const double* pole_i, double* accel) noexcept nogil:
        """Point mass and zonals to degree 6: the gradient of GM/r (1 - sum J_n (R/r)^n P_n(u)), u = r . pole / r.

        With P'_n the derivatives of the Legendre polynomials, a = -GM/r^2 [(1 - sum J_n (R/r)^n P'_n+1) r/r
        + (sum J_n (R/r)^n P'_n) pole] (from Vallado 2013, 8.6.1).
        """
        cdef double r2 = dot(pos_i_m, pos_i_m), inverse = 1.0 / sqrt(r2), rho = RADIUS * inverse
        cdef double u = dot(pos_i_m, pole_i) * inverse, u2 = u * u, power = rho * rho
        cdef double slope2 = 3.0 * u, slope3 = 7.5 * u2 - 1.5
        cdef double slope4 = u * (17.5 * u2 - 7.5), slope5 = (39.375 * u2 - 26.25) * u2 + 1.875
        cdef double slope6 = u * ((86.625 * u2 - 78.75) * u2 + 13.125)
        cdef double slope7 = ((187.6875 * u2 - 216.5625) * u2 + 59.0625) * u2 - 2.1875
        cdef double k = -GM * inverse * inverse, radial, axial
        radial = self._zonal[2] * power * slope3
        axial = self._zonal[2] * power * slope2
        power *= rho
        radial += self._zonal[3] * power * slope4
        axial += self._zonal[3] * power * slope3
        power *= rho
        radial += self._zonal[4] * power * slope5
        axial += self._zonal[4] * power * slope4
        power *= rho
        radial += self._zonal[5] * power * slope6
        axial += self._zonal[5] * power * slope5
        power *= rho
        radial = (1.0 - radial - self._zonal[6] * power * slope7) * inverse
        axial += self._zonal[6] * power * slope6
        accel[0] = k * (radial * pos_i_m[0] + axial * pole_i[0])
        accel[1] = k * (radial * pos_i_m[1] + axial * pole_i[1])
        accel[2] = k * (radial * pos_i_m[2] + axial * pole_i[2])

    cdef void _surfaces(self, const double* y, const double* rate_b, double dt, double density, double sunlit,
                        Surface* out) noexcept nogil:
        """Drag and solar pressure on every plate, at the attitude predicted for the step's middle.

        Drag: free-molecular with one coefficient, atmosphere rotating with the Earth (Montenbruck & Gill 2000, 3.5).
        Solar pressure: absorption, specular and Lambert reflection (Markley & Crassidis 2014, eq. 3.167). Plates do
        not shade each other.
        """
        cdef double c_bi[9]
        cdef double q[4]
        cdef double wind_i[3]
        cdef double wind_b[3]
        cdef double sun_b[3]
        cdef double drag_b[3]
        cdef double solar_b[3]
        cdef double force[3]
        cdef double arm[3]
        cdef double h = 0.25 * dt, speed2, k, cosine, distance
        cdef const Plate* plate
        cdef int i, p
        memset(out, 0, sizeof(Surface))
        if not ((self._with_drag and density > 0.0) or (self._with_solar and sunlit > 0.0)):
            return
        q[0] = y[6] + h * (y[9] * rate_b[0] + y[7] * rate_b[2] - y[8] * rate_b[1])
        q[1] = y[7] + h * (y[9] * rate_b[1] + y[8] * rate_b[0] - y[6] * rate_b[2])
        q[2] = y[8] + h * (y[9] * rate_b[2] + y[6] * rate_b[1] - y[7] * rate_b[0])
        q[3] = y[9] - h * (y[6] * rate_b[0] + y[7] * rate_b[1] + y[8] * rate_b[2])
        dcm(q, c_bi)
        memset(drag_b, 0, sizeof(drag_b))
        memset(solar_b, 0, sizeof(solar_b))
        if self._with_drag and density > 0.0:
            cross(self.around.pole_i, y, wind_i)
            for i in range(3):
                wind_i[i] = EARTH_RATE * wind_i[i] - y[3 + i]
            apply(c_bi, wind_i, wind_b)
            speed2 = dot(wind_b, wind_b)
            scale(wind_b, 1.0 / sqrt(speed2))
            k = 0.5 * density * self._drag_coefficient * speed2
            for p in range(self._plate_count):
                plate = &self._plates[p]
                cosine = -dot(plate.normal_b, wind_b)
                if cosine > 0.0:
                    add_scaled(drag_b, k * plate.area_m2 * cosine, wind_b)
                    cross(plate.center_b_m, wind_b, arm)
                    add_scaled(out.drag_b_nm, k * plate.area_m2 * cosine, arm)
            apply_transposed(c_bi, drag_b, out.drag_i_n)
        if self._with_solar and sunlit > 0.0:
            apply(c_bi, self.around.sun_i, sun_b)
            distance = self.around.sun_distance_m
            k = -PRESSURE * sunlit * AU * AU / (distance * distance)
            for p in range(self._plate_count):
                plate = &self._plates[p]
                cosine = dot(plate.normal_b, sun_b)
                if cosine > 0.0:
                    for i in range(3):
                        force[i] = k * plate.area_m2 * cosine * (
                            plate.absorbed * sun_b[i]
                            + 2.0 * (plate.specular * cosine + plate.diffuse / 3.0) * plate.normal_b[i])
                    add_scaled(solar_b, 1.0, force)
                    cross(plate.center_b_m, force, arm)
                    add_scaled(out.solar_b_nm, 1.0, arm)
            apply_transposed(c_bi, solar_b, out.solar_i_n)

    # ---- Wheels ------------------------------------------------------------------------------------------------

    cdef void _motors(self, const double* speed, const double* command, double dt, double* out) noexcept nogil:
        """Motor torques after their limits: near the speed limit only what reaches it by the end of the step."""
        cdef double torque, room, sign
        cdef int w
        for w in range(WHEELS):
            out[w] = 0.0
        for w in range(self._rotor_count):
            torque = command[w]
            if self._with_limits:
                sign = 1.0 if torque > 0.0 else -1.0
                room = (self._rotors[w].speed_max_radps - sign * speed[w]) * self._rotors[w].inertia_kgm2 / dt
                room += sign * self._friction(w, speed[w])
                room = 0.0 if room < 0.0 else room
                if room > self._rotors[w].torque_max_nm:
                    room = self._rotors[w].torque_max_nm
                if sign * torque > room:
                    torque = sign * room
            out[w] = torque

    cdef double _friction(self, int wheel, double speed) noexcept nogil:
        """Coulomb friction, regularised at zero speed, plus viscous friction; positive at positive speed."""
        cdef const Rotor* rotor = &self._rotors[wheel]
        cdef double part = speed / rotor.width_radps
        part = 1.0 if part > 1.0 else (-1.0 if part < -1.0 else part)
        return rotor.coulomb_nm * part + rotor.viscous_nms * speed

    # ---- State and record --------------------------------------------------------------------------------------

    cdef void _rates(self, const double* y, double* rate_b, double* speed) noexcept nogil:
        """Body rate and wheel speeds from the integrated momenta."""
        cdef double c_bi[9]
        cdef double momentum[3]
        cdef int w
        dcm(&y[6], c_bi)
        apply(c_bi, &y[10], momentum)
        for w in range(self._rotor_count):
            add_scaled(momentum, -y[13 + w], self._rotors[w].axis_b)
        apply(self._inverse, momentum, rate_b)
        for w in range(WHEELS):
            speed[w] = 0.0
        for w in range(self._rotor_count):
            speed[w] = y[13 + w] / self._rotors[w].inertia_kgm2 - dot(self._rotors[w].axis_b, rate_b)

    cdef void _pack(self, double* y) noexcept nogil:
        cdef double c_bi[9]
        cdef double momentum[3]
        cdef int w
        memset(y, 0, STATES * sizeof(double))
        memcpy(y, self.state.pos_i_m, 10 * sizeof(double))  # position, velocity, attitude
        apply(self._inertia, self.state.rate_bi_b_radps, momentum)
        for w in range(self._rotor_count):
            y[13 + w] = self._rotors[w].inertia_kgm2 * (
                self.state.wheel_speed_radps[w] + dot(self._rotors[w].axis_b, self.state.rate_bi_b_radps))
            add_scaled(momentum, y[13 + w], self._rotors[w].axis_b)
        dcm(&y[6], c_bi)
        apply_transposed(c_bi, momentum, &y[10])

    cdef void _unpack(self, const double* y) noexcept nogil:
        memcpy(self.state.pos_i_m, y, 10 * sizeof(double))
        self._rates(y, self.state.rate_bi_b_radps, self.state.wheel_speed_radps)

    cdef void _report(self, const double* dtheta_b, const double* dipole_b) noexcept nogil:
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
        memcpy(out.dipole_b_am2, dipole_b, sizeof(out.dipole_b_am2))
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
        self._gravity(self.state.pos_i_m, env.pole_i, out.accel_gravity_i_mps2)
        memcpy(out.accel_third_body_i_mps2, env.accel_third_body_i_mps2, sizeof(out.accel_third_body_i_mps2))
        memcpy(out.force_drag_i_n, self._surface.drag_i_n, sizeof(out.force_drag_i_n))
        memcpy(out.force_solar_i_n, self._surface.solar_i_n, sizeof(out.force_solar_i_n))
        self._report_torques(c_bi, dipole_b)

    cdef void _report_torques(self, const double* c_bi, const double* dipole_b) noexcept nogil:
        cdef TruthRecord* out = self.truth
        cdef double r_b[3]
        cdef double j_r[3]
        cdef double k
        cdef int w
        memset(out.torque_gravity_b_nm, 0, sizeof(out.torque_gravity_b_nm))
        if self._with_gradient:
            apply(c_bi, self.state.pos_i_m, r_b)
            apply(self._whole, r_b, j_r)
            cross(r_b, j_r, out.torque_gravity_b_nm)
            k = dot(r_b, r_b)
            scale(out.torque_gravity_b_nm, 3.0 * GM / (k * k * sqrt(k)))
        memcpy(out.torque_drag_b_nm, self._surface.drag_b_nm, sizeof(out.torque_drag_b_nm))
        memcpy(out.torque_solar_b_nm, self._surface.solar_b_nm, sizeof(out.torque_solar_b_nm))
        cross(self._residual_b_am2, out.mag_b_tesla, out.torque_residual_b_nm)
        cross(dipole_b, out.mag_b_tesla, out.torque_torquer_b_nm)
        if not self._with_torquers:
            memset(out.torque_torquer_b_nm, 0, sizeof(out.torque_torquer_b_nm))
        memset(out.torque_wheel_b_nm, 0, sizeof(out.torque_wheel_b_nm))
        memset(out.wheel_friction_nm, 0, sizeof(out.wheel_friction_nm))
        apply(self._inertia, self.state.rate_bi_b_radps, out.momentum_b_nms)
        for w in range(self._rotor_count):
            out.wheel_friction_nm[w] = self._friction(w, self.state.wheel_speed_radps[w])
            add_scaled(out.torque_wheel_b_nm, out.wheel_friction_nm[w] - self._motor_nm[w], self._rotors[w].axis_b)
            k = self.state.wheel_speed_radps[w] + dot(self._rotors[w].axis_b, self.state.rate_bi_b_radps)
            add_scaled(out.momentum_b_nms, k * self._rotors[w].inertia_kgm2, self._rotors[w].axis_b)
