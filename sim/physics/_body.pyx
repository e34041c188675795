"""Kernel of the body: forces, torques and equations of motion.

Total angular momentum in inertial axes H_i and each rotor's absolute spin momentum h = Jw (Omega + a . omega) are
the unknowns, so that H_i' = C^T T and h' = motor - friction need no acceleration, and momentum is conserved to
rounding (Hughes, Spacecraft Attitude Dynamics, 1986, 3.4; Markley & Crassidis 2014, 3.3.5):
J omega = C H_i - sum a h, with J the inertia without the rotors' spin inertia. Mass m' = -flow, and a force F of actuators
accelerates by F / m; inertia and centre of mass stay as declared (docs/adr/0023-the-simulators-side-of-devices.md).
"""

from libc.math cimport sqrt
from libc.string cimport memset

import numpy as np

from sim.physics import constants
from sim.physics.options import PhysicsError
from sim.physics._algebra cimport add_scaled, apply, apply_transposed, cross, dcm, dot, scale

cdef double GM = constants.GM_EARTH_M3PS2
cdef double RADIUS = constants.RADIUS_EGM_M
cdef double EARTH_RATE = constants.EARTH_RATE_RADPS
cdef double PRESSURE = constants.SOLAR_CONSTANT_WPM2 / constants.LIGHT_SPEED_MPS
cdef double AU = constants.ASTRONOMICAL_UNIT_M
cdef double GRIP_NM = 0.05                 # torque of a seized bearing


cdef void worsen_bearing(Body* body, int wheel, wheel_spec, options, double friction_factor, bint seized) except *:
    cdef Rotor* rotor = &body.rotors[wheel]
    rotor.seized = seized
    rotor.coulomb_nm = friction_factor * wheel_spec.friction_coulomb_nm if options.wheel_friction else 0.0
    rotor.viscous_nms = friction_factor * wheel_spec.friction_viscous_nms if options.wheel_friction else 0.0
    # wide enough for a stable step through zero speed
    rotor.width_radps = max(options.coulomb_width_radps, 2.0 * options.step_s * rotor.coulomb_nm / rotor.inertia_kgm2)


cdef void load_body(Body* body, vehicle, options) except *:
    cdef int i, k
    craft = vehicle.spacecraft
    inertia = np.asarray(craft.inertia_b_kgm2, dtype=np.float64)
    inverse = np.linalg.inv(inertia)
    memset(body, 0, sizeof(Body))
    body.mass_kg = craft.mass_kg
    body.drag_coefficient = craft.drag_coefficient
    body.with_drag = options.drag
    body.with_solar = options.solar_pressure
    body.with_gradient = options.gravity_gradient
    body.with_torquers = options.torquers
    body.with_limits = options.wheel_limits
    for n, value in constants.ZONAL_J.items():
        body.zonal[<int>n] = value if n <= options.zonal_degree else 0.0
    for i in range(9):
        body.inertia[i] = body.whole[i] = inertia.flat[i]
        body.inverse[i] = inverse.flat[i]
    for i in range(3):
        body.residual_b_am2[i] = craft.residual_dipole_b_am2[i] if options.residual_dipole else 0.0
    body.plate_count = len(craft.faces)
    for k, face in enumerate(craft.faces):
        for i in range(3):
            body.plates[k].normal_b[i] = face.normal_b[i]
            body.plates[k].center_b_m[i] = face.center_b_m[i]
        body.plates[k].area_m2 = face.area_m2
        body.plates[k].absorbed = 1.0 - face.specular
        body.plates[k].specular = face.specular
        body.plates[k].diffuse = face.diffuse
    _load_rotors(body, vehicle.units("reaction_wheels"), options)


cdef void _load_rotors(Body* body, wheels, options) except *:
    cdef int i, j, k
    cdef Rotor* rotor
    body.rotor_count = len(wheels)
    if body.rotor_count > MAX_WHEELS:
        raise PhysicsError(f"wheels: found {body.rotor_count}, expected at most {MAX_WHEELS}")
    body.states = SPIN + body.rotor_count
    for k, wheel in enumerate(wheels):
        rotor = &body.rotors[k]
        for i in range(3):
            rotor.axis_b[i] = wheel.axis_b[i]
        rotor.inertia_kgm2 = wheel.inertia_kgm2
        rotor.torque_max_nm = wheel.torque_max_nm
        rotor.speed_max_radps = wheel.momentum_max_nms / wheel.inertia_kgm2
        worsen_bearing(body, k, wheel, options, 1.0, False)
        for i in range(3):
            for j in range(3):
                body.whole[3 * i + j] += rotor.inertia_kgm2 * rotor.axis_b[i] * rotor.axis_b[j]


# ---- Forces and torques ----------------------------------------------------------------------------------------------


