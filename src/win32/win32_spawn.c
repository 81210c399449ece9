/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The child is given copies, made for it, of the handles that are to be its
 * own, and a list of them: so it has these and no others, whatever else of this
 * process can be inherited, and a child that is started at the same moment has
 * none of them. A program that starts children with inheritance and without
 * such a list may catch a copy: the system has no way to prevent that.
 */
#include <stdlib.h>
#include <string.h>

#include "win32/win32_child.h"
#include "win32/win32_gift.h"
#include "win32/win32_handle.h"
#include "win32/win32_status.h"
#include "win32/win32_words.h"

#define ATTRIBUTE_COUNT 2

/* Of a variable, name and value: no more is promised to be readable. */
#define VARIABLE_MAX 32766

#if !defined(ERROR_ELEVATION_REQUIRED)
#define ERROR_ELEVATION_REQUIRED 740
#endif
#if !defined(PROC_THREAD_ATTRIBUTE_JOB_LIST)
#define PROC_THREAD_ATTRIBUTE_JOB_LIST 0x0002000d
#endif

/* All that has to be freed again. */
typedef struct preparation {
    wchar_t *program;
    wchar_t *line;
    wchar_t *directory;
    wchar_t *environment; /* NULL: as this process's */
    char *gifts;
    HANDLE *handles; /* copies: the streams', and then the gifts' */
    size_t handle_count;
    HANDLE job; /* for good; NULL: it is in none of ours */
    LPPROC_THREAD_ATTRIBUTE_LIST attributes;
    int has_attributes;
} preparation;

static xipc_status no_memory(void)
{
    xipcos_fault(
        XIPC_E_NO_MEMORY, ERROR_NOT_ENOUGH_MEMORY, "no memory to start it");
    return XIPC_E_NO_MEMORY;
}

static void drop(preparation *self)
{
    for (size_t at = 0; at < self->handle_count; at++) {
        CloseHandle(self->handles[at]);
    }
    if (self->has_attributes) {
        DeleteProcThreadAttributeList(self->attributes);
    }
    free(self->attributes);
    free(self->handles);
    free(self->gifts);
    free(self->environment);
    free(self->directory);
    free(self->line);
    free(self->program);
}

/* ---- dying with this process ---- */

static INIT_ONCE job_once = INIT_ONCE_STATIC_INIT;

/*
 * The system ends what is in the job when its last handle is closed, which is
 * this process's, at its end. Children of what is in it are not.
 */
static BOOL CALLBACK make_job(INIT_ONCE *self, void *parameter, void **job_out)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {
        .BasicLimitInformation = {
            .LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE |
                          JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK}};
    HANDLE job = CreateJobObjectW(NULL, NULL);

    (void)self;
    (void)parameter;
    if (!job) {
        return FALSE;
    }
    if (!SetInformationJobObject(
            job, JobObjectExtendedLimitInformation, &limits, sizeof limits)) {
        CloseHandle(job);
        return FALSE;
    }
    *job_out = job;
    return TRUE;
}

static xipc_status prepare_job(preparation *self)
{
    void *job = NULL;

    if (!InitOnceExecuteOnce(&job_once, make_job, NULL, &job)) {
        return win32_fault(GetLastError(), "making a job");
    }
    self->job = job;
    return XIPC_OK;
}

/* ---- handles ---- */

static HANDLE to_handle(intptr_t native)
{
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): a handle is a number. */
    return (HANDLE)native;
}

/* Of this process's for no other. */
static xipc_status add_copy(preparation *self, HANDLE handle)
{
    HANDLE this_process = GetCurrentProcess();
    HANDLE copy = NULL;

    if (!win32_is_handle(handle) ||
        !DuplicateHandle(
            this_process, handle, this_process, &copy, 0, TRUE,
            DUPLICATE_SAME_ACCESS)) {
        return xipcos_fault(
            XIPC_E_INVALID, ERROR_INVALID_HANDLE, "handle %lld is not open",
            (long long)(intptr_t)handle);
    }
    self->handles[self->handle_count++] = copy;
    return XIPC_OK;
}

static xipc_status add_null_device(preparation *self)
{
    SECURITY_ATTRIBUTES inheritable = {sizeof inheritable, NULL, TRUE};
    HANDLE file = CreateFileW(
        L"NUL", GENERIC_READ | GENERIC_WRITE,
        FILE_SHARE_READ | FILE_SHARE_WRITE, &inheritable, OPEN_EXISTING, 0,
        NULL);

    if (file == INVALID_HANDLE_VALUE) {
        return win32_fault(GetLastError(), "opening the null device");
    }
    self->handles[self->handle_count++] = file;
    return XIPC_OK;
}

/* A number that is no open handle is what a program without a console has. */
static xipc_status add_own_stream(preparation *self, int index)
{
    static const DWORD numbers[XIPCOS_STREAM_COUNT] = {
        STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};

    return add_copy(self, GetStdHandle(numbers[index])) == XIPC_OK
               ? XIPC_OK
               : add_null_device(self);
}

static xipc_status
add_stream(preparation *self, const xipcos_stream *stream, int index)
{
    switch (stream->source) {
    case XIPCOS_SOURCE_OWN: return add_own_stream(self, index);
    case XIPCOS_SOURCE_NULL: return add_null_device(self);
    case XIPCOS_SOURCE_NATIVE: break;
    }
    return add_copy(self, to_handle(stream->native));
}

static xipc_status
prepare_handles(const xipcos_spawn_plan *plan, preparation *self)
{
    xipc_status status = XIPC_OK;

    self->handles =
        calloc(plan->gift_count + XIPCOS_STREAM_COUNT, sizeof *self->handles);
    if (!self->handles) {
        return no_memory();
    }
    for (int at = 0; status == XIPC_OK && at < XIPCOS_STREAM_COUNT; at++) {
        status = add_stream(self, &plan->streams[at], at);
    }
    for (size_t at = 0; status == XIPC_OK && at < plan->gift_count; at++) {
        status = add_copy(self, to_handle(plan->gifts[at].native));
    }
    return status;
}

