"""Kernel of the judge: signals, conditions and statistics of requirements, evaluated in every tick in constant memory."""

from libc.math cimport NAN, exp, isfinite, log, sqrt
from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

from hal._handle cimport Handle, Kernel

from hal.saved import require_size

cdef enum:
    MOST_TERMS = 8                  # of one condition (hal.vehicle.requirement)
    MOST_VALUES = 8
    SIDE = 10240                    # bins of a histogram on either side of 0
    BINS = 2 * SIDE + 1
    ORBIT_SAMPLES = 256             # values that are kept of one orbit
    NONE = -1

cdef enum:                          # of a term
    EQUAL, UNEQUAL, BELOW, AT_MOST, ABOVE, AT_LEAST, ONE_OF, HAS, HAS_NOT, STEADY

OPS = {"==": EQUAL, "!=": UNEQUAL, "<": BELOW, "<=": AT_MOST, ">": ABOVE, ">=": AT_LEAST, "in": ONE_OF, "&": HAS,
       "!&": HAS_NOT, "steady": STEADY}
KINDS = ("f8", "f4", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1")
cdef double LOWEST = 1e-9           # magnitudes from here to 1e9 have bins of their own, 0.41 % wide
cdef double PER_LOG = SIDE / 41.44653167389282


cdef struct Input:                  # a signal
    const char* at
    int kind                        # index in KINDS
    int count                       # values: their norm, if more than one
    const uint64_t* defined         # NULL: always; else while this bit of it is 1
    int bit

cdef struct Term:
    int input
    int op
    int count
    double values[MOST_VALUES]
    int64_t hold                    # ticks
    int64_t held
    double last
    bint seen, now, before
    bint unknown                    # its signal is not a number, so that nobody knows whether it holds

cdef struct Rule:
    int input                       # of the measure, or NONE:
    int term                        # the condition that it is
    int when[MOST_TERMS]
    int entered[MOST_TERMS]
    int when_count, entered_count
    int64_t within, episodes        # 0: no limit
    bint with_orbits, with_bins
    int64_t episode, ticks          # number of the episode, ticks in it; 0 outside
    int64_t longest                 # ticks of the longest episode that counts
    bint counts                     # this episode does
    int64_t count, broken, entries
    double first, last, low, high, total, squares
    bint above_zero, begun          # the measure was other than 0; a tick was judged
    double orbit[ORBIT_SAMPLES]
    int64_t orbit_count


cdef int bin_of(double x) noexcept nogil:
    """The bin of a value: SIDE is that of 0, above it the positive ones."""
    cdef double size = x if x >= 0.0 else -x
    cdef int k
    if size < LOWEST:
        return SIDE
    k = 1 + <int>(log(size / LOWEST) * PER_LOG)
    k = SIDE if k > SIDE else k
    return SIDE + k if x > 0.0 else SIDE - k


cdef double edge(int k, bint upper) noexcept nogil:
    """The upper or the lower end of a bin."""
    if k == SIDE:
        return LOWEST if upper else -LOWEST
    if k > SIDE:
        return LOWEST * exp((k - SIDE if upper else k - SIDE - 1) / PER_LOG)
    return -LOWEST * exp((SIDE - k - 1 if upper else SIDE - k) / PER_LOG)


cdef class JudgeKernel(Kernel):
    """`signals`: (name, kind, count, index or None, norm, (name of a mask, bit) or None); `terms`: (signal, op, values, ticks); `rules`: dictionaries.

    A rule has `input` or `term`, `when`, `entered` (numbers of terms), `within`, `episodes` (0: none), `orbits`, `bins`.
    `orbit_ticks`: ticks of one orbit. A signal with a mask has a meaning while its bit there is 1.
    """

    cdef Input* inputs
    cdef Term* terms
    cdef Rule* rules
    cdef int64_t* bins              # of all rules that have some
    cdef list signals
    cdef int input_count, term_count, rule_count, bin_rules
    cdef readonly int64_t ticks
    cdef int64_t orbit_ticks, orbit_step

    def __cinit__(self, signals, terms, rules, int64_t orbit_ticks):
        self.input_count, self.term_count, self.rule_count = len(signals), len(terms), len(rules)
        self.bin_rules = sum(1 for rule in rules if rule["bins"])
        self.inputs = <Input*>calloc(self.input_count + 1, sizeof(Input))
        self.terms = <Term*>calloc(self.term_count + 1, sizeof(Term))
        self.rules = <Rule*>calloc(self.rule_count + 1, sizeof(Rule))
        self.bins = <int64_t*>calloc(self.bin_rules * BINS + 1, sizeof(int64_t))
        if NULL in (<void*>self.inputs, <void*>self.terms, <void*>self.rules, <void*>self.bins):
            raise MemoryError

    def __dealloc__(self):
        free(self.inputs)
        free(self.terms)
        free(self.rules)
        free(self.bins)

    def __init__(self, signals, terms, rules, int64_t orbit_ticks):
        self.signals = list(signals)
        self.orbit_ticks = orbit_ticks
        self.orbit_step = (orbit_ticks + ORBIT_SAMPLES - 2) // (ORBIT_SAMPLES - 1)
        for k, (signal, op, values, hold) in enumerate(terms):
            self._set_term(&self.terms[<int>k], signal, OPS[op], values, hold)
        for k, rule in enumerate(rules):
            self._set_rule(&self.rules[<int>k], rule)

    cdef _set_term(self, Term* term, int signal, int op, values, int64_t hold):
        term.input, term.op, term.count, term.hold = signal, op, len(values), hold
        for i, value in enumerate(values):
            term.values[<int>i] = value

    cdef _set_rule(self, Rule* rule, settings):
        rule.input = NONE if settings["input"] is None else settings["input"]
        rule.term = NONE if settings["term"] is None else settings["term"]
        rule.when_count, rule.entered_count = len(settings["when"]), len(settings["entered"])
        for i, term in enumerate(settings["when"]):
            rule.when[<int>i] = term
        for i, term in enumerate(settings["entered"]):
            rule.entered[<int>i] = term
        rule.within, rule.episodes = settings["within"], settings["episodes"]
        rule.with_orbits, rule.with_bins = settings["orbits"], settings["bins"]
        rule.low = rule.high = rule.first = rule.last = NAN

    cdef int attach(self, pool) except -1:
        cdef Handle handle
        cdef Input* one
        cdef Py_ssize_t offset
        for k, (name, kind, count, index, norm, meaning) in enumerate(self.signals):
            handle = pool.handle(name)
            self.hold_values(handle, kind, count)
            one = &self.inputs[<int>k]
            one.kind = KINDS.index(kind)
            one.count = count if norm else 1
            offset = 0 if index is None else index * handle.stride
            one.at = handle.begin + offset
            one.defined = NULL
            if meaning is not None:
                one.defined = <const uint64_t*>self.hold_values(pool.handle(meaning[0]), "u8", 1)
                one.bit = meaning[1]
        return 0

    # ---- A tick ------------------------------------------------------------------------------------------------

    def step(self):
        """Judge one tick; call after the measures of this tick."""
        self.check()
        self.ticks += 1
        self.judge()

    cdef void judge(self) noexcept nogil:
        cdef int64_t* bins = self.bins
        cdef int k
        for k in range(self.term_count):
            self.look(&self.terms[k])
        for k in range(self.rule_count):
            self.follow(&self.rules[k], bins)
            if self.rules[k].with_bins:
                bins += BINS

    cdef bint is_defined(self, const Input* one) noexcept nogil:
        return one.defined is NULL or (one.defined[0] >> <unsigned int>one.bit & 1)

    cdef double read(self, const Input* one) noexcept nogil:
        cdef double total = 0.0, x
        cdef int i
        if one.count == 1:
            return value_of(one.at, one.kind)
        for i in range(one.count):
            x = (<const double*>one.at)[i]
            total += x * x
        return sqrt(total)

    cdef void look(self, Term* term) noexcept nogil:
        """Whether a condition holds now."""
        cdef const Input* one = &self.inputs[term.input]
        cdef double x
        cdef bint holds = False
        term.before = term.now
        term.unknown = False
        if self.is_defined(one):
            x = self.read(one)
            term.unknown = x != x
            holds = compare(term, x)
            term.last, term.seen = x, True
        else:
            term.seen = False
        term.held = term.held + 1 if holds else 0
        term.now = holds and term.held >= term.hold

    cdef void follow(self, Rule* rule, int64_t* bins) noexcept nogil:
        """Follow the episodes of a requirement, and take its measure while one counts."""
        cdef bint open = True, unknown = False, possible = True
        cdef const Term* term
        cdef int i
        for i in range(rule.when_count):
            term = &self.terms[rule.when[i]]
            open = open and term.now
            unknown = unknown or term.unknown
            possible = possible and (term.now or term.unknown)
        rule.broken += unknown and possible     # what is not a number is all that keeps the measure from counting
        if not open:
            rule.ticks = 0
        else:
            if rule.ticks == 0:
                self.begin(rule)
            rule.ticks += 1
        open = open and rule.counts and (rule.within == 0 or rule.ticks <= rule.within)
        if open and rule.ticks > rule.longest:
            rule.longest = rule.ticks
        self.take(rule, bins, open)

    cdef void begin(self, Rule* rule) noexcept nogil:
        """A new episode: it counts if all that must hold before it did, and if enough have not been counted yet."""
        cdef int i
        rule.counts = True
        for i in range(rule.entered_count):
            rule.counts = rule.counts and self.terms[rule.entered[i]].before
        if rule.counts:
            rule.episode += 1
            rule.counts = rule.episodes == 0 or rule.episode <= rule.episodes

    cdef void take(self, Rule* rule, int64_t* bins, bint open) noexcept nogil:
        cdef double x
        cdef bint on
        if rule.term != NONE:
            x = 1.0 if self.terms[rule.term].now else 0.0
        elif self.is_defined(&self.inputs[rule.input]):
            x = self.read(&self.inputs[rule.input])
        else:
            rule.orbit_count = 0
            return
        on = x != 0.0
        if open:
            self.add(rule, bins, x)
            rule.entries += on and rule.begun and not rule.above_zero
        rule.above_zero, rule.begun = on, True

    cdef void add(self, Rule* rule, int64_t* bins, double x) noexcept nogil:
        if not isfinite(x):
            rule.broken += 1
            return
        if rule.count == 0:
            rule.first = rule.low = rule.high = x
        rule.count += 1
        rule.last = x
        rule.low = x if x < rule.low else rule.low
        rule.high = x if x > rule.high else rule.high
        rule.total += x
        rule.squares += x * x
        if rule.with_bins:
            bins[bin_of(x)] += 1
        if rule.with_orbits and (self.ticks - 1) % self.orbit_step == 0:
            rule.orbit[rule.orbit_count % ORBIT_SAMPLES] = x
            rule.orbit_count += 1

    # ---- What was found ----------------------------------------------------------------------------------------

    def figures(self, int k):
        """Return what was found of requirement `k`: a dictionary of numbers."""
        cdef Rule* rule = &self.rules[k]
        return {
            "count": rule.count, "broken": rule.broken, "entries": rule.entries, "first": rule.first,
            "last": rule.last, "smallest": rule.low, "largest": rule.high, "longest": rule.longest,
            "mean": rule.total / rule.count if rule.count else NAN,
            "rms": sqrt(rule.squares / rule.count) if rule.count else NAN,
            "change": rule.last - rule.first, "orbit_change": self._orbit_change(rule),
        }

    cdef double _orbit_change(self, Rule* rule) noexcept:
        """Change over the last whole orbit, to a 255th of it; not a number before one is flown."""
        cdef int64_t age = (self.ticks - 1) % self.orbit_step if self.ticks else 0  # ticks since the last kept value
        cdef int64_t back = (self.orbit_ticks - age + self.orbit_step - 1) // self.orbit_step
        if not rule.with_orbits or rule.orbit_count <= back:
            return NAN
        return rule.last - rule.orbit[(rule.orbit_count - 1 - back) % ORBIT_SAMPLES]

    def percentile(self, int k, double share, bint upper):
        """Value that `share` of those of requirement `k` do not exceed, at most 0.41 % too high, or too low.

        The error is towards the upper end with `upper`, else towards the lower one; not a number without values.
        """
        cdef Rule* rule = &self.rules[k]
        cdef int64_t* bins = self.bins
        cdef int64_t seen = 0
        cdef double wanted = share * rule.count
        cdef int i
        if not rule.with_bins or rule.count == 0:
            return NAN
        for i in range(k):
            if self.rules[i].with_bins:
                bins += BINS
        for i in range(BINS):
            seen += bins[i]
            if seen >= wanted and seen > 0:
                break
        return min(rule.high, max(rule.low, edge(i, upper)))

    # ---- Saved -------------------------------------------------------------------------------------------------

    def save(self):
        """Return the whole state as octets, for `restore` on a judge of the same requirements."""
        return (
            (<char*>&self.ticks)[:sizeof(int64_t)] + (<char*>self.terms)[:self.term_count * sizeof(Term)]
            + (<char*>self.rules)[:self.rule_count * sizeof(Rule)]
            + (<char*>self.bins)[:self.bin_rules * BINS * sizeof(int64_t)])

    def restore(self, bytes octets not None):
        """Continue from what a judge of the same requirements saved; raise `SavedError` for other octets."""
        cdef size_t parts[4]
        cdef const char* source = octets
        parts[0], parts[1] = sizeof(int64_t), self.term_count * sizeof(Term)
        parts[2], parts[3] = self.rule_count * sizeof(Rule), self.bin_rules * BINS * sizeof(int64_t)
        require_size("judge", octets, parts[0] + parts[1] + parts[2] + parts[3])
        memcpy(&self.ticks, source, parts[0])
        memcpy(self.terms, source + parts[0], parts[1])
        memcpy(self.rules, source + parts[0] + parts[1], parts[2])
        memcpy(self.bins, source + parts[0] + parts[1] + parts[2], parts[3])


cdef double value_of(const char* at, int kind) noexcept nogil:
    """The number at a place, by its kind (index in KINDS)."""
    if kind == 0:
        return (<const double*>at)[0]
    if kind == 9:
        return (<const uint8_t*>at)[0]
    if kind == 8:
        return (<const uint16_t*>at)[0]
    if kind == 7:
        return (<const uint32_t*>at)[0]
    if kind == 6:
        return <double>(<const uint64_t*>at)[0]
    if kind == 5:
        return (<const int8_t*>at)[0]
    if kind == 4:
        return (<const int16_t*>at)[0]
    if kind == 3:
        return (<const int32_t*>at)[0]
    if kind == 2:
        return <double>(<const int64_t*>at)[0]
    return (<const float*>at)[0]


cdef bint compare(const Term* term, double x) noexcept nogil:
    """Whether the comparison of a term holds for `x`; it never does for what is not a number."""
    cdef double value = term.values[0]
    cdef int i
    if x != x:
        return False
    if term.op == STEADY:
        return term.seen and x == term.last
    if term.op == EQUAL:
        return x == value
    if term.op == UNEQUAL:
        return x != value
    if term.op == BELOW:
        return x < value
    if term.op == AT_MOST:
        return x <= value
    if term.op == ABOVE:
        return x > value
    if term.op == AT_LEAST:
        return x >= value
    if term.op == HAS:
        return (<int64_t>x & <int64_t>value) != 0
    if term.op == HAS_NOT:
        return (<int64_t>x & <int64_t>value) == 0
    for i in range(term.count):
        if x == term.values[i]:
            return True
    return False