cdef void gravity(const Body* body, const double* pos_i_m, const double* pole_i, double* accel) noexcept nogil:
    """The gradient of GM/r (1 - sum J_n (R/r)^n P_n(u)), u = r . pole / r, to degree 6 (Vallado 2013, 8.6.1).

    With P'_n the derivatives of the Legendre polynomials, it is
    -GM/r^2 [(1 - sum J_n (R/r)^n P'_n+1) r/r + (sum J_n (R/r)^n P'_n) pole].
    """
    cdef double inverse = 1.0 / sqrt(dot(pos_i_m, pos_i_m)), rho = RADIUS * inverse, power = rho * rho
    cdef double u = dot(pos_i_m, pole_i) * inverse, u2 = u * u, k = -GM * inverse * inverse, radial, axial
    cdef double slope2 = 3.0 * u
    cdef double slope3 = 7.5 * u2 - 1.5
    cdef double slope4 = u * (17.5 * u2 - 7.5)
    cdef double slope5 = (39.375 * u2 - 26.25) * u2 + 1.875
    cdef double slope6 = u * ((86.625 * u2 - 78.75) * u2 + 13.125)
    cdef double slope7 = ((187.6875 * u2 - 216.5625) * u2 + 59.0625) * u2 - 2.1875
    radial = body.zonal[2] * power * slope3
    axial = body.zonal[2] * power * slope2
    power *= rho
    radial += body.zonal[3] * power * slope4
    axial += body.zonal[3] * power * slope3
    power *= rho
    radial += body.zonal[4] * power * slope5
    axial += body.zonal[4] * power * slope4
    power *= rho
    radial += body.zonal[5] * power * slope6
    axial += body.zonal[5] * power * slope5
    power *= rho
    radial = (1.0 - radial - body.zonal[6] * power * slope7) * inverse
    axial += body.zonal[6] * power * slope6
    accel[0] = k * (radial * pos_i_m[0] + axial * pole_i[0])
    accel[1] = k * (radial * pos_i_m[1] + axial * pole_i[1])
    accel[2] = k * (radial * pos_i_m[2] + axial * pole_i[2])


cdef void gradient_torque(const Body* body, const double* pos_b_m, double* torque_b) noexcept nogil:
    """3 GM/r^5 r x J r with the whole inertia, rotors included (Markley & Crassidis 2014, eq. 3.155)."""
    cdef double j_r[3]
    cdef double r2 = dot(pos_b_m, pos_b_m)
    if not body.with_gradient:
        memset(torque_b, 0, 3 * sizeof(double))
        return
    apply(body.whole, pos_b_m, j_r)
    cross(pos_b_m, j_r, torque_b)
    scale(torque_b, 3.0 * GM / (r2 * r2 * sqrt(r2)))


cdef void surfaces(const Body* body, const double* y, const double* rate_b, double dt, const TruthEnvironment* env,
                   double density_kgpm3, double sunlit, Surface* out) noexcept nogil:
    """Plates do not shade each other."""
    cdef double c_bi[9]
    cdef double q[4]
    cdef const double* p = &y[ATTITUDE]
    cdef double h = 0.25 * dt
    cdef bint air = body.with_drag and density_kgpm3 > 0.0, light = body.with_solar and sunlit > 0.0
    memset(out, 0, sizeof(Surface))
    if not (air or light):
        return
    q[0] = p[0] + h * (p[3] * rate_b[0] + p[1] * rate_b[2] - p[2] * rate_b[1])
    q[1] = p[1] + h * (p[3] * rate_b[1] + p[2] * rate_b[0] - p[0] * rate_b[2])
    q[2] = p[2] + h * (p[3] * rate_b[2] + p[0] * rate_b[1] - p[1] * rate_b[0])
    q[3] = p[3] - h * (p[0] * rate_b[0] + p[1] * rate_b[1] + p[2] * rate_b[2])
    dcm(q, c_bi)
    if air:
        _drag(body, y, c_bi, env.pole_i, density_kgpm3, out)
    if light:
        _light(body, c_bi, env, sunlit, out)


