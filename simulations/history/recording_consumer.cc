// recording_consumer.cc
//
// Starts before the user's consume, ends after it; each event is written before the framework can
// know of it, so that nothing it does about it comes first.

#include "simulations/history/recording_consumer.h"

#include <rookery/runtime/atomic.h>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "simulations/history/content_hash.h"
#include "simulations/history/recording_filter.h"
#include "simulations/history/run_order.h"

namespace rookery::sim {
namespace {

template <class Send>
void send_recorded(Recorder& recorder, RunId run, const OutgoingRecord& record, Send send) {
  Recorder::Sending& sending = recorder.sending();
  {
    const Uninterrupted scope;
    sending = {.send = recorder.history().next_send(), .run = run, .is_accepted = false};
    recorder.record({.kind = EventKind::kSent,
                     .run = sending.run,
                     .send = sending.send,
                     .detail = content_hash(record.key, record.value)});
  }
  try {
    send();
  } catch (...) {
    if (!sending.is_accepted) {
      recorder.record({.kind = EventKind::kOutputFailed, .run = sending.run, .send = sending.send});
    }
    sending = {};
    throw;
  }
  sending = {};
}

// The end of a run that comes after its consume has returned, on whatever thread.
class RecordingCompletion final : public Completion::Target {
 public:
  // ended: the run's end, without its kind.
  RecordingCompletion(Completion inner, Recorder& recorder, Event ended,
                      std::function<void()> interfere)
      : inner_(std::move(inner)),
        recorder_(recorder),
        ended_(ended),
        interfere_(std::move(interfere)) {}

  bool finish(const Completion::Ticket&, std::exception_ptr failure) override {
    if (!failure && !has_marked_) failure = interfered();
    record_end(failure ? EventKind::kConsumeThrew : EventKind::kConsumeEnded);
    return failure ? inner_->fail(failure) : inner_->done();
  }
  void drop(const Completion::Ticket&) override {
    record_end(EventKind::kConsumeThrew);
    inner_.reset();
  }
  void send(const Completion::Ticket&, const OutgoingRecord& record) override {
    send_recorded(recorder_, ended_.run, record, [&] { inner_->send(record); });
  }
  bool is_revoked(const Completion::Ticket&) const override { return inner_->is_revoked(); }

  void record_end(EventKind kind) {
    if (is_ended_.exchange(true)) return;
    ended_.kind = kind;
    recorder_.record(ended_);
  }
  void note_mark() { has_marked_ = true; }

 private:
  std::exception_ptr interfered() {
    try {
      interfere_();
    } catch (...) {
      return std::current_exception();
    }
    return nullptr;
  }

