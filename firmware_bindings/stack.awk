# Worst-case stack of one image: the deepest chain of calls of the main loop, one interrupt on top of it, and a fault
# on top of that. Prints one line: octets, then the chain. Any call that cannot be followed is an error. `indirect` says
# what is called through pointers from which source file.
#   awk -v threads="F.." -v interrupts="F.." -v faults="F.." -v indirect="FILE.c:F.." -f stack.awk FILE.ci... DISASSEMBLY
# FILE.ci: frames and calls of our code, from gcc -fcallgraph-info=su. DISASSEMBLY: of the linked image (objdump -d);
# it says which functions are linked, and gives the frames and calls of the C library's, which have no .ci.

function fail(text) {
    print "firmware: stack: " text
    failed = 1
}

# Our static functions are titled FILE:NAME.
function short(title) {
    sub(/^.*:/, "", title)
    return title
}

function add_call(from, to) {
    if (index(calls[from] " ", " " to " ") == 0) {
        calls[from] = calls[from] " " to
        called[to] = 1
    }
}

function quoted(line, key,    at) {
    at = index(line, key ": \"")
    line = substr(line, at + length(key) + 3)
    return substr(line, 1, index(line, "\"") - 1)
}

FILENAME ~ /\.ci$/ && /^node:/ {
    title = quoted($0, "title")
    label = quoted($0, "label")
    if (match(label, /[0-9]+ bytes \([a-z,]+\)/)) {
        words = substr(label, RSTART, RLENGTH)
        frame[title] = words + 0
        ours[short(title)] = title
        if (words !~ /\(static\)/) {
            dynamic[title] = 1
        }
    }
    next
}

# A call through a pointer goes to a node for all such calls of one source file: "*NAME.c", without a frame.
FILENAME ~ /\.ci$/ && /^edge:/ {
    target = quoted($0, "targetname")
    if (target == "__indirect_call") {
        target = quoted($0, "label")
        sub(/:[0-9]+:[0-9]+$/, "", target)
        sub(/^.*\//, "", target)
        target = "*" target
        frame[target] = 0
    }
    add_call(quoted($0, "sourcename"), target)
    next
}

FILENAME ~ /\.ci$/ { next }

# 08001794 <__udivmoddi4>:
/^[0-9a-f]+ <[^>]*>:$/ {
    name = substr($2, 2, length($2) - 3)
    linked[name] = 1
    library = !(name in ours)
    if (library) {
        frame[name] += 0
    }
    next
}

library && /\t(push|vpush|stmdb|stmfd|sub|subw|sub\.w|str|strd|str\.w|mov|mov\.w|msr|add|add\.w|addw)/ {
    text = $0
    sub(/^[^\t]*\t[^\t]*\t/, "", text)
    if (text ~ /^push(\.w)?\t/ || text ~ /^stmdb(\.w)?\tsp!/) {
        sub(/^[^{]*\{/, "", text)
        frame[name] += 4 * split(text, registers, ",")
    } else if (text ~ /^sub(w|\.w)?\tsp, (sp, )?#/ || text ~ /^strd?(\.w)?\t.*\[sp, #-[0-9]+\]!/) {
        sub(/^.*#-?/, "", text)
        frame[name] += text + 0
    } else if (text ~ /^vpush/ || text ~ /^(sub|mov|add)[w.]*\tsp, (sp, )?r[0-9]/ || text ~ /^msr\t[MP]SP/) {
        fail(name ": frame not understood: " text)
    }
}

library && /\t(bl|b|b\.w|b\.n|b[a-z][a-z](\.w|\.n)?)\t/ && match($0, /<[^>+]+>/) {
    target = substr($0, RSTART + 1, RLENGTH - 2)
    if (target != name) {
        add_call(name, target)
    }
}

library && /\t(blx|bx)\tr[0-9]/ { fail(name ": an indirect call in the C library") }

# Octets that `title` and all it calls need; `chain` is how it was reached.
function depth(title, chain,    list, n, i, callee, found, most, path) {
    if (index(chain " ", " " title " ") > 0) {
        fail("recursion:" chain " " title)
        return 0
    }
    if (title in known) {
        return known[title]
    }
    if (title in dynamic) {
        fail(short(title) ": a frame of unknown size")
    }
    most = 0
    path = ""
    n = split(calls[title], list, " ")
    for (i = 1; i <= n; i++) {
        callee = list[i]
        if (callee ~ /^\*/ && !(callee in resolved)) {
            fail(short(title) " calls through a pointer: say what " substr(callee, 2) " calls in INDIRECT of firmware.mk")
        }
        if (!(callee in frame) && callee in ours) {
            callee = ours[callee]
        }
        if (!(callee in frame)) {
            fail(short(title) " calls " callee ", which is not linked")
            continue
        }
        found = depth(callee, chain " " title)
        if (found > most) {
            most = found
            path = (callee ~ /^\*/ ? "" : " > ") way[callee]
        }
    }
    way[title] = (title ~ /^\*/ ? "" : short(title)) path
    known[title] = frame[title] + most
    return known[title]
}

# The deepest of several functions, each of which must exist; `deepest` is its chain.
function worst(names,    list, n, i, title, found, most) {
    most = 0
    deepest = ""
    n = split(names, list, " ")
    for (i = 1; i <= n; i++) {
        if (!(list[i] in ours)) {
            fail("no function " list[i])
            continue
        }
        title = ours[list[i]]
        called[title] = 1
        found = depth(title, "")
        if (found >= most) {
            most = found
            deepest = way[title]
        }
    }
    return most
}

END {
    exception = 26 * 4 + 4 # frame with floating-point registers, and its alignment (ARM DDI 0403, B1.5.7)
    n = split(indirect, list, " ")
    for (i = 1; i <= n; i++) {
        split(list[i], pair, ":")
        resolved["*" pair[1]] = 1
        if (pair[2] in linked && pair[2] in ours) {
            add_call("*" pair[1], ours[pair[2]])
        }
    }
    total = worst(threads)
    chain = deepest
    total += exception + worst(interrupts)
    chain = chain " | " deepest
    total += exception + worst(faults)
    chain = chain " | " deepest
    for (name in linked) {
        if (name in ours && !(ours[name] in called) && !(name in called)) {
            fail("nobody calls " name ", so a pointer does: say in INDIRECT of firmware.mk")
        }
    }
    if (failed) {
        exit 1
    }
    print total, chain
}
