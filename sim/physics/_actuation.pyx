"""Kernel of the actuation: collects actions, sorts their edges, and sums what acts between two of them."""

from libc.string cimport memmove, memset

from sim.physics._algebra cimport add_scaled


cdef void begin(Actuation* self, int64_t dt_ns) noexcept nogil:
    self.dt_ns = dt_ns
    self.count = 0
    memset(self.motor_nm, 0, sizeof(self.motor_nm))


cdef Action* add_action(Actuation* self, int64_t from_ns, int64_t to_ns) noexcept nogil:
    cdef Action* action = &self.actions[self.count]
    memset(action, 0, sizeof(Action))
    action.from_ns = from_ns if from_ns > 0 else 0
    action.to_ns = to_ns if to_ns < self.dt_ns else self.dt_ns
    if action.from_ns < action.to_ns and self.count < ACTIONS:
        self.count += 1
    return action


cdef int _edges(const Actuation* self, int64_t* edges) noexcept nogil:
    """All edges of the cycle, its ends included, in their order and each once; return how many."""
    cdef int count = 2, k, n
    cdef int64_t edge
    edges[0] = 0
    edges[1] = self.dt_ns
    for k in range(2 * self.count):
        edge = self.actions[k >> 1].to_ns if k & 1 else self.actions[k >> 1].from_ns
        n = count
        while edges[n - 1] > edge:  # the first is never beyond one
            n -= 1
        if edges[n - 1] == edge:
            continue
        memmove(&edges[n + 1], &edges[n], (count - n) * sizeof(int64_t))
        edges[n] = edge
        count += 1
    return count


cdef int cut(const Actuation* self, Piece* pieces) noexcept nogil:
    cdef int64_t edges[PIECES + 1]
    cdef int last = _edges(self, edges) - 1, k, n
    cdef const Action* action
    cdef Piece* piece
    for k in range(last):
        piece = &pieces[k]
        memset(piece, 0, sizeof(Piece))
        piece.dt_ns = edges[k + 1] - edges[k]
        for n in range(self.count):
            action = &self.actions[n]
            if action.from_ns <= edges[k] and edges[k + 1] <= action.to_ns:
                add_scaled(piece.force_b_n, 1.0, action.force_b_n)
                add_scaled(piece.torque_b_nm, 1.0, action.torque_b_nm)
                add_scaled(piece.dipole_b_am2, 1.0, action.dipole_b_am2)
                piece.mass_flow_kgps += action.mass_flow_kgps
        piece.pushes = piece.mass_flow_kgps != 0.0 or (
            piece.force_b_n[0] != 0.0 or piece.force_b_n[1] != 0.0 or piece.force_b_n[2] != 0.0)
    return last
