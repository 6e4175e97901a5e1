// ownership.cc
//
// Trails, sequences and records of one ownership.

#include "simulations/checkers/ownership.h"

#include <algorithm>
#include <utility>

namespace rookery::sim {

void OwnershipView::begin(const Event& first, const RunOrder& order, Beginning beginning) {
  has_begun_ = true;
  process_ = first.process;
  group_ = first.group;
  partition_ = first.partition;
  order_ = order;
  beginning_ = beginning;
}

std::size_t OwnershipView::note_begun_at(std::size_t place) {
  if (order_.kind != OrderKind::kAll) beginning_.lowest = std::min(beginning_.lowest, place);
  return beginning_.lowest;
}

std::size_t OwnershipView::at_work(const std::vector<ConsumerView>& consumers) const {
  return static_cast<std::size_t>(
      std::count_if(consumers_.begin(), consumers_.end(),
                    [&](ConsumerId one) { return consumers[one].open_batch != 0; }));
}

std::optional<RunId> OwnershipView::lost_run_at(Offset offset) const {
  for (const auto& [run, open] : open_) {
    if (open.is_lost && open.offset == offset) return run;
  }
  return std::nullopt;
}

const SequenceView* OwnershipView::sequence(std::uint64_t key) const {
  if (order_.kind == OrderKind::kNoOrder || (order_.kind == OrderKind::kByKey && key == 0)) {
    return nullptr;
  }
  const auto found = sequences_.find(order_.kind == OrderKind::kAll ? 0 : key);
  return found == sequences_.end() ? nullptr : &found->second;
}

SequenceView* OwnershipView::sequence_of(std::uint64_t key) {
  if (order_.kind == OrderKind::kNoOrder || (order_.kind == OrderKind::kByKey && key == 0)) {
    return nullptr;
  }
  return &sequences_[order_.kind == OrderKind::kAll ? 0 : key];
}

const OwnershipView::RecordView& OwnershipView::look_at(std::size_t place) const {
  static const RecordView kUntouched;
  return place < records_.size() ? records_[place] : kUntouched;
}

OwnershipView::RecordView& OwnershipView::at(std::size_t place) {
  if (place >= records_.size()) records_.resize(place + 1);
  return records_[place];
}

void OwnershipView::start(const Event& event, std::size_t place, bool is_lost,
                          std::vector<ConsumerView>& consumers) {
  ConsumerView& consumer = consumers[event.consumer];
  if (consumer.ownership == kNone) {
    consumer.ownership = event.ownership;
    consumers_.push_back(event.consumer);
  }
  if (consumer.open_batch != event.batch) consumer.open_runs = 0;
  consumer.open_batch = event.batch;
  ++consumer.open_runs;
  SequenceView* const sequence = sequence_of(event.key);
  if (sequence != nullptr) sequence->open.push_back({event.run, event.batch, event.offset});
  open_.emplace(event.run, Open{event.offset, is_lost});
  if (is_lost) return;
  // Before others are released: it stands among them.
  if (at(place).state == State::kStarted) {
    ConsumerView& before = consumers[records_[place].consumer];
    const std::size_t turn = records_[place].turn;
    release_behind(turn, before);
    before.trail.resize(turn);
  }
  RecordView& record = at(place);
  record = {.state = State::kStarted,
            .is_given_up = record.is_given_up,
            .has_failed_dead_letter = record.has_failed_dead_letter,
            .consumer = event.consumer,
            .turn = consumer.trail.size(),
            .key = event.key,
            .offset = event.offset};
  consumer.trail.push_back(place);
  if (sequence == nullptr) return;
  sequence->next_place = place + 1;
  sequence->must_go_back_to.reset();
}

// What its consumer ran after that turn of its trail may run again.
void OwnershipView::release_behind(std::size_t turn, ConsumerView& consumer) {
  for (std::size_t i = turn + 1; i < consumer.trail.size(); ++i) release(consumer.trail[i]);
  consumer.trail.resize(std::min(consumer.trail.size(), turn + 1));
}

void OwnershipView::release(std::size_t place) {
  RecordView& record = records_[place];
  record.state = State::kReleased;
  record.has_failed = false;
  SequenceView* const sequence = sequence_of(record.key);
  if (sequence == nullptr || sequence->must_go_back_to != record.offset) return;
  // It runs again, as it must, but by its consumer's going back.
  sequence->must_go_back_to.reset();
  sequence->next_place = std::min(sequence->next_place, place);
}

void OwnershipView::end(const Event& event, std::size_t place, bool is_lost,
                        ConsumerView& consumer) {
  if (consumer.open_runs > 0) --consumer.open_runs;
  if (consumer.open_runs == 0) consumer.open_batch = 0;
  SequenceView* const sequence = sequence_of(event.key);
  if (sequence != nullptr) {
    std::erase_if(sequence->open, [&](const auto& open) { return open.run == event.run; });
  }
  open_.erase(event.run);
  if (is_lost || event.kind != EventKind::kConsumeThrew) return;
  RecordView& record = at(place);
  record.has_failed = record.has_ever_failed = true;
  if (sequence != nullptr && !record.is_marked && !sequence->must_go_back_to) {
    sequence->must_go_back_to = event.offset;
  }
}

void OwnershipView::output_failed(std::size_t place) {
  RecordView& record = at(place);
  record.has_ever_failed = true;
  if (record.state == State::kStarted) record.has_failed = true;
}

std::vector<std::size_t> OwnershipView::mark(std::size_t last, const ConsumerView& consumer) {
  std::vector<std::size_t> covered;
  for (const std::size_t place : consumer.trail) {
    const bool is_alone = order_.kind == OrderKind::kNoOrder;
    if (is_alone ? place != last : place > last) continue;
    at(place).is_marked = true;
    covered.push_back(place);
  }
  return covered;
}

void OwnershipView::dead_letter_failed(std::size_t place) {
  at(place).has_failed_dead_letter = true;
}

void OwnershipView::give_up(Offset offset, std::size_t place,
                            std::vector<ConsumerView>& consumers) {
  RecordView& record = at(place);
  record.is_given_up = true;
  record.offset = offset;
  if (SequenceView* const sequence = sequence_of(record.key)) {
    if (sequence->must_go_back_to == offset) {
      sequence->must_go_back_to.reset();
      for (std::size_t next = place + 1; next < records_.size(); ++next) {
        const bool is_of_it = order_.kind == OrderKind::kAll || records_[next].key == record.key;
        if (!is_of_it || !records_[next].has_failed) continue;
        sequence->must_go_back_to = records_[next].offset;
        break;
      }
    }
  }
  if (record.consumer == kNone) return;
  ConsumerView& consumer = consumers[record.consumer];
  if (record.state != State::kStarted) {
    // Its consumer has gone back before it, and passes it: before those that lie behind it, which
    // it may have run already.
    record.state = State::kStarted;
    std::size_t turn = consumer.trail.size();
    while (turn > 0 && consumer.trail[turn - 1] > place) --turn;
    consumer.trail.insert(consumer.trail.begin() + static_cast<std::ptrdiff_t>(turn), place);
    for (; turn < consumer.trail.size(); ++turn) records_[consumer.trail[turn]].turn = turn;
  }
  // The consumer has gone back to it: those behind it run again.
  if (!std::exchange(record.has_failed_dead_letter, false)) return;
  release_behind(record.turn, consumer);
  if (SequenceView* const sequence = sequence_of(records_[place].key)) {
    sequence->next_place = std::min(sequence->next_place, place + 1);
    if (sequence->must_go_back_to > offset) sequence->must_go_back_to.reset();
  }
}

void OwnershipView::cut(std::size_t size, Offset from, std::vector<ConsumerView>& consumers) {
  if (beginning_.committed_when_assigned > from) beginning_.committed_when_assigned = from;
  beginning_.place = std::min(beginning_.place, size);
  for (auto& [run, open] : open_) open.is_lost = open.is_lost || open.offset >= from;
  for (auto& [key, sequence] : sequences_) {
    sequence.next_place = std::min(sequence.next_place, size);
    if (sequence.must_go_back_to >= from) sequence.must_go_back_to.reset();
  }
  if (records_.size() > size) records_.resize(size);
  for (const ConsumerId id : consumers_) {
    std::vector<std::size_t>& trail = consumers[id].trail;
    std::erase_if(trail, [&](std::size_t place) { return place >= size; });
    for (std::size_t turn = 0; turn < trail.size(); ++turn) records_[trail[turn]].turn = turn;
  }
}

}  // namespace rookery::sim
