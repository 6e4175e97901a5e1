// life.h
//
// One consumer of a group, from subscribe to its last reference, with the user code around it: a
// thread that polls (M), helpers that commit and close (G), and a listener that may close on any
// thread, the heartbeat's (H) included.
//
// Everything is drawn from the run's tape. Shared by M, its helpers and, for the time of a call,
// whoever runs the listener: the last of them destroys the consumer.
#pragma once

#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mockbroker/client/group_consumer.h"
#include "simulations/properties/group_watch.h"

namespace rookery::sim {

enum class LifePhase : std::uint8_t {
  kTrouble,  // anything goes
  kSettle,   // all poll, nobody leaves
  kQuiet,    // applications may be silent, within their interval
  kEnd,      // all close
};

// What all lives of a run share, on many fibers: atomics, and no choice points.
struct LifeStage {
  mock::Network& network;
  GroupWatch& watch;
  std::string topic;
  std::atomic<LifePhase> phase = LifePhase::kTrouble;
  std::atomic<int> long_silences = 0;  // that may go beyond what a member may be silent
  std::atomic<bool> is_produced = false;
};

// What the lives of one process share.
struct LifeHome {
  std::shared_ptr<mock::ThreadReaper> reaper;
  std::atomic<int> lives = 0;  // whose consumer is not destroyed yet
};

// The deadline of the call that this thread is in; kNever: of none.
TimePoint current_call_deadline();

struct LifePlan {
  std::string client_id;
  mock::GroupSettings group;
  std::uint64_t helpers = 0;
  // Of the listener's calls one in so many closes, while there is trouble or at the end; 0: none.
  std::uint64_t listener_closes_one_in = 0;
  // Whether the application gives the consumer up when it lost its partitions.
  bool gives_up_when_lost = false;
  // While there is trouble, a consumer is closed after so long.
  Duration shortest = std::chrono::milliseconds(300);
  Duration longest = std::chrono::milliseconds(3300);
};

class Life : public std::enable_shared_from_this<Life> {
 public:
  Life(LifeStage& stage, LifeHome& home, LifePlan plan)
      : stage_(stage), home_(home), plan_(std::move(plan)) {}
  Life(const Life&) = delete;
  Life& operator=(const Life&) = delete;
  ~Life();

  // Of M, once, before all else.
  void open(int partitions);
  // One thing that applications do, and a poll.
  void round();
  // Commits, and polls until that is answered, or for a moment.
  void commit_and_wait();
  // What is left to be taken when nobody else is there.
  void take_last_events();

  // Of any thread.
  void commit_some();
  void look_around();
  void close(Duration at_most);
  // Takes from one of its partitions, or from one that it gave back: unless another thread does.
  void take_records();
  // One thing that helpers do.
  void help();

  void leave() { is_leaving_ = true; }
  bool is_over() const { return is_closing_ || is_leaving_; }
  std::uint64_t helpers() const { return plan_.helpers; }
  const std::string& client_id() const { return plan_.client_id; }

 private:
  template <class Call>
  auto timed(const char* name, TimePoint deadline, const Call& call);
  void hear();
  MemberTraits traits() const;
  void poll(Duration at_most);
  void take(const GroupEvent& event);
  void be_silent();
  void seek_or_ask();
  void ask(const TopicPartition& partition);
  void seek(const TopicPartition& partition);
  bool is_calm() const { return stage_.phase != LifePhase::kTrouble; }

  LifeStage& stage_;
  LifeHome& home_;
  const LifePlan plan_;
  std::unique_ptr<mock::MockGroupConsumer> consumer_;
  std::atomic<bool> is_closing_ = false;
  std::atomic<bool> is_leaving_ = false;
  std::atomic<int> closes_under_way_ = 0;
  struct Mine {
    AssignmentId assignment;
    std::shared_ptr<PartitionStream> stream;
    Offset next = 0;  // all below was taken, by this one or by others before
  };
  std::map<TopicPartition, Mine> mine_;
  std::deque<Mine> given_back_;  // or to be given back: the last few
  std::uint64_t takes_ = 0;
  std::atomic<bool> is_using_streams_ = false;  // one thread at a time
  struct HandBack {
    RevocationId revocation;
    std::uint64_t polls_left = 0;
    std::vector<AssignmentId> partitions;
  };
  std::vector<HandBack> hand_backs_;  // M's
  TimePoint polled_at_{};             // M's
};

// One place in a group: a thread that leads life after life until the end.
class LifeSlot {
 public:
  LifeSlot(LifeStage& stage, LifeHome& home, LifePlan plan, int partitions)
      : stage_(stage), home_(home), plan_(std::move(plan)), partitions_(partitions) {}
  void run();

 private:
  void live_once(int number);

  LifeStage& stage_;
  LifeHome& home_;
  const LifePlan plan_;
  const int partitions_;
};

}  // namespace rookery::sim
