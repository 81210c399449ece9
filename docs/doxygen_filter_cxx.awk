# SPDX-License-Identifier: Apache-2.0
# Shows Doxygen what xipc.hpp says in plain comments:
#
# - the first comment after the licence is about the file;
# - a comment is about all declarations up to the next empty line.

# The comment, for Doxygen to read.
function show(mark,   i, text) {
    printf "/**%s\n", mark
    for (i = 1; i <= count; i++) {
        text = comment[i]
        if (text !~ /^    /) gsub(/[<>#%@\\]/, "\\\\&", text)
        print text
    }
    print "*/"
}

BEGIN { files = 0; count = 0 }

/SPDX-License-Identifier/ { print ""; next }

# A section's title is about nothing.
/^ *\/\/ ----/ { print ""; next }

/^ *\/\// {
    if (!open) count = 0
    open = 1
    sub(/^ *\/\/ ?/, "")
    comment[++count] = $0
    next
}

open {
    open = 0
    if (!files++) {
        show(" @file")
        count = 0
    } else {
        depth = 0
        at_rest = 1
    }
}

/^$/ { count = 0; print; next }

# A declaration begins where the last one has ended.
{
    if (count && at_rest && /^ *[A-Za-z~]/) show("")
    print
    bare = $0
    depth += gsub(/\{/, "", bare) - gsub(/\}/, "", bare)
    at_rest = depth == 0 && /[;}] *$/
}
