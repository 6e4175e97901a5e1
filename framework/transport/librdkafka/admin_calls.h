// admin_calls.h
//
// What every order of an administrator shares: its options, waiting for its answer, and which
// answers mean that it is to be given again.
//
// Thread rules: any thread.
#pragma once

#include <rookery/base/result.h>
#include <rookery/runtime/time.h>
#include <rookery/transport/librdkafka/connection.h>
#include <rookery/transport/librdkafka/handles.h>
#include <rookery/transport/librdkafka/reaper.h>

#include <chrono>
#include <string>

namespace rookery::librdkafka {

// Foreign calls are cut into slices, so that a close is noticed.
inline constexpr int kSliceMs = 200;
inline constexpr int kHourMs = 3'600'000;
inline constexpr std::chrono::milliseconds kRetryEvery{250};

// The order itself was not carried out, and may be given again.
bool is_to_be_repeated(const Error& error);

AdminOptionsHandle options_for(rd_kafka_t* client, rd_kafka_admin_op_t order, TimePoint deadline);

// Null: the deadline came, or the client was closed.
EventHandle await(rd_kafka_queue_t* queue, const Latch& closed, TimePoint deadline);

Error closed_error(const std::string& what);

}  // namespace rookery::librdkafka
