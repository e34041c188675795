"""Delta coding of the flight recorder: `_delta.pxd` describes the code."""

from libc.string cimport memcpy, memset

cdef extern from *:
    """
    #define MIX 0x9E3779B97F4A7C15u
    static const unsigned char LAST_CODE[9] = {0, 0, 1, 2, 2, 3, 4, 5, 6};  /* by octets of the difference */
    static const unsigned char CODE_OCTETS[16] = {1, 2, 4, 5, 6, 7, 8, 0, 1, 2, 3, 4, 5, 6, 7, 2};
    """
    const uint64_t MIX
    const uint8_t[9] LAST_CODE
    const uint8_t[16] CODE_OCTETS
    int leading_zeros "__builtin_clzll"(unsigned long long) noexcept nogil

cdef enum:
    LINE = 7
    COPY = 15


cdef inline uint64_t zigzag(uint64_t v) noexcept nogil:
    return (v << 1) ^ (0 - (v >> 63))


cdef inline uint64_t unzigzag(uint64_t v) noexcept nogil:
    return (v >> 1) ^ (0 - (v & 1))


cdef inline uint32_t octets_of(uint64_t v) noexcept nogil:
    return (71 - leading_zeros(v)) >> 3 if v else 0


cdef inline uint64_t rotate(uint64_t v) noexcept nogil:
    return (v << 29) | (v >> 35)


cdef uint64_t digest_words(const uint64_t* words, uint32_t n) noexcept nogil:
    cdef uint64_t h0 = n, h1 = 1, h2 = 2, h3 = 3, h4 = 4, h5 = 5, h6 = 6, h7 = 7
    cdef uint64_t[8] lanes
    cdef uint32_t i = 0, k
    while i + 8 <= n:  # eight at a time: multiplications overlap
        h0 = rotate(h0 ^ words[i]) * MIX
        h1 = rotate(h1 ^ words[i + 1]) * MIX
        h2 = rotate(h2 ^ words[i + 2]) * MIX
        h3 = rotate(h3 ^ words[i + 3]) * MIX
        h4 = rotate(h4 ^ words[i + 4]) * MIX
        h5 = rotate(h5 ^ words[i + 5]) * MIX
        h6 = rotate(h6 ^ words[i + 6]) * MIX
        h7 = rotate(h7 ^ words[i + 7]) * MIX
        i += 8
    lanes[0], lanes[1], lanes[2], lanes[3], lanes[4], lanes[5], lanes[6], lanes[7] = h0, h1, h2, h3, h4, h5, h6, h7
    while i < n:
        h0 = rotate(h0 ^ words[i]) * MIX
        i += 1
    for k in range(1, 8):
        h0 = rotate(h0 ^ lanes[k]) * MIX
    return h0 ^ (h0 >> 32)


cdef uint32_t check_octets(const uint8_t* octets, uint32_t n) noexcept nogil:
    cdef uint64_t h = n, word
    cdef uint32_t i = 0
    while i + 8 <= n:
        memcpy(&word, octets + i, 8)
        h = rotate(h ^ word) * MIX
        i += 8
    if i < n:
        word = 0
        memcpy(&word, octets + i, n - i)
        h = rotate(h ^ word) * MIX
    return <uint32_t>(h ^ (h >> 32))


# ------------------------------------------------------------------ words

