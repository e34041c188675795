# Source: CCSDS 131.0-B-5 4.3 and annex F; decoding after Blahut, Algebraic Codes for Data Transmission, 2003, ch. 7.
#
# The encoder divides by the generator polynomial four symbols at a time. The remainder is 32 symbols in four 64-bit
# words, highest coefficient first; DIVIDE[k][v] is what the symbol v leaves there when k more symbols follow in the
# group. Both bases are vector spaces over GF(2) with a fixed linear map between them, so the tables hold dual-basis
# symbols and the encoder never converts.
from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memcpy

cdef enum:
    FIELD = 0x187              # x^8 + x^7 + x^2 + x + 1
    STEP = 11                  # roots are powers of alpha^11
    FIRST_ROOT = 112           # from (alpha^11)^112 to ^143
    BETA = 117                 # alpha^117 spans the basis whose dual CCSDS uses
    GROUP = 4

cdef uint8_t EXP[512]
cdef uint8_t LOG[256]
cdef uint8_t TO_DUAL[256]
cdef uint8_t TO_CONVENTIONAL[256]
cdef uint64_t DIVIDE[GROUP][256][4]


cdef inline uint8_t multiply(uint8_t a, uint8_t b) noexcept nogil:
    return EXP[LOG[a] + LOG[b]] if a and b else 0


cdef inline uint8_t power(int exponent) noexcept nogil:
    return EXP[exponent % 255]


cdef void make_field() noexcept nogil:
    cdef int value = 1, i, k, octet, trace
    cdef uint8_t term
    for i in range(255):
        EXP[i] = EXP[i + 255] = <uint8_t>value
        LOG[value] = <uint8_t>i
        value = (value << 1) ^ (FIELD if value & 0x80 else 0)
    EXP[510] = EXP[511] = 1
    for octet in range(256):  # z_i = Tr(u beta^i), z_0 sent first
        TO_DUAL[octet] = 0
        for i in range(8):
            term = multiply(<uint8_t>octet, power(BETA * i))
            trace = 0
            for k in range(8):
                trace ^= term
                term = multiply(term, term)
            TO_DUAL[octet] |= <uint8_t>(trace << (7 - i))
        TO_CONVENTIONAL[TO_DUAL[octet]] = <uint8_t>octet


cdef void make_divide() noexcept nogil:
    cdef uint8_t generator[RS_PARITY + 1]  # generator[k]: coefficient of x^(32 - k)
    cdef uint8_t row[RS_PARITY + 1]
    cdef uint8_t root, top
    cdef int i, k, dual, group
    for k in range(RS_PARITY + 1):
        generator[k] = 1 if k == 0 else 0
    for i in range(RS_PARITY):
        root = power(STEP * (FIRST_ROOT + i))
        for k in range(i + 1, 0, -1):
            generator[k] ^= multiply(root, generator[k - 1])
    row[RS_PARITY] = 0
    for dual in range(256):
        for k in range(RS_PARITY):
            row[k] = multiply(TO_CONVENTIONAL[dual], generator[k + 1])
        for group in range(GROUP):
            for i in range(4):
                DIVIDE[group][dual][i] = 0
                for k in range(8):
                    DIVIDE[group][dual][i] = (DIVIDE[group][dual][i] << 8) | TO_DUAL[row[8 * i + k]]
            top = row[0]
            for k in range(RS_PARITY):
                row[k] = row[k + 1] ^ multiply(top, generator[k + 1])


