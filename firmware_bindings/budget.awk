# The report's line for one image, from the Berkeley output of `size`; exits 1 beyond a budget.
#   size IMAGE | awk -v image=NAME -v flash=N -v ram=N -v stack=N -v bound=N -f budget.awk

function check(what, used, budget) {
    line = line sprintf("  %s %d of %d", what, used, budget)
    if (used > budget) {
        printf "firmware: %s: %s: %d octets, budget %d: make it smaller, or raise the budget in firmware.mk\n",
            image, what, used, budget
        failed = 1
    }
}

NR == 2 {
    check("flash", $1 + $2, flash)
    check("RAM", $2 + $3 - stack, ram)
    check("worst-case stack", bound, stack)
}

END {
    if (NR != 2) {
        print "firmware: " image ": size gave " NR " lines, expected 2"
        exit 1
    }
    if (failed) {
        exit 1
    }
    printf "%-5s%s\n", image, line
}
