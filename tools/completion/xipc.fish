# SPDX-License-Identifier: Apache-2.0
# Completion of the command xipc for fish. ci/check_command.cmake compares it
# with what `xipc --help` says.

# Whether the command line is one of this command, of one word or of two.
function __xipc_at
    set -l line (commandline -opc)
    set -l last (math 1 + (count $argv))
    test (count $line) -ge $last
    and test "$line[2..$last]" = "$argv"
end

function __xipc_first
    test (count (commandline -opc)) -eq 1
end

function __xipc_second
    set -l line (commandline -opc)
    test (count $line) -eq 2
    and test $line[2] = $argv[1]
end

function __xipc_names
    if set -q argv[1]
        xipc ls --kind $argv[1] 2>/dev/null | awk 'NR > 1 { print $2 }'
    else
        xipc ls 2>/dev/null | awk 'NR > 1 { print $2 }'
    end
end

set -l kinds section mutex semaphore event condition ring mailbox peer inbox
set -a kinds pipe socket call

complete -c xipc -n __xipc_first -l help
complete -c xipc -n __xipc_first -l version
complete -c xipc -n __xipc_first -f -a ls -d 'lists what there is, and how many have it'
complete -c xipc -n __xipc_first -f -a watch -d 'the same over and over, and how it changes'
complete -c xipc -n __xipc_first -f -a info -d 'tells all that is known of one object'
complete -c xipc -n __xipc_first -f -a rm -d 'takes the names of persistent objects away'
complete -c xipc -n __xipc_first -f -a sweep -d 'clears away what killed processes left behind'
complete -c xipc -n __xipc_first -f -a doctor -d 'tells what this system can do, and what stands in the way'
complete -c xipc -n __xipc_first -f -a send -d 'sends files, or lines, to a mailbox'
complete -c xipc -n __xipc_first -f -a recv -d 'receives from a mailbox'
complete -c xipc -n __xipc_first -f -a ring -d 'rings'
complete -c xipc -n __xipc_first -f -a peer -d 'peers'
complete -c xipc -n __xipc_first -f -a pipe -d 'named pipes'
complete -c xipc -n __xipc_first -f -a sock -d 'sockets'
complete -c xipc -n __xipc_first -f -a serve -d 'answers calls by programs'
complete -c xipc -n __xipc_first -f -a call -d 'calls a service, and writes its reply'
complete -c xipc -n __xipc_first -f -a shm -d 'shared memory'
complete -c xipc -n __xipc_first -f -a run -d 'starts a program with labelled objects'
complete -c xipc -n __xipc_first -f -a bench -d 'starts xipc-bench'
complete -c xipc -n __xipc_first -f -a conformance -d 'starts xipc-conformance'
complete -c xipc -n '__xipc_second ring' -f -a send -d 'sends a file through a ring'
complete -c xipc -n '__xipc_second ring' -f -a recv -d 'receives a file through a ring'
complete -c xipc -n '__xipc_second peer' -f -a send -d 'sends a file to a peer'
complete -c xipc -n '__xipc_second peer' -f -a recv -d 'receives a file as a peer'
complete -c xipc -n '__xipc_second pipe' -f -a listen -d 'takes a client of a named pipe'
complete -c xipc -n '__xipc_second pipe' -f -a connect -d 'connects to a named pipe'
complete -c xipc -n '__xipc_second sock' -f -a listen -d 'takes a client of a socket'
complete -c xipc -n '__xipc_second sock' -f -a connect -d 'connects to a socket'
complete -c xipc -n '__xipc_second sock' -f -a send -d 'sends datagrams'
complete -c xipc -n '__xipc_second sock' -f -a recv -d 'receives datagrams'
complete -c xipc -n '__xipc_second shm' -f -a create -d 'makes a section of shared memory'
complete -c xipc -n '__xipc_second shm' -f -a dump -d 'writes what is in a section to a file'
complete -c xipc -n '__xipc_second shm' -f -a write -d 'writes a file into a section'

complete -c xipc -n '__xipc_at ls' -f -a '(__xipc_names)'
complete -c xipc -n '__xipc_at ls' -l kind -x -a "$kinds"
complete -c xipc -n '__xipc_at ls' -l scope -x -a 'user machine all'
complete -c xipc -n '__xipc_at ls' -l json
complete -c xipc -n '__xipc_at ls' -l help

