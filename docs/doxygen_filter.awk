# SPDX-License-Identifier: Apache-2.0
# Shows Doxygen what the headers say in plain comments:
#
# - the first comment after the licence is about the file;
# - a comment is about all declarations up to the next empty line;
# - one among members is about those that follow and have none of their own;
# - a comment behind a member or a value is about that;
# - a list of statuses, and what is set in by four, keeps its lines;
# - a type or an initialiser that is alike everywhere and has no comment is told
#   by its name: handles, options, where a name is. A call or a limit is not.

function is_listed(text) {
    return text ~ /^XIPC_[A-Z_]+(,|  |$)/
}

# The comment's words as Doxygen is to read them.
function words(   i, text, out, listed) {
    out = ""
    for (i = 1; i <= count; i++) {
        text = comment[i]
        if (!listed && is_listed(text)) {
            out = out "@verbatim\n"
            listed = 1
        } else if (listed && text == "") {
            out = out "@endverbatim\n"
            listed = 0
        }
        if (!listed && text !~ /^    /) {
            gsub(/[<>#%@\\]/, "\\\\&", text)
        }
        out = out text "\n"
    }
    return out (listed ? "@endverbatim\n" : "")
}

function take(line) {
    sub(/ *\*\/ *$/, "", line)
    if (!sub(/^ *\/?\*+ ?/, "", line)) sub(/^ +/, "", line)
    if (count || line != "") comment[++count] = line
}

function show(mark) {
    printf "/**%s\n%s*/\n", mark, words()
}

# What is alike everywhere.
function custom(line,   name) {
    if (line ~ /^typedef struct [a-z_]+ [a-z_]+;/)
        return "A handle. What it points to is the library's own."
    if (line ~ /^typedef struct xipc_[a-z_]*options \{/)
        return "Options. Its initialiser sets the defaults."
    if (line ~ /^#define XIPC_[A-Z_]+_INIT /)
        return "Sets all members to their defaults."
    if (line ~ /^    xipc_naming naming;$/)
        return "Where its name is, who may use it, and how long it lasts."
    return ""
}

BEGIN { files = 0; count = 0; depth = 0 }

/SPDX-License-Identifier/ { print ""; next }

# A comment that stands alone.
/^ *\/\*/ && !open {
    count = 0
    open = 1
}
open {
    take($0)
    if ($0 ~ /\*\//) {
        open = 0
        if (!files++) {
            show(" @file")
            count = 0
        } else if (depth) {
            inner = words()
            told = 0
            count = 0
        }
    }
    next
}

/^$/ { if (!depth) count = 0; print; next }

# What comes between does not end a comment's reach.
/^#(if|else|elif|endif|include)/ || /^(extern "C" \{|\})$/ { print; next }

# A declaration begins: the comment is told again for each.
!inside && !continued && !count && inner == "" && custom($0) != "" {
    if (!($0 ~ /\/\*/)) printf "/** %s */\n", custom($0)
}
!depth && !inside && count && /^(XIPC_API|typedef|#define|struct|enum)/ { show("") }

# A member.
depth && inner != "" {
    if (/\/\*/) {
        if (!told) printf "/**\n%s*/\n", inner
        inner = ""
        told = 0
    } else if (/\}/) {
        inner = ""
        told = 0
    } else {
        printf "/**\n%s*/\n", inner
        told = 1
    }
}

# A comment behind what it is about, which may go on in the next lines.
/\/\*/ {
    text = $0
    while (text !~ /\*\// && (getline more) > 0) {
        sub(/^ +\*? */, " ", more)
        text = text more
    }
    if (text !~ /^#define/ && text !~ /\\$/) sub(/\/\*/, "/**<", text)
    $0 = text
}

{
    print
    bare = $0
    sub(/\/\*.*/, "", bare)
    if (continued) { continued = bare ~ /\\$/; next }
    if (bare ~ /^#define/) { continued = bare ~ /\\$/; inside = 0; next }
    depth += gsub(/\{/, "{", bare) - gsub(/\}/, "}", bare)
    inside = !depth && bare !~ /; *$/
}