cdef uint32_t put_group(Words* w, uint32_t at, uint32_t n, uint16_t* seen, uint8_t** out) noexcept nogil:
    """Append one group of up to 8 words; return 1 when any changed."""
    cdef uint64_t* now = w.now + at
    cdef uint64_t* last = w.last + at
    cdef uint64_t* before = w.before + at
    cdef uint64_t moved = 0, value, by_last, by_line, rest
    cdef uint32_t k, m = 0, n_last, n_line, slot, bits = 0
    cdef uint8_t code
    cdef uint8_t* codes
    cdef uint8_t* end
    for k in range(n):
        moved |= (now[k] ^ last[k]) | (last[k] ^ before[k])
    if moved == 0:
        return 0
    for k in range(n):
        if now[k] != last[k]:
            bits |= 1u << k
            m += 1
        else:
            before[k] = last[k]
    if bits == 0:
        return 0
    out[0][0] = bits
    codes = out[0] + 1
    memset(codes, 0, 4)
    end = codes + ((m + 1) >> 1)
    m = 0
    for k in range(n):
        if not (bits >> k) & 1:
            continue
        value = now[k]
        by_last = zigzag(value - last[k])
        by_line = zigzag(value - (2 * last[k] - before[k]))
        n_last = octets_of(by_last)
        n_line = octets_of(by_line)
        if n_line < CODE_OCTETS[LAST_CODE[n_last]]:
            code, rest = LINE + n_line, by_line
        else:
            code, rest = LAST_CODE[n_last], by_last
        if CODE_OCTETS[code] > 2:
            slot = <uint32_t>((value * MIX) >> 55)
            if w.last[seen[slot]] == value:
                code, rest = COPY, seen[slot]
            else:
                seen[slot] = at + k
        codes[m >> 1] |= code << ((m & 1) << 2)
        memcpy(end, &rest, 8)
        end += CODE_OCTETS[code]
        before[k] = last[k]
        last[k] = value
        m += 1
    out[0] = end
    return 1


cdef uint8_t* put_words(Words* w, uint32_t lo, uint32_t hi, uint16_t* seen, uint8_t* out) noexcept nogil:
    cdef uint32_t top = lo, block, group
    cdef uint8_t* blocks
    cdef uint8_t* groups
    while top < hi:
        blocks = out
        blocks[0] = 0
        out += 1
        block = top
        while block < hi and block < top + 512:
            groups = out
            groups[0] = 0
            out += 1
            group = block
            while group < hi and group < block + 64:
                if put_group(w, group, min(8u, hi - group), seen, &out):
                    groups[0] |= 1u << ((group - block) >> 3)
                group += 8
            if groups[0]:
                blocks[0] |= 1u << ((block - top) >> 6)
            else:
                out = groups
            block += 64
        top += 512
    return out


cdef const uint8_t* get_group(
    Words* w, uint32_t at, uint32_t n, uint32_t count, const uint8_t* src, const uint8_t* end,
) noexcept nogil:
    """Read one group of up to 8 words that has changes."""
    cdef uint64_t* last = w.last + at
    cdef uint64_t* before = w.before + at
    cdef uint64_t rest, value
    cdef uint32_t k, m = 0, bits, octets
    cdef uint8_t code
    cdef const uint8_t* codes
    if src >= end:
        return NULL
    bits = src[0]
    if bits == 0 or bits >> n:
        return NULL
    for k in range(n):
        m += (bits >> k) & 1
    codes = src + 1
    src = codes + ((m + 1) >> 1)
    if src > end:
        return NULL
    m = 0
    for k in range(n):
        value = last[k]
        if (bits >> k) & 1:
            code = (codes[m >> 1] >> ((m & 1) << 2)) & 15
            m += 1
            octets = CODE_OCTETS[code]
            if end - src < <long>octets:
                return NULL
            rest = 0
            if end - src >= 8:
                memcpy(&rest, src, 8)
                rest &= (<uint64_t>1 << (8 * octets)) - 1 if octets < 8 else ~<uint64_t>0
            else:
                memcpy(&rest, src, octets)
            src += octets
            if code == COPY:
                if rest >= count:
                    return NULL
                value = w.last[rest]
            elif code >= LINE:
                value = 2 * last[k] - before[k] + unzigzag(rest)
            else:
                value = last[k] + unzigzag(rest)
        before[k] = last[k]
        last[k] = value
    return src


