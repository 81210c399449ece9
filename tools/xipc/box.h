/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `xipc send` and `xipc recv` agree on.
 *
 * A file that is longer than the longest message comes in pieces: messages of
 * type PIECE_TYPE, each with a head of PIECE_HEAD_SIZE bytes in front,
 * little-endian:
 *
 *      0  8 bytes  a number of the file's own
 *      8  8 bytes  where in the file this piece begins
 *     16  8 bytes  how long the file is; all ones: not known yet
 *     24  4 bytes  the type that the sender was told to use
 *     28  4 bytes  1: the last piece; else 0
 *
 * Pieces come in order. One sender at a time sends any: it has the mutex
 * "BOX.xipc-send" locked, which also tells of its death.
 */
#ifndef BOX_H
#define BOX_H

#include <xipc/xipc.h>

#include "args.h"

#define PIECE_TYPE      UINT32_C(0x63656970)
#define PIECE_HEAD_SIZE ((size_t)32)

typedef struct piece_head {
    uint64_t file;
    uint64_t offset;
    uint64_t total;
    uint32_t type;
    int is_last;
} piece_head;

void piece_head_write(const piece_head *head, unsigned char *bytes);
piece_head piece_head_read(const unsigned char *bytes);

/* How the box is made, and whether. */
typedef struct box_choices {
    uint64_t capacity;
    uint64_t message_max;
    int is_create;
    int is_open;
    int is_persistent;
    int is_exclusive;
    int is_acked;
    int is_unbounded;
    int is_native;
} box_choices;

extern box_choices box_chosen;

#define BOX_OPTIONS                                                           \
    {"create", OPTION_FLAG, NULL, "make the box; it must not be there",       \
     &box_chosen.is_create},                                                  \
        {"open", OPTION_FLAG, NULL, "the box must be there",                  \
         &box_chosen.is_open},                                                \
        {"capacity", OPTION_NUMBER, "N",                                      \
         "messages it has room for, if any: 64", &box_chosen.capacity},       \
        {"message-max", OPTION_NUMBER, "SIZE", "its longest message: 64K",    \
         &box_chosen.message_max},                                            \
        {"unbounded", OPTION_FLAG, NULL, "it has room as memory has",         \
         &box_chosen.is_unbounded},                                           \
        {"persistent", OPTION_FLAG, NULL, "it stays until xipc rm",           \
         &box_chosen.is_persistent},                                          \
        {"exclusive", OPTION_FLAG, NULL, "one receiver at a time",            \
         &box_chosen.is_exclusive},                                           \
        {"acked", OPTION_FLAG, NULL,                                          \
         "what a receiver did not finish comes again", &box_chosen.is_acked}, \
    {                                                                         \
        "native", OPTION_FLAG, NULL,                                          \
            "a message queue of the system's, which may have less room",      \
            &box_chosen.is_native                                             \
    }

/* Returns a code, after it said what failed. */
int box_open(const char *name, int is_receiver, xipc_mailbox **box_out);

/* The mutex of who sends pieces. XIPC_E_NOT_SUPPORTED: a native box has none.
 */
xipc_status box_lock_open(const char *name, int is_sender, xipc_mutex **out);

#endif
