// recording_consumer.h
//
// What user code sees, recorded: each consumer of an App is wrapped in one that writes to the
// history, and the App is otherwise unchanged.
//
//   App app = recorded(billing_app(), recorder, interference);
#pragma once

#include <rookery/routing/app.h>

#include <cstdint>
#include <functional>

#include "simulations/history/recorder.h"

namespace rookery::sim {

// One run of a record, as faults see it.
struct RunView {
  ProcessIndex process = kNone;
  TopicPartition topic_partition;
  Offset offset = -1;
  int attempt = 1;
  // So often the route lets it run again before it gives it up.
  std::uint64_t retries_most = UINT64_MAX;
};
enum class RunMoment : std::uint8_t {
  kBefore,  // user code has not seen the record yet
  kAfter,   // user code has returned, and has not marked: by a mark its work is done
};
// Called inside consume, within what is recorded: may throw, may take its time.
using Interference = std::function<void(const RunView&, RunMoment)>;

// The recorder outlives all consumers that come of the result.
App recorded(App app, Recorder& recorder, Interference interference);

}  // namespace rookery::sim