cdef inline void divide_group(uint64_t* s, uint32_t symbols) noexcept nogil:
    """Take four more symbols into the remainder."""
    cdef uint32_t f = <uint32_t>(s[0] >> 32) ^ symbols
    cdef const uint64_t* a = DIVIDE[3][f >> 24]
    cdef const uint64_t* b = DIVIDE[2][(f >> 16) & 0xFF]
    cdef const uint64_t* c = DIVIDE[1][(f >> 8) & 0xFF]
    cdef const uint64_t* d = DIVIDE[0][f & 0xFF]
    s[0] = ((s[0] << 32) | (s[1] >> 32)) ^ (a[0] ^ b[0]) ^ (c[0] ^ d[0])
    s[1] = ((s[1] << 32) | (s[2] >> 32)) ^ (a[1] ^ b[1]) ^ (c[1] ^ d[1])
    s[2] = ((s[2] << 32) | (s[3] >> 32)) ^ (a[2] ^ b[2]) ^ (c[2] ^ d[2])
    s[3] = (s[3] << 32) ^ (a[3] ^ b[3]) ^ (c[3] ^ d[3])


cdef inline void remainder_of(const uint8_t* data, int stride, uint64_t* s) noexcept nogil:
    """Remainder of 223 symbols; 223 = 3 + 55 * 4, and a leading zero symbol changes nothing."""
    cdef int i
    cdef const uint8_t* p = data + 3 * stride
    s[0] = s[1] = s[2] = s[3] = 0
    divide_group(s, (<uint32_t>data[0] << 16) | (<uint32_t>data[stride] << 8) | data[2 * stride])
    for i in range(55):
        divide_group(s, (<uint32_t>p[0] << 24) | (<uint32_t>p[stride] << 16) | (<uint32_t>p[2 * stride] << 8)
                     | p[3 * stride])
        p += 4 * stride


cdef void rs_encode(const uint8_t* data, int interleave, uint8_t* parity) noexcept nogil:
    cdef uint64_t s[4]
    cdef int j, i, k
    for j in range(interleave):
        remainder_of(data + j, interleave, s)
        for i in range(4):
            for k in range(8):
                parity[(8 * i + k) * interleave + j] = <uint8_t>(s[i] >> (56 - 8 * k))


cdef int locate_errors(const uint8_t* syndromes, uint8_t* locator) noexcept nogil:
    """Berlekamp-Massey: the error-locator polynomial, locator[0] = 1; returns its degree or RS_UNCORRECTABLE."""
    cdef uint8_t previous[RS_PARITY + 1]
    cdef uint8_t saved[RS_PARITY + 1]
    cdef uint8_t discrepancy, last = 1, scale
    cdef int n, i, degree = 0, gap = 1
    for i in range(RS_PARITY + 1):
        locator[i] = previous[i] = 0
    locator[0] = previous[0] = 1
    for n in range(RS_PARITY):
        discrepancy = syndromes[n]
        for i in range(1, degree + 1):
            discrepancy ^= multiply(locator[i], syndromes[n - i])
        if discrepancy == 0:
            gap += 1
            continue
        memcpy(saved, locator, RS_PARITY + 1)
        scale = EXP[LOG[discrepancy] + 255 - LOG[last]]
        for i in range(RS_PARITY + 1 - gap):
            locator[i + gap] ^= multiply(scale, previous[i])
        if 2 * degree <= n:
            degree = n + 1 - degree
            memcpy(previous, saved, RS_PARITY + 1)
            last = discrepancy
            gap = 1
        else:
            gap += 1
    return degree if degree <= RS_CORRECTABLE and locator[degree] else RS_UNCORRECTABLE


cdef int find_roots(const uint8_t* locator, int degree, int* positions) noexcept nogil:
    """Chien search: the powers of x in error; returns how many."""
    cdef int p, i, found = 0
    cdef uint8_t total
    for p in range(RS_CODEWORD_OCTETS):
        total = 1
        for i in range(1, degree + 1):
            if locator[i]:
                total ^= power(LOG[locator[i]] + (255 - p) * STEP * i)
        if total == 0:
            if found == degree:
                return RS_UNCORRECTABLE
            positions[found] = p
            found += 1
    return found