cdef void _drag(const Body* body, const double* y, const double* c_bi, const double* pole_i, double density,
                Surface* out) noexcept nogil:
    """Free-molecular drag with one coefficient in air that turns with the Earth (Montenbruck & Gill 2000, 3.5)."""
    cdef double wind_i[3]
    cdef double wind_b[3]
    cdef double force_b[3]
    cdef double arm[3]
    cdef double speed2, k, cosine
    cdef const Plate* plate
    cdef int i, p
    cross(pole_i, y, wind_i)
    for i in range(3):
        wind_i[i] = EARTH_RATE * wind_i[i] - y[VEL + i]
        force_b[i] = 0.0
    apply(c_bi, wind_i, wind_b)
    speed2 = dot(wind_b, wind_b)
    scale(wind_b, 1.0 / sqrt(speed2))
    k = 0.5 * density * body.drag_coefficient * speed2
    for p in range(body.plate_count):
        plate = &body.plates[p]
        cosine = -dot(plate.normal_b, wind_b)
        if cosine > 0.0:
            add_scaled(force_b, k * plate.area_m2 * cosine, wind_b)
            cross(plate.center_b_m, wind_b, arm)
            add_scaled(out.drag_b_nm, k * plate.area_m2 * cosine, arm)
    apply_transposed(c_bi, force_b, out.drag_i_n)


cdef void _light(const Body* body, const double* c_bi, const TruthEnvironment* env, double sunlit,
                 Surface* out) noexcept nogil:
    """Absorption, specular and Lambert reflection (Markley & Crassidis 2014, eq. 3.167)."""
    cdef double sun_b[3]
    cdef double total_b[3]
    cdef double force[3]
    cdef double arm[3]
    cdef double k = -PRESSURE * sunlit * AU * AU / (env.sun_distance_m * env.sun_distance_m), cosine
    cdef const Plate* plate
    cdef int i, p
    apply(c_bi, env.sun_i, sun_b)
    total_b[0] = total_b[1] = total_b[2] = 0.0
    for p in range(body.plate_count):
        plate = &body.plates[p]
        cosine = dot(plate.normal_b, sun_b)
        if cosine > 0.0:
            for i in range(3):
                force[i] = k * plate.area_m2 * cosine * (
                    plate.absorbed * sun_b[i]
                    + 2.0 * (plate.specular * cosine + plate.diffuse / 3.0) * plate.normal_b[i])
            add_scaled(total_b, 1.0, force)
            cross(plate.center_b_m, force, arm)
            add_scaled(out.solar_b_nm, 1.0, arm)
    apply_transposed(c_bi, total_b, out.solar_i_n)


# ---- Wheels ----------------------------------------------------------------------------------------------------------


cdef double friction(const Rotor* rotor, double speed_radps) noexcept nogil:
    """Coulomb friction, regularised at zero speed (Olsson et al. 1998, Eur. J. Control 4, 2.1), plus viscous."""
    cdef double part = speed_radps / rotor.width_radps
    part = 1.0 if part > 1.0 else (-1.0 if part < -1.0 else part)
    return rotor.coulomb_nm * part + rotor.viscous_nms * speed_radps


cdef void motors(const Body* body, const double* speed, const double* command, double dt, double* out) noexcept nogil:
    """Near the speed limit only the torque that reaches it by the end of dt; braking is never refused."""
    cdef const Rotor* rotor
    cdef double room, sign
    cdef int w
    for w in range(MAX_WHEELS):
        out[w] = command[w] if w < body.rotor_count else 0.0
        if body.rotors[w].seized:
            out[w] = _grip(&body.rotors[w], speed[w], dt)
    if not body.with_limits:
        return
    for w in range(body.rotor_count):
        rotor = &body.rotors[w]
        if rotor.seized:
            continue
        sign = 1.0 if command[w] > 0.0 else -1.0
        room = (rotor.speed_max_radps - sign * speed[w]) * rotor.inertia_kgm2 / dt + sign * friction(rotor, speed[w])
        room = 0.0 if room < 0.0 else room
        if room > rotor.torque_max_nm:
            room = rotor.torque_max_nm
        if sign * command[w] > room:
            out[w] = sign * room


cdef double _grip(const Rotor* rotor, double speed, double dt) noexcept nogil:
    """The torque, up to `GRIP_NM`, that leaves a seized rotor at rest after dt; its motor is too weak to matter."""
    cdef double torque = friction(rotor, speed) - rotor.inertia_kgm2 * speed / dt
    return GRIP_NM if torque > GRIP_NM else (-GRIP_NM if torque < -GRIP_NM else torque)


# ---- Equations of motion ---------------------------------------------------------------------------------------------


cdef inline void _rate(const Body* body, const double* y, const double* c_bi, double* rate_b) noexcept nogil:
    """omega = J^-1 (C H_i - sum a h)."""
    cdef double momentum[3]
    cdef int w
    apply(c_bi, &y[MOMENTUM], momentum)
    for w in range(body.rotor_count):
        add_scaled(momentum, -y[SPIN + w], body.rotors[w].axis_b)
    apply(body.inverse, momentum, rate_b)


cdef inline double _speed(const Rotor* rotor, double spin, const double* rate_b) noexcept nogil:
    return spin / rotor.inertia_kgm2 - dot(rotor.axis_b, rate_b)


