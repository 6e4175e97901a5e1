// consumer.h
//
// What a user writes: a class (or a callable) that consumes records one at a time, or in batches,
// or begins their work and has it finished later.
//
//   class Billing : public rookery::Consumer {
//     void consume(const rookery::Record& order) override {   // returns: marked; throws: retried
//       producer().send({.topic = "invoices.v1", .key = order.key(), .value = order.value()});
//     }
//   };
//
// One long-lived object for each assigned partition. All its functions are called on workers, one
// at a time; different objects run at once. What the object asks (topic(), attempt(), producer()
// ...) may be asked inside those functions only.
#pragma once

#include <rookery/base/result.h>
#include <rookery/instrumentation/error_class.h>
#include <rookery/processing/batch.h>
#include <rookery/processing/completion.h>
#include <rookery/processing/consume_action.h>
#include <rookery/processing/offsets.h>
#include <rookery/recovery/error_tracker.h>
#include <rookery/runtime/time_types.h>
#include <rookery/transport/record.h>

#include <concepts>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace rookery {

// Where a consumer's own records go. See docs of send().
class Outputs {
 public:
  // Sends a record as part of the record being consumed, whose input is marked only after the
  // broker acknowledged this one. Does not wait for that. Waits while the send buffer is full, up
  // to output_timeout of the app (2 min), or until the partition is no longer ours. Throws
  // SendFailed when it cannot be sent at all: let it pass, the input is then retried.
  virtual void send(const OutgoingRecord& record) = 0;

 protected:
  ~Outputs() = default;
};

// A record could not be sent; or the partition is no longer ours (kRevoked).
class SendFailed : public std::runtime_error, public NamedError {
 public:
  explicit SendFailed(Error error) : std::runtime_error(error.text()), error_(std::move(error)) {}
  const Error& error() const { return error_; }
  std::string error_class() const override { return "SendFailed"; }

 private:
  Error error_;
};

// To be thrown by a batch consumer that knows which record is to blame. Thrown while another
// exception is handled it stands for that one: its class is seen by events, policies and dead
// letters.
//
//   try { insert(record); } catch (const DatabaseError&) { throw RecordFailed{record}; }
class RecordFailed : public std::runtime_error {
 public:
  explicit RecordFailed(const Record& record) : RecordFailed(record, {}) {}
  // what: instead of the handled exception's own message.
  RecordFailed(const Record& record, const std::string& what)
      : std::runtime_error(what), offset_(record.offset()), cause_(std::current_exception()) {}
  Offset offset() const { return offset_; }
  const std::exception_ptr& cause() const { return cause_; }  // null: there was none

 private:
  Offset offset_;
  std::exception_ptr cause_;
};

// What the framework answers to a consumer. Implemented by the processing room, and by test kits.
class ConsumerContext {
 public:
  virtual Outputs& outputs() = 0;
  virtual const TopicPartition& topic_partition() const = 0;
  virtual const std::string& group() const = 0;
  virtual int attempt() const = 0;
  virtual const ErrorTracker& errors() const = 0;
  virtual bool is_revoked() const = 0;
  virtual bool mark(const Record& record) = 0;
  // The context outlives it.
  virtual Offsets& offsets() = 0;
  virtual std::optional<Duration> consumption_lag() const = 0;
  virtual Duration processing_lag() const = 0;

 protected:
  ~ConsumerContext() = default;
};

// What all forms share. Derive from Consumer, BatchConsumer or WaitingConsumer.
class ConsumerBase {
 public:
  virtual ~ConsumerBase() = default;
  ConsumerBase() = default;
  ConsumerBase(const ConsumerBase&) = delete;
  ConsumerBase& operator=(const ConsumerBase&) = delete;

  // The object's life (docs/consumer-life.md). What a hook throws is an error.occurred of its name
  // ("revoked", ...), and not retried, but for initialized().