  std::optional<Completion> inner_;
  Recorder& recorder_;
  Event ended_;
  const std::function<void()> interfere_;
  Atomic<bool> is_ended_{false};
  bool has_marked_ = false;  // in its consume
};

class RecordingConsumer final : public ConsumerBase,
                                private ConsumerContext,
                                private Outputs,
                                private Offsets {
 public:
  RecordingConsumer(std::unique_ptr<ConsumerBase> inner, Recorder& recorder,
                    Interference interference, std::uint64_t retries_most, KeyOf key_of)
      : inner_(std::move(inner)),
        recorder_(recorder),
        interference_(std::move(interference)),
        retries_most_(retries_most),
        key_of_(std::move(key_of)) {
    const Uninterrupted scope;
    id_ = recorder_.history().next_consumer();
  }
  ~RecordingConsumer() override {
    if (holder_ != nullptr) recorder_.leave(holder_);
  }

  void initialized() override { inner_->initialized(); }
  void eofed() override { inner_->eofed(); }
  void tick() override { inner_->tick(); }
  void revoked() override { inner_->revoked(); }
  void shutdown() override { inner_->shutdown(); }
  bool consumes_batches() const override { return inner_->consumes_batches(); }
  bool finishes_later() const override { return inner_->finishes_later(); }

  void attach(ConsumerContext& context) override {
    ConsumerBase::attach(context);
    given_ = &context;
    // All consumers of one assignment are told of it by the same object, which outlives them.
    holder_ = &context.topic_partition();
    ownership_ = recorder_.enter(holder_);
    inner_->attach(*this);
  }

  void run_record(const Record& record) override {
    find_names(record);
    start(record);
    run({&record, 1}, [&] { inner_->run_record(record); });
  }

  void run_batch(Batch& batch) override {
    if (batch.empty()) return inner_->run_batch(batch);
    find_names(batch[0]);
    {
      const Uninterrupted scope;  // their numbers follow each other
      for (const Record& record : batch.records()) start(record);
    }
    batch_ = &batch;
    run(batch.records(), [&] { inner_->run_batch(batch); });
  }

  void run_waiting(const Record& record, Completion completion) override {
    find_names(record);
    start(record);
    const RunView view = view_of(record);
    later_ = std::make_shared<RecordingCompletion>(
        std::move(completion), recorder_, event(EventKind::kConsumeEnded, open_.front()),
        [interference = interference_, view] { interference(view, RunMoment::kAfter); });
    try {
      interference_(view, RunMoment::kBefore);
      inner_->run_waiting(record, Completion(later_, {.offset = record.offset()}));
    } catch (...) {
      later_->record_end(EventKind::kConsumeThrew);
      end_consume();
      throw;
    }
    end_consume();
  }

 private:
  struct Open {
    RunId run = 0;
    Offset offset = -1;
    std::uint64_t key = 0;
    std::uint64_t hash = 0;
  };

  void find_names(const Record& record) { find_names(record.topic_partition()); }
  void find_names(const TopicPartition& partition) {
    if (partition_ != kNone) return;
    const Uninterrupted scope;
    group_ = recorder_.history().group(given_->group());
    partition_ = recorder_.history().partition(partition);
  }

  Event event(EventKind kind, const Open& open) const {
    return {.kind = kind,
            .group = group_,
            .partition = partition_,
            .ownership = ownership_,
            .consumer = id_,
            .offset = open.offset,
            .run = open.run,
            .batch = open_.front().run,
            .key = open.key,
            .detail = open.hash};
  }

  void start(const Record& record) {
    const Uninterrupted scope;
    open_.push_back({recorder_.history().next_run(), record.offset(), key_of_(record),
                     content_hash(record.key(), record.value())});
    recorder_.record(event(EventKind::kConsumeStarted, open_.back()));
  }

  RunView view_of(const Record& record) const {
    return {recorder_.current_process(), record.topic_partition(), record.offset(),
            given_->attempt(), retries_most_};
  }

  template <class Work>
  void run(std::span<const Record> records, Work work) {
    const RunView view = view_of(records.front());
    try {
      interference_(view, RunMoment::kBefore);
      has_marked_ = false;
      work();
      if (!has_marked_) interference_(view, RunMoment::kAfter);
    } catch (...) {
      end(EventKind::kConsumeThrew);
      throw;
    }
    end(EventKind::kConsumeEnded);
  }

  void end(EventKind kind) {
    const Uninterrupted scope;
    for (const Open& open : open_) recorder_.record(event(kind, open));
    end_consume();
  }

  void end_consume() {
    open_.clear();
    batch_ = nullptr;
    later_.reset();
  }

  // The record that user code is at: the last of a batch it has visited.
  const Open& current() const {
    if (batch_ == nullptr || batch_->current() == Batch::kNone) return open_.front();
    return open_[batch_->current()];
  }

  // ConsumerContext
  Outputs& outputs() override { return *this; }
  const TopicPartition& topic_partition() const override { return given_->topic_partition(); }
  const std::string& group() const override { return given_->group(); }
  int attempt() const override { return given_->attempt(); }
  const ErrorTracker& errors() const override { return given_->errors(); }
  bool is_revoked() const override { return given_->is_revoked(); }
  std::optional<Duration> consumption_lag() const override { return given_->consumption_lag(); }
  Duration processing_lag() const override { return given_->processing_lag(); }
  bool mark(const Record& record) override {
    note_mark(record);
    return given_->mark(record);
  }
  Offsets& offsets() override { return *this; }

  void note_mark(const Record& record) {
    if (open_.empty()) return;
    Event marked = event(EventKind::kMarked, current());
    marked.offset = record.offset();
    recorder_.record(marked);
    has_marked_ = true;
    if (later_) later_->note_mark();
  }

  // A process that crashes meanwhile has said all the same that the record is done.
  template <typename Commit>
  Status await_commit(const Record& record, const Commit& commit) {
    if (open_.empty()) return commit();
    Event wait = event(EventKind::kCommitAwaited, current());
    wait.offset = record.offset();
    recorder_.record(wait);
    Status committed = commit();
    wait.kind = EventKind::kCommitWaitEnded;
    recorder_.record(wait);
    return committed;
  }

  // Offsets
  bool mark(const Record& record, std::string metadata) override {
    note_mark(record);
    return given_->offsets().mark(record, std::move(metadata));
  }
  Status mark_and_commit(const Record& record, Duration timeout) override {
    note_mark(record);
    return await_commit(record, [&] { return given_->offsets().mark_and_commit(record, timeout); });
  }
  Status mark_and_commit(const Record& record, std::string metadata, Duration timeout) override {
    note_mark(record);
    return await_commit(record, [&] {
      return given_->offsets().mark_and_commit(record, std::move(metadata), timeout);
    });
  }
  Status commit(Duration timeout) override { return given_->offsets().commit(timeout); }
  bool commit_async() override { return given_->offsets().commit_async(); }
  const std::string& committed_metadata() const override {
    return given_->offsets().committed_metadata();
  }
  Result<Offset> seek(const SeekTo& to, Duration timeout) override {
    find_names(given_->topic_partition());
    Event sought{.kind = EventKind::kSeekBegan,
                 .group = group_,
                 .partition = partition_,
                 .ownership = ownership_};
    recorder_.record(sought);
    const Result<Offset> target = given_->offsets().seek(to, timeout);
    if (!target) return target;
    sought.kind = EventKind::kSought;
    sought.offset = *target;
    recorder_.record(sought);
    return target;
  }
  void pause(Duration time) override { given_->offsets().pause(time); }
  void resume() override { given_->offsets().resume(); }
  bool is_paused() const override { return given_->offsets().is_paused(); }

  // Outputs
  void send(const OutgoingRecord& record) override {
    send_recorded(recorder_, open_.empty() ? 0 : current().run, record,
                  [&] { given_->outputs().send(record); });
  }

  std::unique_ptr<ConsumerBase> inner_;
  Recorder& recorder_;
  Interference interference_;
  const std::uint64_t retries_most_;
  const KeyOf key_of_;
  ConsumerContext* given_ = nullptr;
  const void* holder_ = nullptr;
  OwnershipId ownership_ = kNone;
  ConsumerId id_ = kNone;
  GroupIndex group_ = kNone;
  PartitionIndex partition_ = kNone;
  std::vector<Open> open_;
  Batch* batch_ = nullptr;
  bool has_marked_ = false;                     // in this run
  std::shared_ptr<RecordingCompletion> later_;  // of a consume that runs
};

}  // namespace

App recorded(App app, Recorder& recorder, Interference interference) {
  for (auto& [name, group] : app.groups()) {
    for (ConsumerGroup::Route& route : group.routes()) {
      if (!route.options.consumer) continue;
      const TopicSettings settings = settings_of(app, name, route.topic);
      const std::uint64_t retries_most =
          settings.dead_letter_queue
              ? static_cast<std::uint64_t>(settings.dead_letter_queue->max_retries)
              : UINT64_MAX;
      if (!settings.filters.empty()) {
        route.options.filters = recorded_filters(settings.filters, name, recorder);
      }
      route.options.consumer = [inner = route.options.consumer, &recorder, interference,
                                retries_most,
                                key_of = key_of(settings)]() -> std::unique_ptr<ConsumerBase> {
        return std::make_unique<RecordingConsumer>(inner(), recorder, interference, retries_most,
                                                   key_of);
      };
    }
  }
  return app;
}

}  // namespace rookery::sim
