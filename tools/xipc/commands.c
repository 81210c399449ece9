/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include <stdint.h>

static const option list_options[] = {
    OPTION_KIND, OPTION_SCOPES, OPTION_JSON, OPTION_END};
static const option remove_options[] = {
    OPTION_KIND, OPTION_SCOPES, OPTION_TIMEOUT, OPTION_JSON, OPTION_END};
static const option sweep_options[] = {OPTION_SCOPES, OPTION_JSON, OPTION_END};
static const option doctor_options[] = {OPTION_JSON, OPTION_END};
static const option no_options[] = {OPTION_END};

const command commands[] = {
    {"ls", "[NAME]", "lists what there is, and how many have it",
     "What is stale is shown once, and cleared away by that.", list_options, 0,
     1, 0, do_ls},
    {"watch", "[NAME]", "the same over and over, and how it changes",
     "Ctrl-C ends it.", watch_options, 0, 1, 0, do_watch},
    {"info", "NAME", "tells all that is known of one object", NULL,
     list_options, 1, 1, 0, do_info},
    {"rm", "NAME...", "takes the names of persistent objects away",
     "A transient object goes with its last holder, and cannot be removed.",
     remove_options, 1, SIZE_MAX, 0, do_rm},
    {"sweep", "", "clears away what killed processes left behind", NULL,
     sweep_options, 0, 0, 0, do_sweep},
    {"doctor", "", "tells what this system can do, and what stands in the way",
     "It ends with code 1 if something does not work that should.",
     doctor_options, 0, 0, 0, do_doctor},
    {"send", "BOX [FILE]...", "sends files, or lines, to a mailbox",
     "Each file is one message, or many if it is longer than the box takes;\n"
     "xipc recv puts those together again. The box is made if it is not "
     "there.\n"
     "What is in a transient box goes with its last holder, so xipc send "
     "waits\n"
     "until all that is in the box has been received.",
     box_send_options, 1, SIZE_MAX, 0, do_send},
    {"recv", "BOX [FILE]", "receives from a mailbox",
     "Ends after one file or message. The box is made if it is not there.\n"
     "Writes what came, or with --json an object a line for each message.",
     box_receive_options, 1, 2, 0, do_recv},
    {"ring send", "NAME [FILE]", "sends a file through a ring",
     "The ring is made if it is not there. Waits until somebody receives.",
     ring_options, 1, 2, 0, do_ring_send},
    {"ring recv", "NAME [FILE]", "receives a file through a ring",
     "The ring is made if it is not there. Ends when the sender does.",
     ring_options, 1, 2, 0, do_ring_recv},
    {"peer send", "NAME [FILE]", "sends a file to a peer",
     "NAME is the receiver's. Waits until he is there, and at the end until "
     "he\n"
     "has written the file.",
     peer_send_options, 1, 2, 0, do_peer_send},
    {"peer recv", "NAME [FILE]", "receives a file as a peer",
     "Joins under NAME. Ends with the file of whoever sends first.",
     peer_receive_options, 1, 2, 0, do_peer_recv},
    {"pipe listen", "NAME [FILE]", "takes a client of a named pipe",
     "Writes what the client sends to FILE, or sends FILE with --send.",
     pipe_listen_options, 1, 2, 0, do_pipe_listen},
    {"pipe connect", "NAME [FILE]", "connects to a named pipe",
     "Sends FILE, or writes what comes to it with --receive. Waits until\n"
     "somebody listens.",
     pipe_connect_options, 1, 2, 0, do_pipe_connect},
    {"sock listen", "URI [FILE]", "takes a client of a socket",
     "Writes what the client sends to FILE, or sends FILE with --send.\n"
     "URI: tcp://host:port, unix:NAME, unix:/path.",
     sock_stream_options, 1, 2, 0, do_sock_listen},
    {"sock connect", "URI [FILE]", "connects to a socket",
     "Sends FILE, or writes what comes to it with --receive. Tries until\n"
     "somebody listens.",
     sock_stream_options, 1, 2, 0, do_sock_connect},
    {"sock send", "URI [FILE]...", "sends datagrams",
     "Files are cut into datagrams, and an empty one ends each. Datagrams may\n"
     "be lost on their way, and nobody tells. URI: udp://host:port.",
     sock_send_options, 1, SIZE_MAX, 0, do_sock_send},
    {"sock recv", "URI [FILE]", "receives datagrams",
     "Ends with an empty datagram. URI: udp://host:port.", sock_receive_options,
     1, 2, 0, do_sock_recv},
    {"serve", "ADDRESS [PROGRAM [ARGUMENT]...]", "answers calls by programs",
     "For each request PROGRAM is run: the request is its standard input, its\n"
     "standard output the reply, and its exit code the result. It answers\n"
     "method 1. It is killed when the caller gives up, or after --timeout.\n"
     "With --into it takes one file of xipc call --pieces, and ends. With "
     "--json\n"
     "it writes an object a line for each thing that happens.\n"
     "ADDRESS: NAME, tcp://host:port.",
     serve_options, 1, SIZE_MAX, 2, do_serve},
    {"call", "ADDRESS [FILE]", "calls a service, and writes its reply",
     "The request is FILE, or the standard input. Tries until somebody "
     "serves.\n"
     "Ends with the result as its code, if that is 0 to 255. With --pieces "
     "FILE\n"
     "is as long as it likes, and goes to xipc serve --into.\n"
     "ADDRESS: NAME, tcp://host:port.",
     call_options, 1, 2, 0, do_call},
    {"shm create", "NAME", "makes a section of shared memory",
     "It stays until xipc rm, or with --transient until Ctrl-C.",
     shm_create_options, 1, 1, 0, do_shm_create},
    {"shm dump", "NAME [FILE]", "writes what is in a section to a file", NULL,
     shm_dump_options, 1, 2, 0, do_shm_dump},
    {"shm write", "NAME [FILE]", "writes a file into a section", NULL,
     shm_write_options, 1, 2, 0, do_shm_write},
    {"run", "PROGRAM [ARGUMENT]...", "starts a program with labelled objects",
     "The program claims them with xipc_inherited_section() and\n"
     "xipc_inherited_pipe(). Ends as it does. With --json an object follows\n"
     "what it wrote to the standard output: how it ended, and what was saved.",
     run_options, 1, SIZE_MAX, 1, do_run},
    {"bench", "[ARGUMENT]...", "starts xipc-bench", NULL, no_options, 0,
     SIZE_MAX, 1, do_bench},
    {"conformance", "[ARGUMENT]...", "starts xipc-conformance", NULL,
     no_options, 0, SIZE_MAX, 1, do_conformance},
    {NULL, NULL, NULL, NULL, NULL, 0, 0, 0, NULL}};

const field *command_fields(const command *which)
{
    if (which->run == do_ls) {
        return list_fields;
    }
    if (which->run == do_watch) {
        return watch_fields;
    }
    if (which->run == do_recv) {
        return receive_fields;
    }
    return which->run == do_serve ? serve_fields : NULL;
}