complete -c xipc -n '__xipc_at watch' -f -a '(__xipc_names)'
complete -c xipc -n '__xipc_at watch' -l interval -r
complete -c xipc -n '__xipc_at watch' -l count -r
complete -c xipc -n '__xipc_at watch' -l kind -x -a "$kinds"
complete -c xipc -n '__xipc_at watch' -l scope -x -a 'user machine all'
complete -c xipc -n '__xipc_at watch' -l json
complete -c xipc -n '__xipc_at watch' -l help

complete -c xipc -n '__xipc_at info' -f -a '(__xipc_names)'
complete -c xipc -n '__xipc_at info' -l kind -x -a "$kinds"
complete -c xipc -n '__xipc_at info' -l scope -x -a 'user machine all'
complete -c xipc -n '__xipc_at info' -l json
complete -c xipc -n '__xipc_at info' -l help

complete -c xipc -n '__xipc_at rm' -f -a '(__xipc_names)'
complete -c xipc -n '__xipc_at rm' -l kind -x -a "$kinds"
complete -c xipc -n '__xipc_at rm' -l scope -x -a 'user machine all'
complete -c xipc -n '__xipc_at rm' -l timeout -x -a 'now forever'
complete -c xipc -n '__xipc_at rm' -l json
complete -c xipc -n '__xipc_at rm' -l help

complete -c xipc -n '__xipc_at sweep' -l scope -x -a 'user machine all'
complete -c xipc -n '__xipc_at sweep' -l json
complete -c xipc -n '__xipc_at sweep' -l help

complete -c xipc -n '__xipc_at doctor' -l json
complete -c xipc -n '__xipc_at doctor' -l help

complete -c xipc -n '__xipc_at send' -a '(__xipc_names mailbox)'
complete -c xipc -n '__xipc_at send' -l lines
complete -c xipc -n '__xipc_at send' -l type -r
complete -c xipc -n '__xipc_at send' -l priority -r
complete -c xipc -n '__xipc_at send' -l no-wait
complete -c xipc -n '__xipc_at send' -l create
complete -c xipc -n '__xipc_at send' -l open
complete -c xipc -n '__xipc_at send' -l capacity -r
complete -c xipc -n '__xipc_at send' -l message-max -r
complete -c xipc -n '__xipc_at send' -l unbounded
complete -c xipc -n '__xipc_at send' -l persistent
complete -c xipc -n '__xipc_at send' -l exclusive
complete -c xipc -n '__xipc_at send' -l acked
complete -c xipc -n '__xipc_at send' -l native
complete -c xipc -n '__xipc_at send' -l scope -x -a 'user machine'
complete -c xipc -n '__xipc_at send' -l timeout -x -a 'now forever'
complete -c xipc -n '__xipc_at send' -l progress -x -a 'auto always never'
complete -c xipc -n '__xipc_at send' -l json
complete -c xipc -n '__xipc_at send' -l help

complete -c xipc -n '__xipc_at recv' -a '(__xipc_names mailbox)'
complete -c xipc -n '__xipc_at recv' -l count -r
complete -c xipc -n '__xipc_at recv' -l lines
complete -c xipc -n '__xipc_at recv' -l create
complete -c xipc -n '__xipc_at recv' -l open
complete -c xipc -n '__xipc_at recv' -l capacity -r
complete -c xipc -n '__xipc_at recv' -l message-max -r
complete -c xipc -n '__xipc_at recv' -l unbounded
complete -c xipc -n '__xipc_at recv' -l persistent
complete -c xipc -n '__xipc_at recv' -l exclusive
complete -c xipc -n '__xipc_at recv' -l acked
complete -c xipc -n '__xipc_at recv' -l native
complete -c xipc -n '__xipc_at recv' -l scope -x -a 'user machine'
complete -c xipc -n '__xipc_at recv' -l timeout -x -a 'now forever'
complete -c xipc -n '__xipc_at recv' -l progress -x -a 'auto always never'
complete -c xipc -n '__xipc_at recv' -l json
complete -c xipc -n '__xipc_at recv' -l help

complete -c xipc -n '__xipc_at ring send' -a '(__xipc_names ring)'
complete -c xipc -n '__xipc_at ring send' -l messages
complete -c xipc -n '__xipc_at ring send' -l capacity -r
complete -c xipc -n '__xipc_at ring send' -l scope -x -a 'user machine'
complete -c xipc -n '__xipc_at ring send' -l timeout -x -a 'now forever'
complete -c xipc -n '__xipc_at ring send' -l progress -x -a 'auto always never'
complete -c xipc -n '__xipc_at ring send' -l json
complete -c xipc -n '__xipc_at ring send' -l help

