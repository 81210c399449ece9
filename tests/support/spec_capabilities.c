/* SPDX-License-Identifier: Apache-2.0 */
/* The library's own table of what this system can do. */
#include <stdio.h>

#include "support/spec_report.h"

static const char *support_name(xipc_support support)
{
    switch (support) {
    case XIPC_SUPPORT_ABSENT: return "absent";
    case XIPC_SUPPORT_EMULATED: return "emulated";
    case XIPC_SUPPORT_NATIVE: return "native";
    }
    return "?";
}

static xipc_capability_info capability(int feature)
{
    xipc_capability_info info = XIPC_CAPABILITY_INFO_INIT;
    xipc_status status = xipc_capability((xipc_feature)feature, &info);

    if (status != XIPC_OK) {
        spec_die(
            "the library does not know feature %d: %s", feature,
            xipc_status_name(status));
    }
    return info;
}

void spec_capabilities_print(void)
{
    printf("xipc %s on %s\n\n", xipc_version(), spec_host());
    for (int feature = 0; feature < XIPC_FEATURE_COUNT; feature++) {
        xipc_capability_info info = capability(feature);
        char limit[24] = "-";

        if (info.has_limit) {
            (void)snprintf(
                limit, sizeof limit, "%llu", (unsigned long long)info.limit);
        }
        printf(
            "%-26s %-9s %-20s %s\n", info.name, support_name(info.support),
            limit, info.text ? info.text : "");
    }
}

void spec_capabilities_json(spec_text *json)
{
    spec_text_add(json, "[\n");
    for (int feature = 0; feature < XIPC_FEATURE_COUNT; feature++) {
        xipc_capability_info info = capability(feature);

        spec_text_add(json, "    {\"name\": ");
        spec_add_json(json, info.name);
        spec_text_add(
            json,
            ", \"support\": \"%s\", \"limit\": ", support_name(info.support));
        if (info.has_limit) {
            spec_text_add(json, "%llu", (unsigned long long)info.limit);
        } else {
            spec_text_add(json, "null");
        }
        spec_text_add(json, ", \"text\": ");
        spec_add_json(json, info.text ? info.text : "");
        spec_text_add(
            json, "}%s\n", feature + 1 < XIPC_FEATURE_COUNT ? "," : "");
    }
    spec_text_add(json, "  ]");
}