cdef void rates(const Body* body, const double* y, double* rate_b, double* speed) noexcept nogil:
    cdef double c_bi[9]
    cdef int w
    dcm(&y[ATTITUDE], c_bi)
    _rate(body, y, c_bi, rate_b)
    for w in range(MAX_WHEELS):
        speed[w] = _speed(&body.rotors[w], y[SPIN + w], rate_b) if w < body.rotor_count else 0.0


cdef void momenta(const Body* body, const double* rate_b, const double* speed, double* y) noexcept nogil:
    cdef double c_bi[9]
    cdef double momentum[3]
    cdef const Rotor* rotor
    cdef int w
    apply(body.inertia, rate_b, momentum)
    for w in range(MAX_WHEELS):
        y[SPIN + w] = 0.0
    for w in range(body.rotor_count):
        rotor = &body.rotors[w]
        y[SPIN + w] = rotor.inertia_kgm2 * (speed[w] + dot(rotor.axis_b, rate_b))
        add_scaled(momentum, y[SPIN + w], rotor.axis_b)
    dcm(&y[ATTITUDE], c_bi)
    apply_transposed(c_bi, momentum, &y[MOMENTUM])


cdef void _derivative(const Body* body, const double* y, double t, const Held* held, double* dy) noexcept nogil:
    """dy/dt at t after the step's start; the field moves linearly."""
    cdef double c_bi[9]
    cdef double torque[3]
    cdef double mag_i[3]
    cdef double mag_b[3]
    cdef double part[3]
    cdef double pos_b[3]
    cdef double* rate = &dy[ANGLE]
    cdef const double* q = &y[ATTITUDE]
    cdef int i, w
    for i in range(3):
        dy[POS + i] = y[VEL + i]
        torque[i] = held.torque_b_nm[i]
        mag_i[i] = held.mag_i_tesla[i] + t * held.mag_rate_tps[i]
    gravity(body, y, held.pole_i, &dy[VEL])
    add_scaled(&dy[VEL], 1.0, held.accel_i_mps2)
    dcm(q, c_bi)
    _rate(body, y, c_bi, rate)
    for w in range(body.rotor_count):
        dy[SPIN + w] = held.motor_nm[w] - friction(&body.rotors[w], _speed(&body.rotors[w], y[SPIN + w], rate))
    apply(c_bi, mag_i, mag_b)
    cross(held.dipole_b_am2, mag_b, part)
    add_scaled(torque, 1.0, part)
    apply(c_bi, y, pos_b)
    gradient_torque(body, pos_b, part)
    add_scaled(torque, 1.0, part)
    apply_transposed(c_bi, torque, &dy[MOMENTUM])
    dy[MASS] = 0.0
    if held.pushes:
        dy[MASS] = -held.mass_flow_kgps
        apply_transposed(c_bi, held.force_b_n, part)
        add_scaled(&dy[VEL], 1.0 / y[MASS], part)
    # q' = [rate; 0] (x) q / 2, Shuster product
    dy[ATTITUDE] = 0.5 * (q[3] * rate[0] + q[1] * rate[2] - q[2] * rate[1])
    dy[ATTITUDE + 1] = 0.5 * (q[3] * rate[1] + q[2] * rate[0] - q[0] * rate[2])
    dy[ATTITUDE + 2] = 0.5 * (q[3] * rate[2] + q[0] * rate[1] - q[1] * rate[0])
    dy[ATTITUDE + 3] = -0.5 * (q[0] * rate[0] + q[1] * rate[1] + q[2] * rate[2])


cdef void integrate(const Body* body, const Held* held, double dt, double* y) noexcept nogil:
    """Classical Runge-Kutta of fourth order; the attitude is normalised after it."""
    cdef double k1[STATES]
    cdef double k2[STATES]
    cdef double k3[STATES]
    cdef double k4[STATES]
    cdef double z[STATES]
    cdef double k
    cdef int i
    _derivative(body, y, 0.0, held, k1)
    for i in range(body.states):
        z[i] = y[i] + 0.5 * dt * k1[i]
    _derivative(body, z, 0.5 * dt, held, k2)
    for i in range(body.states):
        z[i] = y[i] + 0.5 * dt * k2[i]
    _derivative(body, z, 0.5 * dt, held, k3)
    for i in range(body.states):
        z[i] = y[i] + dt * k3[i]
    _derivative(body, z, dt, held, k4)
    for i in range(body.states):
        y[i] += dt / 6.0 * (k1[i] + 2.0 * (k2[i] + k3[i]) + k4[i])
    k = 0.0
    for i in range(ATTITUDE, ATTITUDE + 4):
        k += y[i] * y[i]
    k = 1.0 / sqrt(k)
    for i in range(ATTITUDE, ATTITUDE + 4):
        y[i] *= k
