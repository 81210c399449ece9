# SPDX-License-Identifier: Apache-2.0
# Completion of the command xipc for bash. ci/check_command.cmake compares it
# with what `xipc --help` says.

# The options of a command, in `words`.
_xipc_options() {
    case $1 in
    'ls') offers='--kind --scope --json --help' ;;
    'watch') offers='--interval --count --kind --scope --json --help' ;;
    'info') offers='--kind --scope --json --help' ;;
    'rm') offers='--kind --scope --timeout --json --help' ;;
    'sweep') offers='--scope --json --help' ;;
    'doctor') offers='--json --help' ;;
    'send') offers='--lines --type --priority --no-wait --create --open --capacity --message-max --unbounded --persistent --exclusive --acked --native --scope --timeout --progress --json --help' ;;
    'recv') offers='--count --lines --create --open --capacity --message-max --unbounded --persistent --exclusive --acked --native --scope --timeout --progress --json --help' ;;
    'ring send') offers='--messages --capacity --scope --timeout --progress --json --help' ;;
    'ring recv') offers='--messages --capacity --scope --timeout --progress --json --help' ;;
    'peer send') offers='--as --message-max --scope --timeout --progress --json --help' ;;
    'peer recv') offers='--message-max --scope --timeout --progress --json --help' ;;
    'pipe listen') offers='--send --messages --message-max --scope --timeout --progress --json --help' ;;
    'pipe connect') offers='--receive --scope --timeout --progress --json --help' ;;
    'sock listen') offers='--send --receive --scope --timeout --progress --json --help' ;;
    'sock connect') offers='--send --receive --scope --timeout --progress --json --help' ;;
    'sock send') offers='--size --ttl --no-end --timeout --progress --json --help' ;;
    'sock recv') offers='--count --timeout --progress --json --help' ;;
    'serve') offers='--method --echo --into --workers --count --payload-max --scope --timeout --progress --json --help' ;;
    'call') offers='--method --text --pieces --output --post --count --payload-max --scope --timeout --progress --json --help' ;;
    'shm create') offers='--size --from --max-size --lazy --transient --scope --timeout --progress --json --help' ;;
    'shm dump') offers='--offset --size --hex --scope --timeout --progress --json --help' ;;
    'shm write') offers='--offset --scope --timeout --progress --json --help' ;;
    'run') offers='--section --save --input --output --directory --die-with-parent --timeout --json --help' ;;
    'bench') offers='' ;;
    'conformance') offers='' ;;
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
    'ring send' | 'ring recv') _xipc_names ring ;;
    'peer send') _xipc_names peer ;;
    'pipe listen' | 'pipe connect') _xipc_names pipe ;;
    call) _xipc_names call ;;
    'shm dump' | 'shm write') _xipc_names section ;;
    esac
}

# The words that an option takes; behind it the command.
_xipc_values() {
    case $1 in
    --scope)
        case $2 in
        ls | watch | info | rm | sweep) echo user machine all ;;
        *) echo user machine ;;
        esac
        ;;
    --progress) echo auto always never ;;
    --timeout) echo now forever ;;
    --kind)
        echo section mutex semaphore event condition ring mailbox peer inbox \
            pipe socket call
        ;;
    esac
}

_xipc() {
    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local command=${COMP_WORDS[1]} offers=''
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        offers='ls watch info rm sweep doctor send recv ring peer pipe sock serve call shm run bench conformance'
        offers+=' --help --version'
    elif [ "$COMP_CWORD" -eq 2 ]; then
        case $command in
        ring | peer) offers='send recv' ;;
        pipe) offers='listen connect' ;;
        sock) offers='listen connect send recv' ;;
        shm) offers='create dump write' ;;
        esac
    fi
    if [ -z "$offers" ]; then
        case $command in
        ring | peer | pipe | sock | shm) command+=" ${COMP_WORDS[2]}" ;;
        esac
        offers=$(_xipc_values "$before" "$command")
    fi
    if [ -z "$offers" ]; then
        case $current in
        -*) _xipc_options "$command" ;;
        *) offers=$(_xipc_operands "$command") ;;
        esac
    fi
    # Files are completed where nothing else fits.
    mapfile -t COMPREPLY < <(compgen -W "$offers" -- "$current")
}

complete -o default -F _xipc xipc
