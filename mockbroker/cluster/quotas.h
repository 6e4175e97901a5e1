// quotas.h
//
// How many bytes a second a client may produce and fetch, and how long it is to wait when that was
// too many.
//
// Kafka measures the rate over ten whole windows of a second and the present one, and asks for the
// time after which it would have come down to the quota: bytes / quota - window. An answer is never
// late for it; it tells the time, and the broker looks away from the connection for so long
// (KIP-219). What a fetch would have brought beyond its quota is not sent and not counted.
// Quotas are each node's own, by client.id; those of requests' time are not there, since nothing
// here takes any. Sources: KIP-13, KIP-219; Kafka's ClientQuotaManager, QuotaUtils, Rate.
// Not thread-safe.
#pragma once

#include <rookery/runtime/time_types.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "mockbroker/protocol/protocol.h"

namespace rookery::mock {

// 0: as many as it likes.
struct Quota {
  std::int64_t produce_bytes_per_second = 0;  // producer_byte_rate
  std::int64_t fetch_bytes_per_second = 0;    // consumer_byte_rate
};

// The bytes of the last eleven windows of a second, the present one included.
class ByteRate {
 public:
  void record(std::int64_t now_ms, std::int64_t bytes);
  // How long until the rate is down to this many bytes a second, if nothing comes; 0: it is.
  std::int64_t wait_ms(std::int64_t now_ms, std::int64_t bytes_per_second);

  static constexpr std::int64_t kWindowMs = 1000;  // quota.window.size.seconds
  static constexpr std::int64_t kWindows = 11;     // quota.window.num

 private:
  struct Sample {
    std::int64_t start_ms = 0;
    std::int64_t bytes = 0;
  };
  void purge(std::int64_t now_ms);

  std::deque<Sample> samples_;
};

class Quotas {
 public:
  void set(const std::string& client_id, const Quota& quota) { quotas_[client_id] = quota; }
  bool is_empty() const { return quotas_.empty(); }

  // How long the client is to wait after having sent so much to the node; zero: not at all.
  Milliseconds produced(TimePoint now, NodeId node, std::string_view client_id, std::size_t bytes);
  // The same for an answer of that size. Unless it is zero, nothing is to be sent.
  Milliseconds fetched(TimePoint now, NodeId node, std::string_view client_id, std::size_t bytes);
  // More than that the client could never fetch at once.
  std::size_t fetch_bytes_most(std::string_view client_id) const;

 private:
  using Rates = std::map<std::pair<NodeId, std::string>, ByteRate>;

  Quota quota_of(std::string_view client_id) const;

  std::map<std::string, Quota, std::less<>> quotas_;
  Rates produced_;
  Rates fetched_;
};

}  // namespace rookery::mock
