// SPDX-License-Identifier: Apache-2.0
// A program in C++ of somebody who has only the installed package.
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>

#include <xipc/xipc.hpp>

using namespace std::chrono_literals;

static int failures;

static void require(bool is_so, int line)
{
    if (!is_so) {
        std::fprintf(stderr, "main.cpp:%d\n", line);
        failures++;
    }
}

#define REQUIRE(condition) require(condition, __LINE__)

template <class Body>
static xipc_status thrown_by(Body body)
{
    try {
        body();
    } catch (const xipc::error &error) {
        REQUIRE(std::strlen(error.what()) > 0);
        return error.status();
    }
    return XIPC_OK;
}

static bool has_name(const char *name)
{
    xipc::section section;

    return xipc_section_open(name, nullptr, xipc::now, section.out()) ==
           XIPC_OK;
}

static void handles_close_themselves()
{
    {
        xipc::section section;
        xipc::map map;
        xipc::section other;

        xipc::check(xipc_section_create(
            "cxx", 4096, nullptr, xipc::now, section.out()));
        xipc::check(
            xipc_section_map(section, 0, 0, XIPC_MAP_WRITE, map.out()));
        std::strcpy(static_cast<char *>(xipc_map_address(map)), "shared");
        REQUIRE(has_name("cxx"));

        other = std::move(section);
        REQUIRE(!section && other);
        REQUIRE(xipc_section_size(other) >= 4096);
        REQUIRE(
            xipc_section_open("none", nullptr, xipc::now, other.out()) ==
            XIPC_E_NOT_FOUND);
        REQUIRE(other && has_name("cxx"));
    }
    REQUIRE(!has_name("cxx"));
}

static void failures_are_thrown()
{
    xipc::ring ring;
    char byte;
    std::size_t size = 0;

    REQUIRE(
        thrown_by([&] {
            xipc::check(xipc_ring_open(
                "none", XIPC_RING_CONSUMER, nullptr, xipc::now, ring.out()));
        }) == XIPC_E_NOT_FOUND);
    REQUIRE(!ring);
    xipc::check(xipc_ring_create(
        "cxx", XIPC_RING_CONSUMER, nullptr, xipc::now, ring.out()));
    REQUIRE(!xipc::check_wait(
        xipc_ring_receive(ring, &byte, 1, &size, xipc::now)));
    REQUIRE(
        thrown_by([&] {
            xipc::check_wait(
                xipc_ring_receive(ring, nullptr, 1, &size, xipc::now));
        }) == XIPC_E_INVALID);
}

static void a_lock_unlocks()
{
    xipc::mutex mutex;

    xipc::check(xipc_mutex_create("cxx", nullptr, xipc::now, mutex.out()));
    {
        xipc::lock lock(mutex, xipc::after(250ms));

        REQUIRE(!lock.is_inherited());
        REQUIRE(
            thrown_by([&] { xipc::lock again(mutex, xipc::now); }) ==
            XIPC_E_INVALID);
    }
    REQUIRE(xipc_mutex_unlock(mutex) == XIPC_E_NOT_OWNER);
    xipc::lock lock(mutex, xipc::now);
}

static void forgets(void *, xipc_request *raw)
{
    xipc_request_keep(raw);
    xipc::request request(raw);
}

static void answers(void *, xipc_request *raw)
{
    xipc_request_keep(raw);
    xipc::request request(raw);

    (void)xipc_request_reply(request.release(), 7, nullptr);
}

static void a_forgotten_request_is_answered()
{
    xipc_service_options options = XIPC_SERVICE_OPTIONS_INIT;
    xipc_call_answer answer = XIPC_CALL_ANSWER_INIT;
    xipc::service service;
    xipc::call_listener listener;
    xipc::link link;

    options.workers = 1;
    xipc::check(xipc_service_create(&options, service.out()));
    xipc::check(xipc_service_add(service, 1, forgets, nullptr));
    xipc::check(xipc_service_add(service, 2, answers, nullptr));
    xipc::check(xipc_call_listen(
        service, "cxx", nullptr, xipc::now, listener.out()));
    xipc::check(
        xipc_call_connect(nullptr, "cxx", nullptr, xipc::forever, link.out()));
    REQUIRE(xipc_call(link, 1, nullptr, &answer, xipc::forever) == XIPC_E_OS);
    xipc::check(xipc_call(link, 2, nullptr, &answer, xipc::forever));
    REQUIRE(answer.result == 7);
}

static void deadlines_are_moments()
{
    const xipc_deadline before = xipc_after_ms(0);

    REQUIRE(xipc::after(1500us) >= before + 1500000);
    REQUIRE(
        xipc::after(std::chrono::duration<double>(0.25)) >= before + 250000000);
    REQUIRE(xipc::after(-1s) < before);
    REQUIRE(xipc::after(std::chrono::hours(5000000)) == xipc::forever);
    REQUIRE(
        xipc::after(std::chrono::duration<double, std::pico>(1)) > before);
}

int main()
{
    try {
        handles_close_themselves();
        failures_are_thrown();
        a_lock_unlocks();
        a_forgotten_request_is_answered();
        deadlines_are_moments();
    } catch (const std::exception &error) {
        std::fprintf(stderr, "thrown: %s\n", error.what());
        return 1;
    }
    return failures > 0;
}
