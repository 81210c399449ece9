/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A function of another process. Start the first one, then the second one, as
 * often as you like:
 *
 *     call_add serve ADDRESS
 *     call_add ADDRESS 3 4
 *
 * ADDRESS is a name, such as "sums", or tcp://HOST:PORT.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xipc/xipc.h>

enum { ADD = 1 };

static void add(void *context, xipc_request *request)
{
    int32_t numbers[2];
    size_t size;
    const void *data = xipc_request_data(request, &size);

    (void)context;
    if (size != sizeof numbers) {
        xipc_request_fail(request, XIPC_E_INVALID);
        return;
    }
    memcpy(numbers, data, size);
    xipc_request_reply(request, numbers[0] + numbers[1], NULL);
}

static int fail(void)
{
    fprintf(stderr, "call_add: %s\n", xipc_detail());
    return 1;
}

static int serve(const char *address)
{
    xipc_service *service = NULL;
    xipc_call_listener *listener = NULL;

    if (xipc_service_create(NULL, &service) ||
        xipc_service_add(service, ADD, add, NULL) ||
        xipc_call_listen(
            service, address, NULL, xipc_after_ms(1000), &listener)) {
        return fail();
    }
    printf("It adds. Enter ends it.\n");
    getchar();
    xipc_call_listener_close(listener);
    xipc_service_close(service);
    return 0;
}

static int ask(const char *address, const char *one, const char *other)
{
    const int32_t numbers[2] = {
        (int32_t)strtol(one, NULL, 10), (int32_t)strtol(other, NULL, 10)};
    const xipc_call_data request = {numbers, sizeof numbers, NULL, 0};
    xipc_call_answer answer = XIPC_CALL_ANSWER_INIT;
    xipc_link *link = NULL;

    if (xipc_call_connect(NULL, address, NULL, xipc_after_ms(1000), &link) ||
        xipc_call(link, ADD, &request, &answer, xipc_after_ms(1000))) {
        return fail();
    }
    printf("%d\n", (int)answer.result);
    xipc_link_close(link);
    return 0;
}

int main(int count, char **arguments)
{
    if (count == 3 && strcmp(arguments[1], "serve") == 0) {
        return serve(arguments[2]);
    }
    if (count == 4) {
        return ask(arguments[1], arguments[2], arguments[3]);
    }
    fprintf(
        stderr, "call_add serve ADDRESS | call_add ADDRESS NUMBER NUMBER\n");
    return 2;
}