complete -c xipc -n '__xipc_at ring recv' -a '(__xipc_names ring)'
complete -c xipc -n '__xipc_at ring recv' -l messages
complete -c xipc -n '__xipc_at ring recv' -l capacity -r
complete -c xipc -n '__xipc_at ring recv' -l scope -x -a 'user machine'
complete -c xipc -n '__xipc_at ring recv' -l timeout -x -a 'now forever'
complete -c xipc -n '__xipc_at ring recv' -l progress -x -a 'auto always never'
complete -c xipc -n '__xipc_at ring recv' -l json
complete -c xipc -n '__xipc_at ring recv' -l help

complete -c xipc -n '__xipc_at peer send' -a '(__xipc_names peer)'
complete -c xipc -n '__xipc_at peer send' -l as -r
complete -c xipc -n '__xipc_at peer send' -l message-max -r
complete -c xipc -n '__xipc_at peer send' -l scope -x -a 'user machine'
complete -c xipc -n '__xipc_at peer send' -l timeout -x -a 'now forever'
complete -c xipc -n '__xipc_at peer send' -l progress -x -a 'auto always never'
complete -c xipc -n '__xipc_at peer send' -l json
complete -c xipc -n '__xipc_at peer send' -l help

complete -c xipc -n '__xipc_at peer recv' -l message-max -r
complete -c xipc -n '__xipc_at peer recv' -l scope -x -a 'user machine'
complete -c xipc -n '__xipc_at peer recv' -l timeout -x -a 'now forever'
complete -c xipc -n '__xipc_at peer recv' -l progress -x -a 'auto always never'
complete -c xipc -n '__xipc_at peer recv' -l json
complete -c xipc -n '__xipc_at peer recv' -l help

complete -c xipc -n '__xipc_at pipe listen' -a '(__xipc_names pipe)'
complete -c xipc -n '__xipc_at pipe listen' -l send
complete -c xipc -n '__xipc_at pipe listen' -l messages
complete -c xipc -n '__xipc_at pipe listen' -l message-max -r
complete -c xipc -n '__xipc_at pipe listen' -l scope -x -a 'user machine'
complete -c xipc -n '__xipc_at pipe listen' -l timeout -x -a 'now forever'
complete -c xipc -n '__xipc_at pipe listen' -l progress -x -a 'auto always never'
complete -c xipc -n '__xipc_at pipe listen' -l json
complete -c xipc -n '__xipc_at pipe listen' -l help

complete -c xipc -n '__xipc_at pipe connect' -a '(__xipc_names pipe)'
complete -c xipc -n '__xipc_at pipe connect' -l receive
complete -c xipc -n '__xipc_at pipe connect' -l scope -x -a 'user machine'
complete -c xipc -n '__xipc_at pipe connect' -l timeout -x -a 'now forever'
complete -c xipc -n '__xipc_at pipe connect' -l progress -x -a 'auto always never'
complete -c xipc -n '__xipc_at pipe connect' -l json
complete -c xipc -n '__xipc_at pipe connect' -l help

complete -c xipc -n '__xipc_at sock listen' -l send
complete -c xipc -n '__xipc_at sock listen' -l receive
complete -c xipc -n '__xipc_at sock listen' -l scope -x -a 'user machine'
complete -c xipc -n '__xipc_at sock listen' -l timeout -x -a 'now forever'
complete -c xipc -n '__xipc_at sock listen' -l progress -x -a 'auto always never'
complete -c xipc -n '__xipc_at sock listen' -l json
complete -c xipc -n '__xipc_at sock listen' -l help

complete -c xipc -n '__xipc_at sock connect' -l send
complete -c xipc -n '__xipc_at sock connect' -l receive
complete -c xipc -n '__xipc_at sock connect' -l scope -x -a 'user machine'
complete -c xipc -n '__xipc_at sock connect' -l timeout -x -a 'now forever'
complete -c xipc -n '__xipc_at sock connect' -l progress -x -a 'auto always never'
complete -c xipc -n '__xipc_at sock connect' -l json
complete -c xipc -n '__xipc_at sock connect' -l help

complete -c xipc -n '__xipc_at sock send' -l size -r
complete -c xipc -n '__xipc_at sock send' -l ttl -r
complete -c xipc -n '__xipc_at sock send' -l no-end
complete -c xipc -n '__xipc_at sock send' -l timeout -x -a 'now forever'
complete -c xipc -n '__xipc_at sock send' -l progress -x -a 'auto always never'
complete -c xipc -n '__xipc_at sock send' -l json
complete -c xipc -n '__xipc_at sock send' -l help

