// quotas.cc
//
// In whole milliseconds and bytes: a rate needs no fractions to be compared.
#include "mockbroker/cluster/quotas.h"

#include <algorithm>
#include <chrono>
#include <limits>

namespace rookery::mock {
namespace {

std::int64_t millis(TimePoint now) {
  return std::chrono::duration_cast<Milliseconds>(now.time_since_epoch()).count();
}

}  // namespace

void ByteRate::purge(std::int64_t now_ms) {
  while (!samples_.empty() && now_ms - samples_.front().start_ms >= kWindows * kWindowMs) {
    samples_.pop_front();
  }
}

void ByteRate::record(std::int64_t now_ms, std::int64_t bytes) {
  purge(now_ms);
  if (samples_.empty() || now_ms - samples_.back().start_ms >= kWindowMs) {
    samples_.push_back({now_ms, 0});
  }
  samples_.back().bytes += bytes;
}

std::int64_t ByteRate::wait_ms(std::int64_t now_ms, std::int64_t bytes_per_second) {
  purge(now_ms);
  if (samples_.empty()) return 0;
  // Windows that are not there yet were empty.
  std::int64_t window_ms = now_ms - samples_.front().start_ms;
  const std::int64_t whole = window_ms / kWindowMs;
  window_ms += std::max<std::int64_t>(0, kWindows - 1 - whole) * kWindowMs;
  std::int64_t bytes = 0;
  for (const Sample& sample : samples_) bytes += sample.bytes;
  return std::max<std::int64_t>(0, bytes * 1000 / bytes_per_second - window_ms);
}

Quota Quotas::quota_of(std::string_view client_id) const {
  const auto found = quotas_.find(client_id);
  return found == quotas_.end() ? Quota{} : found->second;
}

Milliseconds Quotas::produced(TimePoint now, NodeId node, std::string_view client_id,
                              std::size_t bytes) {
  const Quota quota = quota_of(client_id);
  if (quota.produce_bytes_per_second == 0) return Milliseconds(0);
  ByteRate& rate = produced_[{node, std::string(client_id)}];
  rate.record(millis(now), static_cast<std::int64_t>(bytes));
  return Milliseconds(rate.wait_ms(millis(now), quota.produce_bytes_per_second));
}

Milliseconds Quotas::fetched(TimePoint now, NodeId node, std::string_view client_id,
                             std::size_t bytes) {
  const Quota quota = quota_of(client_id);
  if (quota.fetch_bytes_per_second == 0) return Milliseconds(0);
  ByteRate& rate = fetched_[{node, std::string(client_id)}];
  const auto signed_bytes = static_cast<std::int64_t>(bytes);
  rate.record(millis(now), signed_bytes);
  const std::int64_t wait = rate.wait_ms(millis(now), quota.fetch_bytes_per_second);
  if (wait > 0) rate.record(millis(now), -signed_bytes);
  return Milliseconds(wait);
}

std::size_t Quotas::fetch_bytes_most(std::string_view client_id) const {
  const std::int64_t rate = quota_of(client_id).fetch_bytes_per_second;
  if (rate == 0) return std::numeric_limits<std::size_t>::max();
  return static_cast<std::size_t>(rate * (ByteRate::kWindows - 1) * ByteRate::kWindowMs / 1000);
}

}  // namespace rookery::mock