  // Before anything else. A throw is retried after the route's backoff, as often as it takes; the
  // records wait, and none is blamed.
  virtual void initialized() {}
  // The end of the partition was reached, and all that was taken before has been run: nothing of
  // this object waits, is retried, or is unfinished (outputs may still be under way). Each time
  // that is so: also at the end of an empty partition. With several lanes each object is told, when
  // all lanes are so far.
  virtual void eofed() {}
  // The object has had nothing to do for the route's tick_interval; and again after each further
  // one. Never without a tick_interval, nor before initialized().
  virtual void tick() {}
  // The partition goes to another owner; it is still ours while this runs, unless it was lost. The
  // last that the object is told.
  virtual void revoked() {}
  // The server stops, in order. The last that the object is told.
  virtual void shutdown() {}

  // Around each run of consume, retries included: for a transaction, a span, a log context. Calls
  // the action once, or throws. What it throws is the record's failure (or the batch's, without a
  // culprit), of type "wrap"; so is an action that was not called, or more than once. What consume
  // throws remains the record's failure, even if it is not passed on. Of a WaitingConsumer it is
  // around the beginning of the work.
  virtual void wrap(ConsumeAction& action) { action(); }

  // For the framework and for decorators: gives the object its context, valid until its end.
  virtual void attach(ConsumerContext& context) { context_ = &context; }
  // For the framework and for decorators: which of the three below is called.
  virtual bool consumes_batches() const = 0;
  virtual bool finishes_later() const = 0;
  virtual void run_record(const Record& record) = 0;
  virtual void run_batch(Batch& batch) = 0;
  virtual void run_waiting(const Record& record, Completion completion) = 0;

 protected:
  Outputs& producer() { return context_->outputs(); }
  const std::string& topic() const { return context_->topic_partition().topic; }
  PartitionId partition() const { return context_->topic_partition().partition; }
  const std::string& group() const { return context_->group(); }
  // 1 on the first run of a record (or batch).
  int attempt() const { return context_->attempt(); }
  bool retrying() const { return attempt() > 1; }
  // What went wrong in the attempts before this one; empty on the first.
  const ErrorTracker& errors() const { return context_->errors(); }
  // The partition is being taken away, or gone: finish soon.
  bool is_revoked() const { return context_->is_revoked(); }
  // Everything up to the record is done (what outputs it has under way must be acknowledged first).
  // False: it does not count: the partition is no longer ours, and its next owner will see the
  // record again; or a seek has it taken again. Needed with manual marking only.
  bool mark(const Record& record) { return context_->mark(record); }
  // The rest of what is done with offsets: offsets.h says what each means.
  bool mark(const Record& record, std::string metadata) {
    return offsets().mark(record, std::move(metadata));
  }
  Status mark_and_commit(const Record& record, Duration timeout = Offsets::kTimeout) {
    return offsets().mark_and_commit(record, timeout);
  }
  Status mark_and_commit(const Record& record, std::string metadata,
                         Duration timeout = Offsets::kTimeout) {
    return offsets().mark_and_commit(record, std::move(metadata), timeout);
  }
  Status commit(Duration timeout = Offsets::kTimeout) { return offsets().commit(timeout); }
  bool commit_async() { return offsets().commit_async(); }
  const std::string& committed_metadata() { return offsets().committed_metadata(); }
  Result<Offset> seek(const SeekTo& to, Duration timeout = Offsets::kTimeout) {
    return offsets().seek(to, timeout);
  }
  void pause(Duration time = Duration::max()) { offsets().pause(time); }
  void resume() { offsets().resume(); }
  bool is_paused() { return offsets().is_paused(); }
  // How old the record is (of a batch: where its iteration stands, else the first): the calendar's
  // now less its timestamp; below zero when its producer's clock is ahead, and no less than
  // Duration::min() whatever it wrote. None without a timestamp, and in hooks.
  std::optional<Duration> consumption_lag() const { return context_->consumption_lag(); }
  // How long the record had been here when its run began (of a batch: its first): since it was
  // taken, so it includes filters, retries and its turn. The clock is read where a run first asks.
  // Zero in hooks.
  Duration processing_lag() const { return context_->processing_lag(); }

  // For the three forms: runs it in wrap(), where there is one: to catch and throw again costs more
  // than all else that is done about a failure.
  template <class Consume>
  void run_wrapped(const Consume& consume) {
    if (has_wrap_) return run_in_wrap(ConsumeAction(consume));
    consume();
  }

