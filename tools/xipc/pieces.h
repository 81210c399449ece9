/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file by calls: each piece is the request of one, of the method PIECE_TYPE,
 * and begins as a piece in a mailbox does (box.h). Pieces come in order, over
 * one link, and the last one's reply says that the file is whole. The result of
 * each is a code:
 *
 *     CODE_DONE      it is written
 *     CODE_REFUSED   another file is on its way, or it is not this one's turn
 *     CODE_USAGE     it is no piece
 *     CODE_FAILED    it could not be written; the receiver ends
 */
#ifndef PIECES_H
#define PIECES_H

#include <xipc/xipc.h>

#include "box.h"
#include "stream.h"

/* Bytes of the file in a piece. */
#define PIECE_SIZE ((size_t)1 << 16)

/* What was moved. */
typedef struct pieces_moved {
    uint64_t pieces;
    uint64_t bytes;
    int64_t time; /* nanoseconds */
} pieces_moved;

/* Codes, after they said what failed. */
int pieces_send(
    const char *address, xipc_link *link, stream *file, pieces_moved *moved);
/* Listens until one file has come. */
int pieces_receive(
    const char *address, const xipc_call_options *options, const char *path);

#endif