static xipc_status prepare_attributes(preparation *self)
{
    SIZE_T size = 0;

    InitializeProcThreadAttributeList(NULL, ATTRIBUTE_COUNT, 0, &size);
    self->attributes = malloc(size);
    if (!self->attributes) {
        return no_memory();
    }
    if (!InitializeProcThreadAttributeList(
            self->attributes, ATTRIBUTE_COUNT, 0, &size)) {
        return win32_fault(GetLastError(), "making a list of attributes");
    }
    self->has_attributes = 1;
    if (!UpdateProcThreadAttribute(
            self->attributes, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST,
            self->handles, self->handle_count * sizeof *self->handles, NULL,
            NULL)) {
        return win32_fault(GetLastError(), "listing what it inherits");
    }
    if (self->job && !UpdateProcThreadAttribute(
                         self->attributes, 0, PROC_THREAD_ATTRIBUTE_JOB_LIST,
                         &self->job, sizeof self->job, NULL, NULL)) {
        return win32_fault(GetLastError(), "listing its job");
    }
    return XIPC_OK;
}

/* ---- words ---- */

static xipc_status
prepare_environment(const xipcos_spawn_plan *plan, preparation *self)
{
    if (plan->gift_count > 0) {
        self->gifts = win32_gift_write(
            plan->gifts, self->handles + XIPCOS_STREAM_COUNT, plan->gift_count);
        if (!self->gifts) {
            return no_memory();
        }
        if (strlen(self->gifts) > VARIABLE_MAX) {
            return xipcos_fault(
                XIPC_E_TOO_BIG, ERROR_FILENAME_EXCED_RANGE,
                "the labels of what it is given are longer than a variable of "
                "its environment can be");
        }
    }
    return win32_environment_of(
        plan->environment, WIN32_GIFT_VARIABLE, self->gifts,
        &self->environment);
}

static xipc_status
prepare_directory(const xipcos_spawn_plan *plan, preparation *self)
{
    xipc_status status;
    DWORD attributes;

    if (!plan->directory) {
        return XIPC_OK;
    }
    status = win32_wide_of(plan->directory, &self->directory);
    if (status != XIPC_OK) {
        return status;
    }
    attributes = GetFileAttributesW(self->directory);
    if (attributes == INVALID_FILE_ATTRIBUTES ||
        (attributes & FILE_ATTRIBUTE_DIRECTORY) == 0) {
        return xipcos_fault(
            XIPC_E_NOT_FOUND, ERROR_DIRECTORY,
            "entering its directory: there is none");
    }
    return XIPC_OK;
}

static xipc_status prepare(const xipcos_spawn_plan *plan, preparation *self)
{
    xipc_status status =
        win32_program_of(plan->program, plan->is_searched, &self->program);

    if (status == XIPC_OK) {
        status = win32_command_line_of(plan->arguments, &self->line);
    }
    if (status == XIPC_OK) {
        status = prepare_directory(plan, self);
    }
    if (status == XIPC_OK) {
        status = prepare_handles(plan, self);
    }
    if (status == XIPC_OK) {
        status = prepare_environment(plan, self);
    }
    if (status == XIPC_OK && plan->is_to_die_with_us) {
        status = prepare_job(self);
    }
    return status == XIPC_OK ? prepare_attributes(self) : status;
}

/* ---- the process ---- */

static xipc_status fault_of(DWORD error)
{
    xipc_status status = xipcos_status(error);

    switch (error) {
    case ERROR_BAD_EXE_FORMAT:
    case ERROR_EXE_MACHINE_TYPE_MISMATCH: status = XIPC_E_NOT_SUPPORTED; break;
    case ERROR_DIRECTORY: status = XIPC_E_NOT_FOUND; break;
    case ERROR_FILENAME_EXCED_RANGE: status = XIPC_E_TOO_BIG; break;
    case ERROR_ELEVATION_REQUIRED: status = XIPC_E_ACCESS; break;
    default: break;
    }
    return win32_fault_as(status, error, "executing it");
}

static xipc_status start(preparation *self, xipcos_child *child)
{
    STARTUPINFOEXW startup = {.lpAttributeList = self->attributes};
    PROCESS_INFORMATION started;

    startup.StartupInfo = (STARTUPINFOW){
        .cb = sizeof startup,
        .dwFlags = STARTF_USESTDHANDLES,
        .hStdInput = self->handles[0],
        .hStdOutput = self->handles[1],
        .hStdError = self->handles[2]};
    if (!CreateProcessW(
            self->program, self->line, NULL, NULL, TRUE,
            EXTENDED_STARTUPINFO_PRESENT | CREATE_UNICODE_ENVIRONMENT,
            self->environment, self->directory, &startup.StartupInfo,
            &started)) {
        return fault_of(GetLastError());
    }
    CloseHandle(started.hThread);
    child->process = started.hProcess;
    child->id = started.dwProcessId;
    return XIPC_OK;
}

xipc_status
xipcos_spawn(const xipcos_spawn_plan *plan, xipcos_child **child_out)
{
    xipcos_child *child = calloc(1, sizeof *child);
    preparation self = {.program = NULL};
    xipc_status status = child ? prepare(plan, &self) : no_memory();

    if (status == XIPC_OK) {
        status = start(&self, child);
    }
    drop(&self);
    if (status != XIPC_OK) {
        free(child);
        return status;
    }
    *child_out = child;
    return XIPC_OK;
}