 private:
  template <class T>
  friend std::unique_ptr<ConsumerBase> without_wrap_unless_own(std::unique_ptr<T> consumer);

  Offsets& offsets() { return context_->offsets(); }
  void run_in_wrap(ConsumeAction action);

  ConsumerContext* context_ = nullptr;
  bool has_wrap_ = true;  // that does more than to call its action
};

// One record at a time: a record that returns is marked, one that throws is retried alone.
class Consumer : public ConsumerBase {
 public:
  bool consumes_batches() const final { return false; }
  bool finishes_later() const final { return false; }
  void run_record(const Record& record) final {
    run_wrapped([&] { consume(record); });
  }
  void run_batch(Batch&) final {}
  void run_waiting(const Record&, Completion) final {}

 private:
  virtual void consume(const Record& record) = 0;
};

// For bulk work: the records taken together, at most max_records. When it returns all are marked;
// when it throws all that are unmarked are run again. Iterating the batch remembers the record, for
// blame and for outputs.
class BatchConsumer : public ConsumerBase {
 public:
  bool consumes_batches() const final { return true; }
  bool finishes_later() const final { return false; }
  void run_record(const Record&) final {}
  void run_batch(Batch& batch) final {
    run_wrapped([&] { consume(batch); });
  }
  void run_waiting(const Record&, Completion) final {}

 private:
  virtual void consume(Batch& batch) = 0;
};

// For work that waits without a thread: consume begins it and may return at once; the completion,
// finished on any thread, says what became of it. Until then the next record of the lane waits, so
// that order holds, and the record counts against the window. A throw of consume is the record's
// failure; its completion no longer counts.
//
// The object's own functions (producer(), attempt() ...) are for consume alone, as ever; what is
// sent after it has returned goes through Completion::send. With manual marking, what is marked is
// marked inside consume: done() lets the next record run.
class WaitingConsumer : public ConsumerBase {
 public:
  bool consumes_batches() const final { return false; }
  bool finishes_later() const final { return true; }
  void run_record(const Record&) final {}
  void run_batch(Batch&) final {}
  void run_waiting(const Record& record, Completion completion) final {
    run_wrapped([&] { consume(record, std::move(completion)); });
  }

 private:
  // The record stays valid until it is finished.
  virtual void consume(const Record& record, Completion completion) = 0;
};

// Makes a consumer for each partition that comes; called on a worker.
using ConsumerFactory = std::function<std::unique_ptr<ConsumerBase>()>;

// For the factories below. A wrap() that cannot be named here (it is private) is the class's own.
template <class T>
std::unique_ptr<ConsumerBase> without_wrap_unless_own(std::unique_ptr<T> consumer) {
  constexpr bool kIsOwn = !requires {
    requires std::same_as<decltype(&T::wrap), void (ConsumerBase::*)(ConsumeAction&)>;
  };
  consumer->ConsumerBase::has_wrap_ = kIsOwn;
  return consumer;
}

// consumer<Billing>(), consumer<Billing>(config): the arguments are copied, and given to each
// object.
template <std::derived_from<ConsumerBase> T, class... Arguments>
ConsumerFactory consumer(Arguments... arguments) {
  return [arguments...]() -> std::unique_ptr<ConsumerBase> {
    return without_wrap_unless_own(std::make_unique<T>(arguments...));
  };
}

// consumer([](const Record& record, ConsumerContext& context) { ... }), or without the context, or
// with a Batch&, or with a Completion after the record. The callable is copied for each partition.
ConsumerFactory consumer(std::function<void(const Record&, ConsumerContext&)> consume);
ConsumerFactory consumer(std::function<void(const Record&)> consume);
ConsumerFactory consumer(std::function<void(Batch&, ConsumerContext&)> consume);
ConsumerFactory consumer(std::function<void(const Record&, Completion, ConsumerContext&)> consume);
ConsumerFactory consumer(std::function<void(const Record&, Completion)> consume);

}  // namespace rookery
