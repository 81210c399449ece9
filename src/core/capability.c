/* SPDX-License-Identifier: Apache-2.0 */
#include <xipc/capability.h>
#include <xipc/ring.h>

#include "core/failure.h"
#include "os/os_capability.h"

static const char *const feature_names[XIPC_FEATURE_COUNT] = {
    [XIPC_FEATURE_SECTION] = "section",
    [XIPC_FEATURE_SECTION_PERSISTENT] = "section.persistent",
    [XIPC_FEATURE_SECTION_ANONYMOUS] = "section.anonymous",
    [XIPC_FEATURE_SECTION_RESERVE] = "section.reserve",
    [XIPC_FEATURE_SECTION_GROW] = "section.grow",
    [XIPC_FEATURE_SECTION_SEAL] = "section.seal",
    [XIPC_FEATURE_SECTION_HUGE_PAGES] = "section.huge_pages",
    [XIPC_FEATURE_SECTION_NATIVE] = "section.native",
    [XIPC_FEATURE_MACHINE_SCOPE] = "scope.machine",
    [XIPC_FEATURE_GROUP_ACCESS] = "access.group",
    [XIPC_FEATURE_FORK] = "fork",
    [XIPC_FEATURE_SYNC] = "sync",
    [XIPC_FEATURE_SYNC_ANONYMOUS] = "sync.anonymous",
    [XIPC_FEATURE_POLLER] = "poller",
    [XIPC_FEATURE_POLLER_HANDLE] = "poller.handle",
    [XIPC_FEATURE_RING] = "ring",
};

static xipc_status
get_capability(xipc_feature feature, xipc_capability_info *info)
{
    if (!info || info->info_size != sizeof *info) {
        return xipci_invalid(
            "info is NULL or its size unknown; use XIPC_CAPABILITY_INFO_INIT");
    }
    if ((unsigned)feature >= XIPC_FEATURE_COUNT) {
        return xipci_invalid("an unknown feature");
    }
    *info = (xipc_capability_info)XIPC_CAPABILITY_INFO_INIT;
    info->name = feature_names[feature];
    xipcos_capability(feature, info);
    if (feature == XIPC_FEATURE_RING) {
        info->has_limit = 1;
        info->limit = XIPC_RING_CAPACITY_MAX;
    }
    return XIPC_OK;
}

xipc_status xipc_capability(xipc_feature feature, xipc_capability_info *info)
{
    return xipci_answer(get_capability(feature, info));
}
