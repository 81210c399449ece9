/* SPDX-License-Identifier: Apache-2.0 */
/* What a call says when it fails: the status and its words. */
#include <limits.h>
#include <string.h>

#include "support/spec.h"

#define CONSTANT(status) \
    {                    \
        status, #status  \
    }

typedef struct constant {
    xipc_status status;
    const char *spelling;
} constant;

static const constant constants[] = {
    CONSTANT(XIPC_OK),
    CONSTANT(XIPC_E_INVALID),
    CONSTANT(XIPC_E_NAME),
    CONSTANT(XIPC_E_NO_MEMORY),
    CONSTANT(XIPC_E_NO_SPACE),
    CONSTANT(XIPC_E_EXISTS),
    CONSTANT(XIPC_E_NOT_FOUND),
    CONSTANT(XIPC_E_ACCESS),
    CONSTANT(XIPC_E_AGAIN),
    CONSTANT(XIPC_E_TIMEOUT),
    CONSTANT(XIPC_E_CANCELED),
    CONSTANT(XIPC_E_CLOSED),
    CONSTANT(XIPC_E_PEER_DIED),
    CONSTANT(XIPC_E_OWNER_DIED),
    CONSTANT(XIPC_E_NOT_RECOVERABLE),
    CONSTANT(XIPC_E_NOT_OWNER),
    CONSTANT(XIPC_E_LIMIT),
    CONSTANT(XIPC_E_TOO_BIG),
    CONSTANT(XIPC_E_TOO_SMALL),
    CONSTANT(XIPC_E_BUSY),
    CONSTANT(XIPC_E_NOT_SUPPORTED),
    CONSTANT(XIPC_E_INCOMPATIBLE),
    CONSTANT(XIPC_E_CORRUPT),
    CONSTANT(XIPC_E_FORKED),
    CONSTANT(XIPC_E_OS),
};

#define CONSTANT_COUNT (sizeof constants / sizeof constants[0])

static const int strangers[] = {1, 2, XIPC_E_OS - 1, INT_MAX, INT_MIN};

#define STRANGER_COUNT (sizeof strangers / sizeof strangers[0])

SPEC(success_is_zero_and_every_other_status_is_negative, "GEN-1")
{
    REQUIRE(constants[0].status == 0);
    for (size_t i = 1; i < CONSTANT_COUNT; i++) {
        REQUIRE(constants[i].status < 0);
    }
}

SPEC(the_name_of_a_status_is_its_constants_own_spelling, "GEN-2")
{
    for (size_t i = 0; i < CONSTANT_COUNT; i++) {
        REQUIRE_TEXT(
            constants[i].spelling, xipc_status_name(constants[i].status));
    }
}

SPEC(a_status_nobody_knows_is_named_with_a_question_mark, "GEN-2")
{
    for (size_t i = 0; i < STRANGER_COUNT; i++) {
        REQUIRE_TEXT("XIPC_E_?", xipc_status_name((xipc_status)strangers[i]));
    }
}

SPEC(every_status_has_words_of_its_own, "GEN-2")
{
    for (size_t i = 0; i < CONSTANT_COUNT; i++) {
        const char *text = xipc_status_text(constants[i].status);

        REQUIRE(text != NULL);
        REQUIRE(text[0] != '\0');
        for (size_t j = 0; j < i; j++) {
            REQUIRE(strcmp(text, xipc_status_text(constants[j].status)) != 0);
        }
    }
}

SPEC(the_words_for_a_timeout_are_a_plain_sentence, "GEN-2")
{
    REQUIRE_TEXT("the deadline passed first", xipc_status_text(XIPC_E_TIMEOUT));
}

SPEC(a_status_nobody_knows_still_has_words, "GEN-2")
{
    for (size_t i = 0; i < STRANGER_COUNT; i++) {
        const char *text = xipc_status_text((xipc_status)strangers[i]);

        REQUIRE(text != NULL);
        REQUIRE(text[0] != '\0');
    }
}

SPEC(the_library_was_built_with_the_version_of_its_headers, "GEN-2")
{
    REQUIRE_TEXT(XIPC_VERSION, xipc_version());
}
