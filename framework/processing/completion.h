// completion.h
//
// The end of a record's work, when that comes later than the return of consume: on a timer, a
// thread pool, an event loop, in a coroutine.
//
//   void consume(const Record& record, Completion completion) override {
//     client_.get(record.key(), [completion = std::move(completion)](Reply reply) mutable {
//       reply.is_ok() ? completion.done() : completion.fail(ReplyFailed(reply));
//     });
//   }
//
// Ownership: whoever holds it owes one of done() and fail(); destroyed before, the record has
// failed with CompletionDropped. The record stays valid until then. It may outlive the partition,
// and the server. Thread rules: any thread; finished once, by whoever comes first.
#pragma once

#include <rookery/base/result.h>
#include <rookery/instrumentation/error_class.h>
#include <rookery/transport/record.h>

#include <concepts>
#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace rookery {

// A Completion was destroyed before its record was finished.
class CompletionDropped : public std::runtime_error, public NamedError {
 public:
  CompletionDropped()
      : std::runtime_error("the completion was dropped before its record was finished") {}
  std::string error_class() const override { return "CompletionDropped"; }
};

class Completion {
 public:
  // Which run of which record.
  struct Ticket {
    std::uint64_t number = 0;
    Offset offset = -1;
  };
  // Whom it tells. Implemented by the processing room, by decorators of consumers, and by test
  // kits; all on any thread.
  class Target {
   public:
    virtual ~Target() = default;
    // failure: null when the work is done. False: no longer ours, or finished before.
    virtual bool finish(const Ticket& ticket, std::exception_ptr failure) = 0;
    // Destroyed; nothing to tell when it was finished.
    virtual void drop(const Ticket& ticket) = 0;
    virtual void send(const Ticket& ticket, const OutgoingRecord& record) = 0;
    virtual bool is_revoked(const Ticket& ticket) const = 0;
  };

  // For those who implement a target.
  Completion(std::shared_ptr<Target> target, Ticket ticket)
      : target_(std::move(target)), ticket_(ticket) {}
  Completion(Completion&& other) noexcept = default;
  Completion& operator=(Completion&& other) noexcept;
  ~Completion();

  // The work is done: the record is marked when its outputs are acknowledged. Answers whether the
  // partition is still ours; if not, its next owner does the work again. Finishing twice does
  // nothing, answers false, and is told by an event of the class CompletionFinishedTwice.
  bool done() { return target().finish(ticket_, nullptr); }
  // The work failed: the record is retried, as if consume had thrown this. Otherwise as done().
  bool fail(std::exception_ptr failure);
  template <class Exception>
  requires std::derived_from<Exception, std::exception>
  bool fail(const Exception& failure) { return fail(std::make_exception_ptr(failure)); }
  // Sends a record as part of the one to be finished, which is marked only after the broker
  // acknowledged this. Waits for room as Outputs::send does. Throws SendFailed when it cannot be
  // sent, when the record is finished, or the partition no longer ours; the record, if done() is
  // called all the same, is retried.
  void send(const OutgoingRecord& record) { target().send(ticket_, record); }
  // The partition is being taken away, or gone, or the record is finished: finish soon.
  bool is_revoked() const { return target().is_revoked(ticket_); }

 private:
  Target& target() const;  // throws std::logic_error after a move

  std::shared_ptr<Target> target_;
  Ticket ticket_;
};

}  // namespace rookery