complete -c xipc -n '__xipc_at sock recv' -l count -r
complete -c xipc -n '__xipc_at sock recv' -l timeout -x -a 'now forever'
complete -c xipc -n '__xipc_at sock recv' -l progress -x -a 'auto always never'
complete -c xipc -n '__xipc_at sock recv' -l json
complete -c xipc -n '__xipc_at sock recv' -l help

complete -c xipc -n '__xipc_at serve' -l method -r
complete -c xipc -n '__xipc_at serve' -l echo
complete -c xipc -n '__xipc_at serve' -l into -r
complete -c xipc -n '__xipc_at serve' -l workers -r
complete -c xipc -n '__xipc_at serve' -l count -r
complete -c xipc -n '__xipc_at serve' -l payload-max -r
complete -c xipc -n '__xipc_at serve' -l scope -x -a 'user machine'
complete -c xipc -n '__xipc_at serve' -l timeout -x -a 'now forever'
complete -c xipc -n '__xipc_at serve' -l progress -x -a 'auto always never'
complete -c xipc -n '__xipc_at serve' -l json
complete -c xipc -n '__xipc_at serve' -l help

complete -c xipc -n '__xipc_at call' -a '(__xipc_names call)'
complete -c xipc -n '__xipc_at call' -l method -r
complete -c xipc -n '__xipc_at call' -l text -r
complete -c xipc -n '__xipc_at call' -l pieces
complete -c xipc -n '__xipc_at call' -l output -r
complete -c xipc -n '__xipc_at call' -l post
complete -c xipc -n '__xipc_at call' -l count -r
complete -c xipc -n '__xipc_at call' -l payload-max -r
complete -c xipc -n '__xipc_at call' -l scope -x -a 'user machine'
complete -c xipc -n '__xipc_at call' -l timeout -x -a 'now forever'
complete -c xipc -n '__xipc_at call' -l progress -x -a 'auto always never'
complete -c xipc -n '__xipc_at call' -l json
complete -c xipc -n '__xipc_at call' -l help

complete -c xipc -n '__xipc_at shm create' -l size -r
complete -c xipc -n '__xipc_at shm create' -l from -r
complete -c xipc -n '__xipc_at shm create' -l max-size -r
complete -c xipc -n '__xipc_at shm create' -l lazy
complete -c xipc -n '__xipc_at shm create' -l transient
complete -c xipc -n '__xipc_at shm create' -l scope -x -a 'user machine'
complete -c xipc -n '__xipc_at shm create' -l timeout -x -a 'now forever'
complete -c xipc -n '__xipc_at shm create' -l progress -x -a 'auto always never'
complete -c xipc -n '__xipc_at shm create' -l json
complete -c xipc -n '__xipc_at shm create' -l help

complete -c xipc -n '__xipc_at shm dump' -a '(__xipc_names section)'
complete -c xipc -n '__xipc_at shm dump' -l offset -r
complete -c xipc -n '__xipc_at shm dump' -l size -r
complete -c xipc -n '__xipc_at shm dump' -l hex
complete -c xipc -n '__xipc_at shm dump' -l scope -x -a 'user machine'
complete -c xipc -n '__xipc_at shm dump' -l timeout -x -a 'now forever'
complete -c xipc -n '__xipc_at shm dump' -l progress -x -a 'auto always never'
complete -c xipc -n '__xipc_at shm dump' -l json
complete -c xipc -n '__xipc_at shm dump' -l help

complete -c xipc -n '__xipc_at shm write' -a '(__xipc_names section)'
complete -c xipc -n '__xipc_at shm write' -l offset -r
complete -c xipc -n '__xipc_at shm write' -l scope -x -a 'user machine'
complete -c xipc -n '__xipc_at shm write' -l timeout -x -a 'now forever'
complete -c xipc -n '__xipc_at shm write' -l progress -x -a 'auto always never'
complete -c xipc -n '__xipc_at shm write' -l json
complete -c xipc -n '__xipc_at shm write' -l help

complete -c xipc -n '__xipc_at run' -l section -r
complete -c xipc -n '__xipc_at run' -l save -r
complete -c xipc -n '__xipc_at run' -l input -r
complete -c xipc -n '__xipc_at run' -l output -r
complete -c xipc -n '__xipc_at run' -l directory -r
complete -c xipc -n '__xipc_at run' -l die-with-parent
complete -c xipc -n '__xipc_at run' -l timeout -x -a 'now forever'
complete -c xipc -n '__xipc_at run' -l json
complete -c xipc -n '__xipc_at run' -l help
