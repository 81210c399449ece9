/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gRPC: the second process is a server at a Unix-domain socket, others are its
 * clients. The generic calls, of plain bytes: nothing is encoded. `send` of
 * the first keeps the request, `receive` makes the call; all processes wait in
 * the thread that calls.
 */
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include "road_peers.h"

namespace
{

constexpr char METHOD[] = "/xipc.Bench/Echo";
constexpr int ANY_SIZE = -1;

grpc::ByteBuffer wrap(const void *bytes, size_t size)
{
    grpc::Slice slice(bytes, size);

    return grpc::ByteBuffer(&slice, 1);
}

void unwrap(const grpc::ByteBuffer &buffer, void *bytes, size_t size)
{
    char *to = static_cast<char *>(bytes);
    std::vector<grpc::Slice> slices;

    bench_require(buffer.Length() == size, "gRPC: a message of another size");
    bench_require(buffer.Dump(&slices).ok(), "gRPC: an unreadable message");
    for (const grpc::Slice &slice : slices) {
        std::memcpy(to, slice.begin(), slice.size());
        to += slice.size();
    }
}

/* One operation is under way at a time: none needs a tag. */
void finish_one(grpc::CompletionQueue &queue)
{
    void *tag;
    bool is_done = false;

    bench_require(queue.Next(&tag, &is_done) && is_done, "gRPC: it failed");
}

void drain(grpc::CompletionQueue &queue)
{
    void *tag;
    bool is_done;

    queue.Shutdown();
    while (queue.Next(&tag, &is_done)) {
    }
}

class grpc_road
{
  public:
    virtual ~grpc_road() = default;
    virtual void send(const void *message, size_t size) = 0;
    virtual void receive(void *message, size_t size) = 0;
};

/* ---- who calls ------------------------------------------------------- */

std::shared_ptr<grpc::Channel> channel_to(const std::string &address)
{
    grpc::ChannelArguments arguments;

    arguments.SetMaxReceiveMessageSize(ANY_SIZE);
    return grpc::CreateCustomChannel(
        address, grpc::InsecureChannelCredentials(), arguments);
}

class client final : public grpc_road
{
  public:
    explicit client(const std::string &address)
        : channel(channel_to(address)), stub(channel)
    {
    }

    ~client() override
    {
        drain(queue);
    }

    void send(const void *message, size_t size) override
    {
        request = wrap(message, size);
    }

    void receive(void *message, size_t size) override
    {
        grpc::ClientContext context;
        grpc::ByteBuffer reply;
        grpc::Status status;

        context.set_wait_for_ready(true);
        auto call = stub.PrepareUnaryCall(&context, METHOD, request, &queue);

        call->StartCall();
        call->Finish(&reply, &status, nullptr);
        finish_one(queue);
        bench_require(status.ok(), status.error_message().c_str());
        unwrap(reply, message, size);
    }

  private:
    std::shared_ptr<grpc::Channel> channel;
    grpc::GenericStub stub;
    grpc::CompletionQueue queue;
    grpc::ByteBuffer request;
};

/* ---- who serves ------------------------------------------------------- */

struct incoming_call {
    grpc::GenericServerContext context;
    grpc::GenericServerAsyncReaderWriter stream{&context};
};

class server final : public grpc_road
{
  public:
    explicit server(const std::string &address)
    {
        grpc::ServerBuilder builder;

        builder.AddListeningPort(address, grpc::InsecureServerCredentials());
        builder.SetMaxReceiveMessageSize(ANY_SIZE);
        builder.RegisterAsyncGenericService(&service);
        queue = builder.AddCompletionQueue();
        itself = builder.BuildAndStart();
        bench_require(itself != nullptr, "gRPC: no server");
    }

    ~server() override
    {
        itself->Shutdown();
        drain(*queue);
    }

    void receive(void *message, size_t size) override
    {
        grpc::ByteBuffer request;

        call.reset(new incoming_call);
        service.RequestCall(
            &call->context, &call->stream, queue.get(), queue.get(), nullptr);
        finish_one(*queue);
        call->stream.Read(&request, nullptr);
        finish_one(*queue);
        unwrap(request, message, size);
    }

    void send(const void *message, size_t size) override
    {
        call->stream.WriteAndFinish(
            wrap(message, size), grpc::WriteOptions(), grpc::Status::OK,
            nullptr);
        finish_one(*queue);
        call.reset();
    }

  private:
    grpc::AsyncGenericService service;
    std::unique_ptr<grpc::ServerCompletionQueue> queue;
    std::unique_ptr<grpc::Server> itself;
    std::unique_ptr<incoming_call> call;
};

/* ---- the road ------------------------------------------------------------ */

grpc_road *road_of(void *address)
{
    return static_cast<grpc_road *>(address);
}

void *grpc_create(const road_plan *plan)
{
    return static_cast<grpc_road *>(new server(peer_path(plan, "unix:")));
}

/* A server takes a connection only while it waits: it answers a first call of
 * each. */
void *grpc_join(const road_plan *plan)
{
    grpc_road *road = new client(peer_path(plan, "unix:"));
    char byte = 0;

    road->send(&byte, sizeof byte);
    road->receive(&byte, sizeof byte);
    return road;
}

void grpc_accept(void *address)
{
    grpc_road *road = road_of(address);
    char byte;

    road->receive(&byte, sizeof byte);
    road->send(&byte, sizeof byte);
}

void grpc_close(void *road)
{
    delete road_of(road);
}

void grpc_send(void *road, const void *message, size_t size)
{
    road_of(road)->send(message, size);
}

void grpc_receive(void *road, void *message, size_t size)
{
    road_of(road)->receive(message, size);
}

road_kind make_kind()
{
    road_kind kind = {};

    kind.name = "gRPC call";
    kind.group = ROAD_PEER;
    kind.flags = ROAD_ONLY_ROUND_TRIPS | ROAD_SERVES;
    kind.create = grpc_create;
    kind.join = grpc_join;
    kind.accept = grpc_accept;
    kind.close = grpc_close;
    kind.send = grpc_send;
    kind.receive = grpc_receive;
    return kind;
}

} // namespace

const road_kind peer_grpc = make_kind();
