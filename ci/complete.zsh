# SPDX-License-Identifier: Apache-2.0
# Types command lines into a zsh at a terminal of its own, presses the tabulator
# key behind each, and prints what that offers, as `LINE: OFFER`.
# Run: zsh -f ci/complete.zsh tools/completion 'xipc pipe co' 'xipc ls --sc'

# In the shell that is typed into: what is offered and fits is printed, and
# nothing is shown or inserted.
if [[ $1 == inside ]]; then
    PROMPT= RPROMPT= fpath=($2 $fpath)
    autoload -Uz compinit
    compinit -u -D
    compadd() {
        local -a fitting
        builtin compadd -O fitting "$@"
        (( $#fitting )) && print -rl -- "offered "$^fitting
    }
    finish() {
        BUFFER=''
        print 'nothing more'
    }
    zle -N finish
    bindkey '^G' finish
    print 'shell is ready'
    return
fi

zmodload zsh/zpty
script=${0:A}
folder=${1:A}
shift
zpty terminal zsh -f -i
zpty -w terminal "source ${(q)script} inside ${(q)folder}"
# What was typed is echoed too, and is no line of its own.
zpty -r terminal said $'*\nshell is ready*'
for line in "$@"; do
    zpty -w -n terminal "$line"$'\t\C-G'
    zpty -r terminal said '*nothing more*'
    print -r -- "$said" | tr -d '\r' |
        sed -n "s/^.*offered \(.*\)/$line: \1/p"
done
zpty -d terminal
