// offset_lookups.h
//
// Finds offsets by time, earliest or latest (ListOffsets), and asks until the leader answers.
//
// Thread rules: drive() by one thread; the rest from any. Handlers run with no lock held.
#pragma once

#include <rookery/base/result.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/ranks.h>
#include <rookery/runtime/time.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "mockbroker/client/metadata.h"
#include "mockbroker/client/network_client.h"

namespace rookery::mock {

class OffsetLookups {
 public:
  using Handler = std::function<void(Result<Offset>)>;
  using LookupId = std::uint64_t;

  OffsetLookups(NetworkClient& client, Metadata& metadata, Duration retry_backoff);

  // timestamp: kEarliestOffset, kLatestOffset or milliseconds. The handler gets the offset (-1: no
  // record at or after that time) or an error that trying again does not mend.
  // Once `is_wanted`, when given, says no, the lookup ends without a call. It must not take locks
  // below a stream's.
  LookupId begin(TopicPartition partition, std::int64_t timestamp, Handler handler,
                 std::function<bool()> is_wanted = {});
  // Its handler is not called from now on, unless it already runs.
  void cancel(LookupId lookup);
  // What a lookup waits for, when it does; for messages.
  std::string last_problem(LookupId lookup) const;

  TimePoint drive();

 private:
  struct Lookup {
    TopicPartition partition;
    std::int64_t timestamp = 0;
    Handler handler;
    std::function<bool()> is_wanted;
    bool is_under_way = false;
    std::uint64_t stale_metadata = 0;
    TimePoint retry_at{};
    std::string problem = "not asked yet";
  };
  struct Question {
    ListOffsetsRequest request;
    std::vector<LookupId> lookups;  // of its partitions, in their order
  };
  void handle(const std::vector<LookupId>& lookups, Result<Response> response);

  NetworkClient& client_;
  Metadata& metadata_;
  const Duration retry_backoff_;
  mutable Mutex mutex_{"mock.offset_lookups", ranks::kFetcher};
  std::map<LookupId, Lookup> lookups_;
  LookupId last_id_ = 0;
};

}  // namespace rookery::mock
