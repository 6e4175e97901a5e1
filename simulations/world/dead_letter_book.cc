// dead_letter_book.cc
//
// Source records by what they hold, and whether a dead letter points at them.

#include "simulations/world/dead_letter_book.h"

#include <rookery/recovery/dead_letter.h>

#include <algorithm>
#include <set>
#include <tuple>

namespace rookery::testing {
namespace {

// A record: others may have lain where it lies, and were lost.
using Source = std::tuple<TopicPartition, Offset, OwnedBytes, OwnedBytes>;

std::size_t size_of(const PlannedRecord& record) {
  std::size_t size = sizeof(record) + record.key.size() + record.value.size();
  for (const auto& [name, value] : record.headers) size += name.size() + value.size();
  return size;
}

// What the dead letters of a topic were made of; also of those that the cluster has lost since.
std::set<Source> dead_sources(const Outcome& outcome, const std::string& topic) {
  std::set<Source> sources;
  const auto note = [&](const Outcome::StoredRecord& letter) {
    if (const auto source = read_dead_letter(letter.headers)) {
      sources.emplace(source->partition, source->offset, letter.key, letter.value);
    }
  };
  for (const Outcome::StoredRecord& letter : outcome.records(topic)) note(letter);
  for (const Outcome::LostRecord& lost : outcome.lost_records(topic)) note(lost.record);
  return sources;
}

}  // namespace

bool DeadLetterBook::ByContent::operator()(const PlannedRecord& one,
                                           const PlannedRecord& other) const {
  const auto bytes = std::tie(one.key, one.value);
  const auto other_bytes = std::tie(other.key, other.value);
  if (bytes != other_bytes) return bytes < other_bytes;
  return std::lexicographical_compare(one.headers.begin(), one.headers.end(), other.headers.begin(),
                                      other.headers.end());
}

void DeadLetterBook::add_run(const Outcome& outcome, const std::string& topic,
                             const std::vector<std::string>& sources) {
  const std::set<Source> dead = dead_sources(outcome, topic);
  Fates& fates = topics_[topic];
  const auto note = [&](Outcome::StoredRecord& record) {
    const bool is_dead =
        dead.contains({record.topic_partition, record.offset, record.key, record.value});
    if (!is_dead && !record.is_owed) return;
    add(fates, {std::move(record.key), std::move(record.value), std::move(record.headers)},
        {.dead = is_dead ? 1U : 0U, .alive = is_dead ? 0U : 1U});
  };
  for (const std::string& source : sources) {
    for (Outcome::StoredRecord& record : outcome.records(source)) note(record);
    for (Outcome::LostRecord& lost : outcome.lost_records(source)) note(lost.record);
  }
}

void DeadLetterBook::add(const DeadLetterBook& other) {
  is_complete_ = is_complete_ && other.is_complete_;
  for (const auto& [topic, fates] : other.topics_) {
    Fates& mine = topics_[topic];
    for (const auto& [record, fate] : fates) add(mine, record, fate);
  }
}

void DeadLetterBook::add(Fates& fates, const PlannedRecord& record, const Fate& fate) {
  auto found = fates.find(record);
  if (found == fates.end()) {
    const std::size_t size = size_of(record);
    if (bytes_ + size > kBytesMost) {
      is_complete_ = false;
      return;
    }
    bytes_ += size;
    found = fates.emplace(record, Fate{}).first;
  }
  found->second.dead += fate.dead;
  found->second.alive += fate.alive;
}

const DeadLetterBook::Fates* DeadLetterBook::fates(const std::string& topic) const {
  const auto found = topics_.find(topic);
  return found == topics_.end() ? nullptr : &found->second;
}

}  // namespace rookery::testing
