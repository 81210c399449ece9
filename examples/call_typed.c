/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Typed calls. What goes over a link is bytes; here MessagePack makes them of
 * structs, and structs of them (call_typed_pack.h). A shop:
 *
 *     call_typed serve ADDRESS
 *     call_typed ask ADDRESS QUESTION...
 *
 * ADDRESS is a NAME or tcp://HOST:PORT. Who serves prints the one to ask at,
 * and who asks at - reads it from there:
 *
 *     call_typed serve tcp://127.0.0.1:0 | call_typed ask - \
 *         "put spoon 1.5 steel small shelf=3 cellar=20" "get spoon" stop
 *
 * The questions, each an argument of its own:
 *
 *     put NAME PRICE [TAG...] [PLACE=COUNT...]
 *     get NAME
 *     count PLACE    how many of which there are
 *     spoil          puts what is no article: all of that has to be refused
 *     stop
 *
 * A method is a line in a table: its name, the type of its argument, that of
 * its result, and what it does.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xipc/xipc.h>

#include "call_typed_pack.h"

#define LINE_SIZE 2048
#define PATIENCE  10000 /* milliseconds */

static int fail(const char *doing, const char *why)
{
    fprintf(stderr, "call_typed: %s: %s\n", doing, why);
    return -1;
}

/* 1 for success, or -1 after it said what failed; as all here do. */
static int done(const char *doing, xipc_status status)
{
    return status == XIPC_OK ? 1 : fail(doing, xipc_detail());
}

/* ---- the shop, which knows nothing of messages ---- */

typedef struct shop {
    uint32_t size;
    article articles[ENTRY_MAX];
} shop;

/* What the methods answer besides a value. */
enum { DONE, NO_SUCH_ARTICLE, SHOP_FULL };

static article *find_article(shop *self, const char *name)
{
    uint32_t at = 0;

    while (at < self->size && strcmp(self->articles[at].name, name) != 0) {
        at++;
    }
    return at < ENTRY_MAX ? &self->articles[at] : NULL;
}

/* Gives the number of articles. */
static int32_t put(shop *self, const value *in, value *out)
{
    article *place = find_article(self, in->article.name);

    if (!place) {
        return SHOP_FULL;
    }
    if (place == &self->articles[self->size]) {
        self->size++;
    }
    *place = in->article;
    out->number = self->size;
    return DONE;
}

static int32_t get(shop *self, const value *in, value *out)
{
    const article *found = find_article(self, in->text);

    if (!found || found == &self->articles[self->size]) {
        return NO_SUCH_ARTICLE;
    }
    out->article = *found;
    return DONE;
}

static uint64_t count_at(const article *one, const char *place)
{
    uint64_t sum = 0;

    for (uint32_t at = 0; at < one->stock.size; at++) {
        if (strcmp(one->stock.entries[at].key, place) == 0) {
            sum += one->stock.entries[at].count;
        }
    }
    return sum;
}

/* How many of each are at that place. */
static int32_t count(shop *self, const value *in, value *out)
{
    out->counts.size = 0;
    for (uint32_t at = 0; at < self->size; at++) {
        const article *one = &self->articles[at];
        entry *to = &out->counts.entries[out->counts.size];
        uint64_t sum = count_at(one, in->text);

        if (sum > 0 && sum <= UINT32_MAX) {
            memcpy(to->key, one->name, TEXT_SIZE);
            to->count = sum;
            out->counts.size++;
        }
    }
    return DONE;
}

/* ---- methods ---- */

typedef struct method {
    const char *name;
    value_type in, out;
    int32_t (*run)(shop *self, const value *in, value *out);
} method;

enum { PUT, METHODS = 3, STOP = METHODS };

static const method methods[METHODS] = {
    {"put", ARTICLE, NUMBER, put},
    {"get", TEXT, ARTICLE, get},
    {"count", TEXT, COUNTS, count},
};

/* ---- who serves ---- */

/* The handler of them all. Nobody is waited for: who does not listen is told
 * nothing. */
static void answer(void *context, xipc_request *request)
{
    const method *what = &methods[xipc_request_method(request)];
    size_t size;
    const void *bytes = xipc_request_data(request, &size);
    message reply;
    value in;
    value out;
    int32_t result;

    if (!unpack(what->in, bytes, size, &in)) {
        (void)xipc_request_fail(request, XIPC_E_INVALID);
        return;
    }
    result = what->run(context, &in, &out);
    if (result == DONE) {
        xipc_call_data data = {reply.bytes, 0, NULL, 0};

        pack(what->out, &out, &reply);
        data.size = reply.size;
        (void)xipc_request_reply(request, result, &data);
    } else {
        (void)xipc_request_reply(request, result, NULL);
    }
}

