# SPDX-License-Identifier: Apache-2.0
# Completion of the command xipc for bash. ci/check_command.cmake compares it
# with what `xipc --help` says.

# The options of a command, in `words`.
_xipc_options() {
    case $1 in
    'ls') words='--kind --scope --json --help' ;;
    'watch') words='--interval --count --kind --scope --json --help' ;;
    'info') words='--kind --scope --json --help' ;;
    'rm') words='--kind --scope --timeout --json --help' ;;
    'sweep') words='--scope --json --help' ;;
    'doctor') words='--json --help' ;;
    'send') words='--lines --type --priority --no-wait --create --open --capacity --message-max --unbounded --persistent --exclusive --acked --native --scope --timeout --progress --json --help' ;;
    'recv') words='--count --lines --create --open --capacity --message-max --unbounded --persistent --exclusive --acked --native --scope --timeout --progress --json --help' ;;
    'pipe listen') words='--send --messages --message-max --scope --timeout --progress --json --help' ;;
    'pipe connect') words='--receive --scope --timeout --progress --json --help' ;;
    'sock listen') words='--send --receive --scope --timeout --progress --json --help' ;;
    'sock connect') words='--send --receive --scope --timeout --progress --json --help' ;;
    'sock send') words='--size --ttl --no-end --timeout --progress --json --help' ;;
    'sock recv') words='--count --timeout --progress --json --help' ;;
    'shm create') words='--size --from --max-size --lazy --transient --scope --timeout --progress --json --help' ;;
    'shm dump') words='--offset --size --hex --scope --timeout --progress --help' ;;
    'shm write') words='--offset --scope --timeout --progress --json --help' ;;
    'run') words='--section --save --input --output --directory --die-with-parent --timeout --help' ;;
    'bench') words='' ;;
    'conformance') words='' ;;
    esac
}

# The names of what is there; of one kind, or of all.
_xipc_names() {
    xipc ls ${1:+--kind "$1"} 2>/dev/null | awk 'NR > 1 { print $2 }'
}

# What the operands of a command are, besides files.
_xipc_operands() {
    case $1 in
    ls | watch | info | rm) _xipc_names ;;
    send | recv) _xipc_names mailbox ;;
    'pipe listen' | 'pipe connect') _xipc_names pipe ;;
    'shm dump' | 'shm write') _xipc_names section ;;
    esac
}

_xipc_values() {
    case $1 in
    --scope) echo user machine all ;;
    --progress) echo auto always never ;;
    --timeout) echo now forever ;;
    --kind)
        echo section mutex semaphore event condition ring mailbox peer inbox \
            pipe socket
        ;;
    esac
}

_xipc() {
    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local command=${COMP_WORDS[1]} words=''
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        words='ls watch info rm sweep doctor send recv pipe sock shm run bench conformance'
        words+=' --help --version'
    elif [ "$COMP_CWORD" -eq 2 ]; then
        case $command in
        pipe) words='listen connect' ;;
        sock) words='listen connect send recv' ;;
        shm) words='create dump write' ;;
        esac
    fi
    if [ -z "$words" ]; then
        case $command in
        pipe | sock | shm) command+=" ${COMP_WORDS[2]}" ;;
        esac
        words=$(_xipc_values "$before")
    fi
    if [ -z "$words" ]; then
        case $current in
        -*) _xipc_options "$command" ;;
        *) words=$(_xipc_operands "$command") ;;
        esac
    fi
    # Files are completed where nothing else fits.
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -o default -F _xipc xipc