cdef const uint8_t* get_words(
    Words* w, uint32_t lo, uint32_t hi, uint32_t count, const uint8_t* at, const uint8_t* end,
) noexcept nogil:
    cdef uint32_t top = lo, block, group, n
    cdef uint8_t blocks, groups
    while top < hi:
        if at >= end:
            return NULL
        blocks = at[0]
        at += 1
        block = top
        while block < hi and block < top + 512:
            groups = 0
            if (blocks >> ((block - top) >> 6)) & 1:
                if at >= end:
                    return NULL
                groups = at[0]
                at += 1
            group = block
            while group < hi and group < block + 64:
                n = min(8u, hi - group)
                if (groups >> ((group - block) >> 3)) & 1:
                    at = get_group(w, group, n, count, at, end)
                    if at == NULL:
                        return NULL
                else:
                    memcpy(w.before + group, w.last + group, n * 8)
                group += 8
            block += 64
        top += 512
    return at


# ------------------------------------------------------------------ strings of octets

cdef Stream* stream_of(Streams* s, uint16_t key) noexcept nogil:
    """Return the stream of `key`, a new one if need be, NULL when there is no room."""
    cdef uint32_t i
    for i in range(s.count):
        if s.items[i].key == key:
            return &s.items[i]
    if s.count == STREAMS:
        return NULL
    s.items[s.count].key = key
    s.items[s.count].length = 0
    s.count += 1
    return &s.items[s.count - 1]


cdef uint8_t* put_string(Streams* s, uint16_t key, const uint8_t* octets, uint32_t n, uint8_t* out) noexcept nogil:
    cdef Stream* stream = stream_of(s, key) if n <= STREAM_OCTETS else NULL
    cdef uint8_t* start = out
    cdef uint8_t* end = out + 4
    cdef uint8_t* mask
    cdef uint32_t i, k
    cdef uint8_t x
    out[0], out[1], out[2], out[3] = key >> 8, key & 0x7F, n & 255, n >> 8
    if stream != NULL:
        if n > stream.length:
            memset(stream.octets + stream.length, 0, n - stream.length)
        stream.length = n
        i = 0
        while i < n and end + 9 <= start + 4 + n:
            mask = end
            mask[0] = 0
            end += 1
            for k in range(min(8u, n - i)):
                x = octets[i + k] ^ stream.octets[i + k]
                end[0] = x
                end += x != 0
                mask[0] |= (x != 0) << k
            i += 8
        memcpy(stream.octets, octets, n)
        if i >= n:
            start[1] |= 0x80
            return end
    memcpy(start + 4, octets, n)
    return start + 4 + n


cdef const uint8_t* get_string(
    Streams* s, const uint8_t* at, const uint8_t* end, uint16_t* key, uint32_t* n, uint8_t* into,
) noexcept nogil:
    cdef Stream* stream
    cdef uint32_t i, k
    cdef uint8_t mask, delta
    if end - at < 4:
        return NULL
    key[0] = (<uint16_t>at[0] << 8) | (at[1] & 0x7F)
    delta = at[1] >> 7
    n[0] = at[2] | (<uint32_t>at[3] << 8)
    at += 4
    stream = stream_of(s, key[0]) if n[0] <= STREAM_OCTETS else NULL
    if not delta:
        if end - at < <long>n[0]:
            return NULL
        memcpy(into, at, n[0])
        at += n[0]
    else:
        if stream == NULL:
            return NULL
        if n[0] > stream.length:
            memset(stream.octets + stream.length, 0, n[0] - stream.length)
        i = 0
        while i < n[0]:
            if at >= end:
                return NULL
            mask = at[0]
            at += 1
            for k in range(min(8u, n[0] - i)):
                into[i + k] = stream.octets[i + k]
                if (mask >> k) & 1:
                    if at >= end:
                        return NULL
                    into[i + k] ^= at[0]
                    at += 1
            i += 8
    if stream != NULL:
        stream.length = n[0]
        memcpy(stream.octets, into, n[0])
    return at