/* Methods that were not added are taken here: there is one. */
static int serve_until_stopped(xipc_service *service)
{
    xipc_request *request;
    uint32_t number = METHODS;
    int result = 1;

    do {
        result =
            done("take", xipc_service_take(service, XIPC_FOREVER, &request));
        if (result != 1) {
            return result;
        }
        number = xipc_request_method(request);
        if (number != STOP) {
            (void)xipc_request_fail(request, XIPC_E_NOT_FOUND);
        }
    } while (number != STOP);
    (void)xipc_request_reply(request, DONE, NULL);
    return 1;
}

static int print_address(const xipc_call_listener *listener)
{
    char chosen[XIPC_CALL_ADDRESS_SIZE];

    if (done(
            "address",
            xipc_call_listener_address(listener, chosen, sizeof chosen)) != 1) {
        return -1;
    }
    printf("%s\n", chosen);
    return fflush(stdout) == 0 ? 1 : fail("address", "cannot be printed");
}

static int serve(const char *address)
{
    static shop goods;
    xipc_service_options options = XIPC_SERVICE_OPTIONS_INIT;
    xipc_call_options limits = XIPC_CALL_OPTIONS_INIT;
    xipc_service *service = NULL;
    xipc_call_listener *listener = NULL;
    int result;

    options.workers = 0; /* this thread serves: the shop needs no lock */
    limits.payload_max = MESSAGE_SIZE;
    result = done("serve", xipc_service_create(&options, &service));
    for (uint32_t number = 0; result == 1 && number < METHODS; number++) {
        result =
            done("serve", xipc_service_add(service, number, answer, &goods));
    }
    if (result == 1) {
        result = done(
            address,
            xipc_call_listen(
                service, address, &limits, xipc_after_ms(PATIENCE), &listener));
    }
    if (result == 1) {
        result = print_address(listener);
    }
    if (result == 1) {
        result = serve_until_stopped(service);
    }
    xipc_call_listener_close(listener);
    xipc_service_close(service);
    return result;
}

/* ---- who asks ---- */

static int call(xipc_link *link, uint32_t number, const value *in, value *out)
{
    static const char *const words[] = {
        "done", "there is no such article", "the shop is full"};
    const method *what = &methods[number];
    xipc_call_answer answer = XIPC_CALL_ANSWER_INIT;
    message request;
    message reply;
    xipc_call_data data = {request.bytes, 0, NULL, 0};

    pack(what->in, in, &request);
    data.size = request.size;
    answer.buffer = reply.bytes;
    answer.capacity = sizeof reply.bytes;
    if (done(
            "call",
            xipc_call(link, number, &data, &answer, xipc_after_ms(PATIENCE))) !=
        1) {
        return -1;
    }
    if (answer.result != DONE) {
        int is_known = answer.result > 0 && answer.result <= SHOP_FULL;

        return fail("the shop", is_known ? words[answer.result] : "what?");
    }
    return unpack(what->out, reply.bytes, answer.size, out)
               ? 1
               : fail("the shop", "its answer makes no sense");
}

static void print_counts(const counts *all)
{
    for (uint32_t at = 0; at < all->size; at++) {
        const char *before = at == 0 ? "" : " ";

        printf(
            "%s%s=%" PRIu64, before, all->entries[at].key,
            all->entries[at].count);
    }
    if (all->size == 0) {
        printf("nothing");
    }
}

static void print(value_type type, const value *it)
{
    switch (type) {
    case TEXT: printf("%s", it->text); break;
    case NUMBER: printf("%" PRIu64, it->number); break;
    case COUNTS: print_counts(&it->counts); break;
    case ARTICLE:
        printf("%s %.2f", it->article.name, it->article.price);
        for (uint32_t at = 0; at < it->article.tag_count; at++) {
            printf(" %s", it->article.tags[at]);
        }
        printf(" ");
        print_counts(&it->article.stock);
    }
    printf("\n");
}

static int read_text(const char *word, char *text)
{
    size_t size = word ? strlen(word) : 0;

    if (size == 0 || size >= TEXT_SIZE) {
        return fail(word ? word : "a text", "1 to 31 bytes");
    }
    memcpy(text, word, size + 1);
    return 1;
}