cdef uint8_t error_value(const uint8_t* syndromes, const uint8_t* locator, int degree, int p) noexcept nogil:
    """Forney: X^(1 - b) Omega(1/X) / Lambda'(1/X), conventional basis."""
    cdef uint8_t omega = 0, slope = 0, coefficient
    cdef int i, k, inverse = (255 - p) * STEP  # log of 1/X
    for i in range(degree):
        coefficient = 0
        for k in range(i + 1):
            coefficient ^= multiply(syndromes[i - k], locator[k])
        if coefficient:
            omega ^= power(LOG[coefficient] + inverse * i)
    for i in range(1, degree + 1, 2):
        if locator[i]:
            slope ^= power(LOG[locator[i]] + inverse * (i - 1))
    if omega == 0 or slope == 0:
        return 0
    return power(LOG[omega] + 255 - LOG[slope] + inverse * (FIRST_ROOT - 1))


cdef int correct_codeword(const uint8_t* difference, int* positions, uint8_t* values) noexcept nogil:
    """Errors of one codeword from (received parity) - (parity of the received data), conventional basis."""
    cdef uint8_t syndromes[RS_PARITY]
    cdef uint8_t locator[RS_PARITY + 1]
    cdef uint8_t root, total
    cdef int i, k, degree
    for i in range(RS_PARITY):
        root = power(STEP * (FIRST_ROOT + i))
        total = 0
        for k in range(RS_PARITY):
            total = multiply(total, root) ^ difference[k]
        syndromes[i] = total
    degree = locate_errors(syndromes, locator)
    if degree < 0 or find_roots(locator, degree, positions) != degree:
        return RS_UNCORRECTABLE
    for i in range(degree):
        values[i] = error_value(syndromes, locator, degree, positions[i])
        if values[i] == 0:
            return RS_UNCORRECTABLE
    return degree


cdef int rs_decode(uint8_t* block, int interleave) noexcept nogil:
    cdef int positions[RS_INTERLEAVE_MAX][RS_CORRECTABLE]
    cdef uint8_t values[RS_INTERLEAVE_MAX][RS_CORRECTABLE]
    cdef int found[RS_INTERLEAVE_MAX]
    cdef uint8_t difference[RS_PARITY]
    cdef uint64_t s[4]
    cdef uint8_t* parity = block + RS_DATA_OCTETS * interleave
    cdef int i, j, k, corrected = 0
    cdef uint64_t received, any
    for j in range(interleave):
        remainder_of(block + j, interleave, s)
        any = 0
        for i in range(4):
            received = 0
            for k in range(8):
                received = (received << 8) | parity[(8 * i + k) * interleave + j]
            s[i] ^= received
            any |= s[i]
        found[j] = 0
        if any:
            for k in range(RS_PARITY):
                difference[k] = TO_CONVENTIONAL[(s[k >> 3] >> (56 - 8 * (k & 7))) & 0xFF]
            found[j] = correct_codeword(difference, positions[j], values[j])
            if found[j] < 0:
                return RS_UNCORRECTABLE
            corrected += found[j]
    if corrected:
        for j in range(interleave):
            for i in range(found[j]):
                block[(RS_CODEWORD_OCTETS - 1 - positions[j][i]) * interleave + j] ^= TO_DUAL[values[j][i]]
    return corrected


make_field()
make_divide()


def encoded(const uint8_t[::1] data not None, int interleave) -> bytes:
    """See `coding.rs_encode`; the caller checked the length."""
    cdef bytearray out = bytearray(RS_CODEWORD_OCTETS * interleave)
    cdef uint8_t* to = out
    memcpy(to, &data[0], RS_DATA_OCTETS * interleave)
    rs_encode(&data[0], interleave, to + RS_DATA_OCTETS * interleave)
    return bytes(out)


def decoded(bytearray block not None, int interleave) -> int:
    """Correct a codeblock of 255 * interleave octets in place; -1 when it is uncorrectable."""
    cdef uint8_t* octets = block
    return rs_decode(octets, interleave)


def basis_tables() -> tuple[bytes, bytes]:
    """Return the maps of an octet from conventional to dual basis and back."""
    return bytes(TO_DUAL[:256]), bytes(TO_CONVENTIONAL[:256])
