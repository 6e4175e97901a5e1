// producer_state.cc
//
// The order of the tests is Kafka's: epoch, duplicate, sequence.
#include "mockbroker/cluster/producer_state.h"

#include <limits>
#include <utility>

namespace rookery::mock {

std::int32_t ProducerStates::last_sequence(std::int32_t first, std::uint32_t count) {
  constexpr std::int64_t kSequences = std::int64_t{std::numeric_limits<std::int32_t>::max()} + 1;
  return static_cast<std::int32_t>((std::int64_t{first} + count - 1) % kSequences);
}

ProducerStates::Verdict ProducerStates::check(const Batch& batch) const {
  const auto found = producers_.find(batch.producer_id);
  if (found == producers_.end()) return {};
  const State& state = found->second;
  if (batch.epoch < state.epoch) return {.error = ErrorCode::kInvalidProducerEpoch};
  if (batch.epoch > state.epoch) {
    if (batch.base_sequence != 0) return {.error = ErrorCode::kOutOfOrderSequenceNumber};
    return {};
  }
  const std::int32_t last = last_sequence(batch.base_sequence, batch.count);
  for (const Remembered& old : state.batches) {
    if (old.first == batch.base_sequence && old.last == last) {
      return {.duplicate_of = old.base_offset};
    }
  }
  if (batch.base_sequence != last_sequence(state.batches.back().last, 2)) {
    return {.error = ErrorCode::kOutOfOrderSequenceNumber};
  }
  return {};
}

void ProducerStates::appended(const Batch& batch, Offset base_offset, std::int64_t wall_ms) {
  State& state = producers_[batch.producer_id];
  if (state.epoch != batch.epoch) {
    state.epoch = batch.epoch;
    state.batches.clear();
  }
  state.batches.push_back({batch.base_sequence, last_sequence(batch.base_sequence, batch.count),
                           base_offset, base_offset + batch.count - 1});
  if (state.batches.size() > kRemembered) state.batches.pop_front();
  state.wall_ms = wall_ms;
}

void ProducerStates::expire(std::int64_t before_wall_ms) {
  std::erase_if(producers_, [before_wall_ms](const auto& producer) {
    return producer.second.wall_ms < before_wall_ms;
  });
}

ProducerStates::Reload::Reload(ProducerStates& states, Offset replaced_from) : states_(states) {
  for (auto& [id, state] : states_.producers_) {
    while (!state.batches.empty() && state.batches.back().last_offset >= replaced_from) {
      state.batches.pop_back();
    }
  }
  std::erase_if(states_.producers_,
                [](const auto& producer) { return producer.second.batches.empty(); });
}

ProducerStates::Reload::~Reload() {
  loaded_.producers_.merge(states_.producers_);
  states_.producers_ = std::move(loaded_.producers_);
}

}  // namespace rookery::mock