/* What has a = is a place and a count, all else a tag. */
static int read_detail(char *word, article *to)
{
    char *equals = strchr(word, '=');
    entry *place = &to->stock.entries[to->stock.size];

    if (!equals && to->tag_count < TAG_MAX) {
        return read_text(word, to->tags[to->tag_count++]);
    }
    if (!equals || to->stock.size == ENTRY_MAX) {
        return fail(word, "too many");
    }
    *equals = '\0';
    to->stock.size++;
    place->count = strtoul(equals + 1, NULL, 10);
    return read_text(word, place->key);
}

/* What is left of the line that strtok() is in. */
static int read_value(value_type type, value *to)
{
    int result = read_text(strtok(NULL, " "), to->text);
    char *word = strtok(NULL, " ");

    if (type == ARTICLE && result == 1) {
        memmove(to->article.name, to->text, TEXT_SIZE);
        to->article.price = word ? strtod(word, NULL) : 0;
        word = strtok(NULL, " ");
        while (result == 1 && word) {
            result = read_detail(word, &to->article);
            word = strtok(NULL, " ");
        }
    }
    return result;
}

/* Whoever has the address can send anything: an empty message, what is none,
 * what is cut short or has more behind it, another type, fields that are not
 * there, no number as a price, four billion pairs, arrays in arrays. */
static int spoil(xipc_link *link)
{
#define BYTES(text)                     \
    {                                   \
        text, sizeof(text) - 1, NULL, 0 \
    }
    static const xipc_call_data spoiled[] = {
        {NULL, 0, NULL, 0},
        BYTES("\xc1"),
        BYTES("\x84\xa4name\xa5spo"),
        BYTES("\x80\x80"),
        BYTES("\xa5spoon"),
        BYTES("\x81\xa4name\xa5spoon"),
        BYTES("\x84\xa4name\xa5spoon\xa5price\xcb\x7f\xf8\0\0\0\0\0\0"
              "\xa4tags\x90\xa5stock\x80"),
        BYTES("\xdf\xff\xff\xff\xff\x01\x01"),
        BYTES("\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91"
              "\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91"
              "\x91\x91\x91\x91\x91\x91\x91\x91\x01"),
    };
    const int all = (int)(sizeof spoiled / sizeof *spoiled);

    for (int at = 0; at < all; at++) {
        xipc_status status =
            xipc_call(link, PUT, &spoiled[at], NULL, xipc_after_ms(PATIENCE));

        if (status != XIPC_E_INVALID) {
            return fail("spoil", xipc_status_name(status));
        }
    }
    printf("refused: %d of %d\n", all, all);
    return 1;
}

static int ask(xipc_link *link, const char *question)
{
    char line[LINE_SIZE];
    const char *word = question;
    value in = {0};
    value out;
    uint32_t number = 0;

    if (strlen(question) < sizeof line) {
        word = strtok(strcpy(line, question), " ");
    }
    if (word && strcmp(word, "spoil") == 0) {
        return spoil(link);
    }
    if (word && strcmp(word, "stop") == 0) {
        return done(
            word, xipc_call(link, STOP, NULL, NULL, xipc_after_ms(PATIENCE)));
    }
    while (word && number < METHODS &&
           strcmp(word, methods[number].name) != 0) {
        number++;
    }
    if (!word || number == METHODS) {
        return fail(question, "put, get, count, spoil or stop");
    }
    if (read_value(methods[number].in, &in) != 1 ||
        call(link, number, &in, &out) != 1) {
        return -1;
    }
    print(methods[number].out, &out);
    return 1;
}

static int ask_all(const char *address, int count, char **texts)
{
    char line[XIPC_CALL_ADDRESS_SIZE];
    xipc_link *link = NULL;
    int result;

    if (strcmp(address, "-") == 0) {
        if (!fgets(line, sizeof line, stdin)) {
            return fail("ask", "no address comes");
        }
        line[strcspn(line, "\r\n")] = '\0';
        address = line;
    }
    result = done(
        address,
        xipc_call_connect(NULL, address, NULL, xipc_after_ms(PATIENCE), &link));
    for (int at = 0; result == 1 && at < count; at++) {
        result = ask(link, texts[at]);
    }
    xipc_link_close(link);
    return result;
}

int main(int argc, char **argv)
{
    int result;

    if (argc == 3 && strcmp(argv[1], "serve") == 0) {
        result = serve(argv[2]);
    } else if (argc > 3 && strcmp(argv[1], "ask") == 0) {
        result = ask_all(argv[2], argc - 3, argv + 3);
    } else {
        result = fail("usage", "serve ADDRESS, or ask ADDRESS|- QUESTION...");
    }
    return result == 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
