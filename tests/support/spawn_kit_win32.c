/* SPDX-License-Identifier: Apache-2.0 */
#include <windows.h>

#include "support/spawn_kit.h"

static xipc_native_handle
opened(const char *name, DWORD access, DWORD disposition, BOOL is_leaking)
{
    SECURITY_ATTRIBUTES security = {sizeof security, NULL, is_leaking};
    HANDLE file = CreateFileA(
        name, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
        &security, disposition, FILE_ATTRIBUTE_NORMAL, NULL);

    REQUIRE(file != INVALID_HANDLE_VALUE);
    return (xipc_native_handle)file;
}

xipc_native_handle native_file_made(const char *name)
{
    return opened(name, GENERIC_WRITE, CREATE_ALWAYS, FALSE);
}

xipc_native_handle native_file_opened(const char *name)
{
    return opened(name, GENERIC_READ, OPEN_EXISTING, FALSE);
}

xipc_native_handle native_file_leaking(const char *name)
{
    return opened(name, GENERIC_WRITE, CREATE_ALWAYS, TRUE);
}

void native_file_closed(xipc_native_handle native)
{
    REQUIRE(CloseHandle((HANDLE)native));
}
