/* SPDX-License-Identifier: Apache-2.0 */
#include "core/layout.h"

#include <stddef.h>
#include <string.h>

#include "core/name.h"
#include "os/os_checksum.h"
#include "os/os_clock.h"
#include "os/os_fault.h"
#include "os/os_random.h"

#define HEAD_MAGIC                UINT64_C(0x314a424f43504958) /* "XIPCOBJ1" */
#define MAGIC_OF_OTHER_BYTE_ORDER UINT64_C(0x584950434f424a31)
#define HEAD_VERSION              1

static uint64_t head_checksum(const xipci_head *head)
{
    return xipcos_checksum(0, head, offsetof(xipci_head, checksum));
}

void xipci_head_fill(
    xipci_head *head, xipc_kind kind, const char *name, xipc_scope scope)
{
    memset(head, 0, sizeof *head);
    head->magic = HEAD_MAGIC;
    head->version = HEAD_VERSION;
    head->kind = (uint32_t)kind;
    head->scope = (uint32_t)scope;
    head->name_size = (uint32_t)strlen(name);
    head->generation = xipcos_random();
    head->name_space = xipci_name_space();
    head->made_at = xipcos_clock_wall_ns();
    memcpy(head->name, name, head->name_size);
    head->checksum = head_checksum(head);
}

/* The name is whole, and fit to be shown to people. */
static int name_makes_sense(const xipci_head *head)
{
    return head->name_size <= XIPC_NAME_MAX &&
           head->name[head->name_size] == '\0' &&
           xipci_name_legal_size(head->name, head->name_size) ==
               head->name_size;
}

static xipc_status scribbled(void)
{
    return xipcos_fault(XIPC_E_CORRUPT, 0, "its head was scribbled on");
}

/* All but the name. */
static xipc_status check_bytes(const xipci_head *head)
{
    if (head->magic == MAGIC_OF_OTHER_BYTE_ORDER) {
        return xipcos_fault(
            XIPC_E_INCOMPATIBLE, 0, "made by a machine of other byte order");
    }
    if (head->magic != HEAD_MAGIC) {
        return xipcos_fault(XIPC_E_CORRUPT, 0, "its head makes no sense");
    }
    if (head->version != HEAD_VERSION) {
        return xipcos_fault(
            XIPC_E_INCOMPATIBLE, 0,
            "its head has version %lu, this library has version %d",
            (unsigned long)head->version, HEAD_VERSION);
    }
    return head->checksum == head_checksum(head) ? XIPC_OK : scribbled();
}

xipc_status xipci_head_check(const xipci_head *head)
{
    xipc_status status = check_bytes(head);

    if (status == XIPC_OK && !name_makes_sense(head)) {
        status = scribbled();
    }
    return status;
}

static xipc_status check_kind(const xipci_head *head, xipc_kind kind)
{
    if (head->kind == (uint32_t)kind) {
        return XIPC_OK;
    }
    return xipcos_fault(
        XIPC_E_INCOMPATIBLE, 0, "what stands there is of kind %lu",
        (unsigned long)head->kind);
}

xipc_status xipci_head_match_anonymous(const xipci_head *head, xipc_kind kind)
{
    xipc_status status = check_kind(head, kind);

    if (status == XIPC_OK && head->name_size != 0) {
        status = xipcos_fault(XIPC_E_CORRUPT, 0, "it is one that has a name");
    }
    return status;
}

static int has_name(const xipci_head *head, const char *name)
{
    size_t size = strlen(name);

    return head->name_size == size && memcmp(head->name, name, size + 1) == 0;
}

xipc_status xipci_head_match(
    const xipci_head *head, xipc_kind kind, const char *name, xipc_scope scope)
{
    int is_name = has_name(head, name);
    xipc_status status = check_bytes(head);

    /* The name asked for is a legal one. */
    if (status == XIPC_OK && !is_name && !name_makes_sense(head)) {
        status = scribbled();
    }
    if (status == XIPC_OK) {
        status = check_kind(head, kind);
    }
    if (status != XIPC_OK) {
        return status;
    }
    if (!is_name || head->scope != (uint32_t)scope ||
        head->name_space != xipci_name_space()) {
        return xipcos_fault(
            XIPC_E_NOT_FOUND, 0, "another name with the same hash is there");
    }
    return XIPC_OK;
}
