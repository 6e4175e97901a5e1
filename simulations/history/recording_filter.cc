// recording_filter.cc
//
// Each filter's factory makes one that is wrapped.

#include "simulations/history/recording_filter.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace rookery::sim {
namespace {

// A filter of the user's as it is, and what it drops recorded: nobody else can tell.
class RecordingFilter final : public Filter {
 public:
  RecordingFilter(std::unique_ptr<Filter> inner, Recorder& recorder, GroupIndex group,
                  PartitionIndex partition)
      : inner_(std::move(inner)), recorder_(recorder), group_(group), partition_(partition) {}

  void apply(FilterBatch& batch) override {
    const std::vector<const Record*> before(batch.pointers().begin(), batch.pointers().end());
    inner_->apply(batch);
    const bool holds = inner_->action().kind != FilterAction::Kind::kSkip;
    const std::optional<Offset> cursor = holds ? inner_->cursor() : std::nullopt;
    std::size_t next = 0;
    for (const Record* one : before) {
      if (next < batch.size() && batch.pointers()[next] == one) {
        ++next;
      } else if (!cursor || one->offset() < *cursor) {
        drop(one->offset());
      }
    }
  }
  FilterAction action() const override { return inner_->action(); }
  std::optional<Offset> cursor() const override { return inner_->cursor(); }
  bool marks() const override { return inner_->marks(); }
  std::optional<Offset> marking_cursor() const override { return inner_->marking_cursor(); }
  void let_through(std::span<const Record* const> records) override {
    inner_->let_through(records);
  }

 private:
  void drop(Offset offset) {
    const Uninterrupted scope;
    recorder_.record({.kind = EventKind::kSkipped,
                      .group = group_,
                      .partition = partition_,
                      .offset = offset,
                      .detail = kSkippedByFilter});
  }

  const std::unique_ptr<Filter> inner_;
  Recorder& recorder_;
  const GroupIndex group_;
  const PartitionIndex partition_;
};

}  // namespace

Filters recorded_filters(const Filters& filters, const std::string& group, Recorder& recorder) {
  std::vector<FilterFactory> wrapped;
  for (const FilterFactory& factory : filters) {
    wrapped.push_back(
        [factory, group, &recorder](const std::string& topic,
                                    PartitionId partition) -> std::unique_ptr<Filter> {
          const TopicPartition where{topic, partition};
          std::unique_ptr<Filter> inner = factory.make(where);
          if (inner == nullptr) return nullptr;
          const Uninterrupted scope;
          return std::make_unique<RecordingFilter>(std::move(inner), recorder,
                                                   recorder.history().group(group),
                                                   recorder.history().partition(where));
        });
  }
  return Filters(std::move(wrapped));
}

}  // namespace rookery::sim
