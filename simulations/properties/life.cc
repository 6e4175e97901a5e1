// life.cc
//
// What applications do, drawn step by step.
#include "simulations/properties/life.h"

#include <rookery/runtime/choice_point.h>
#include <rookery/runtime/fiber_local.h>
#include <rookery/runtime/random.h>

#include <algorithm>
#include <utility>

namespace rookery::sim {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// How long this thread was in listeners: no part of the call that called them.
FiberLocal<Duration> in_listeners;
// The deadline of the call that this thread is in.
FiberLocal<TimePoint> call_ends([] { return kNever; });

bool one_in(std::uint64_t n) { return n != 0 && random_below(n) == n - 1; }

Duration draw_milliseconds(std::uint64_t most) {
  return milliseconds(static_cast<std::int64_t>(random_below(most + 1)));
}

bool is_heartbeat_thread() { return current_thread_name().starts_with("heartbeat"); }

TimePoint time_now() { return Scheduler::current()->time(); }

}  // namespace

TimePoint current_call_deadline() { return *call_ends; }

template <class Call>
auto Life::timed(const char* name, TimePoint deadline, const Call& call) {
  const TimePoint began = time_now();
  const Duration before = *in_listeners;
  const TimePoint outer = std::exchange(*call_ends, deadline);
  auto result = call();
  *call_ends = outer;
  stage_.watch.call_ended(plan_.client_id, name, began, deadline, *in_listeners - before);
  return result;
}

MemberTraits Life::traits() const {
  return {.group = plan_.group.group_id,
          .is_cooperative = plan_.group.strategies.front() == "cooperative-sticky",
          .is_static = !plan_.group.group_instance_id.empty(),
          .session_timeout = plan_.group.session_timeout,
          .max_poll_interval = plan_.group.max_poll_interval,
          .retry_backoff = plan_.group.retry_backoff};
}

void Life::open(int partitions) {
  stage_.watch.opened(plan_.client_id, traits());
  mock::ConsumerSettings settings;
  settings.client.client_id = plan_.client_id;
  settings.client.request_timeout = plan_.group.request_timeout;
  settings.client.backoff_most = milliseconds(200);
  settings.metadata.retry_backoff = plan_.group.retry_backoff;
  settings.fetch.request_timeout = plan_.group.request_timeout;
  settings.group = plan_.group;
  settings.expected_partitions = static_cast<std::size_t>(partitions);
  settings.on_events = [life = weak_from_this()] {
    choice_point("a listener begins");
    if (const std::shared_ptr<Life> self = life.lock()) self->hear();
  };
  consumer_ =
      std::make_unique<mock::MockGroupConsumer>(stage_.network, std::move(settings), home_.reaper);
  ++home_.lives;
  polled_at_ = time_now();
  const Status subscribed = consumer_->subscribe({stage_.topic});
  if (!subscribed) stage_.watch.fail("a consumer subscribes", subscribed.error().text());
}

Life::~Life() {
  if (!consumer_) return;
  if (!is_closing_) stage_.watch.close_began(plan_.client_id);
  // The destructor's own deadline is a little later.
  timed("the destructor", saturating_add(time_now(), milliseconds(5001)), [this] {
    consumer_.reset();
    return 0;
  });
  --home_.lives;
}

// The listener.
void Life::hear() {
  const TimePoint began = time_now();
  stage_.watch.listener_entered(plan_.client_id, is_heartbeat_thread());
  // Some have a lot to do. They do not wait for it: whoever comes in between pre-empts them.
  for (auto work = one_in(4) ? random_below(60) : 0; work > 0; --work) {
    choice_point("a listener works");
  }
  const bool may_close = stage_.phase == LifePhase::kTrouble || stage_.phase == LifePhase::kEnd;
  if (may_close && one_in(plan_.listener_closes_one_in)) {
    close(draw_milliseconds(1500));
  } else {
    look_around();
  }
  *in_listeners += time_now() - began;
}

void Life::close(Duration at_most) {
  {
    const Uninterrupted scope;
    is_closing_ = true;
    ++closes_under_way_;
  }
  stage_.watch.close_began(plan_.client_id);
  const TimePoint began = time_now();
  const CloseReport report = timed("close", saturating_add(began, at_most), [&] {
    return consumer_->close(saturating_add(began, at_most));
  });
  stage_.watch.close_ended(plan_.client_id, report, began, at_most, is_heartbeat_thread());
  const Uninterrupted scope;
  --closes_under_way_;
}

void Life::commit_some() {
  std::vector<OffsetToCommit> offsets;
  {
    const Uninterrupted scope;
    if (!mine_.empty()) {
      auto one = mine_.begin();
      std::advance(one, random_below(mine_.size()));
      const Mine& mine = one->second;
      // Now and then less than it could.
      const auto back = one_in(4) ? random_below(10) : 0;
      const Offset offset = std::max<Offset>(mine.next - static_cast<Offset>(back), 0);
      offsets.push_back({one->first, mine.assignment, offset, ""});
    }
  }
  if (offsets.empty()) return;
  timed("commit", time_now(), [&] {
    stage_.watch.commit_called(plan_.client_id);
    return consumer_->commit(std::move(offsets));
  });
}

void Life::look_around() {
  const std::uint64_t what = random_below(4);
  timed("a question", time_now(), [&] {
    if (what == 0) consumer_->wake();
    if (what == 1) static_cast<void>(consumer_->positions());
    if (what == 2) static_cast<void>(consumer_->group_metadata());
    if (what == 3) static_cast<void>(consumer_->text());
    return 0;
  });
}

void Life::take(const GroupEvent& event) {
  if (const auto* assigned = std::get_if<Assigned>(&event)) {
    const Uninterrupted scope;
    for (const AssignedPartition& one : assigned->partitions) {
      mine_[one.partition] = {one.assignment, one.stream, one.committed.value_or(0)};
    }
  } else if (const auto* revoking = std::get_if<Revoking>(&event)) {
    const bool is_at_once = revoking->lost || is_calm() || random_below(2) == 0;
    const std::uint64_t polls = is_at_once ? 0 : random_below(20);
    const Uninterrupted scope;
    HandBack& hand_back = hand_backs_.emplace_back(revoking->revocation, polls);
    for (const OwnedPartition& one : revoking->partitions) {
      const auto mine = mine_.find(one.partition);
      if (mine == mine_.end()) continue;
      hand_back.partitions.push_back(mine->second.assignment);
      given_back_.push_back(std::move(mine->second));
      if (given_back_.size() > 6) given_back_.pop_front();
      mine_.erase(mine);
    }
    if (revoking->lost && plan_.gives_up_when_lost && !is_calm()) is_leaving_ = true;
  } else if (const auto* error = std::get_if<ConsumerError>(&event)) {
    // It will never work again: only a new one can.
    if (error->error.fatal) is_leaving_ = true;
  }
}

void Life::poll(Duration at_most) {
  const TimePoint deadline = saturating_add(time_now(), at_most);
  stage_.watch.poll_began(plan_.client_id, polled_at_);
  const std::vector<GroupEvent> events =
      timed("poll_events", deadline, [&] { return consumer_->poll_events(deadline); });
  polled_at_ = time_now();
  stage_.watch.told(plan_.client_id, events);
  for (const GroupEvent& event : events) take(event);
  if (is_leaving_) return;
  for (HandBack& one : hand_backs_) {
    if (one.polls_left > 0 && !is_calm()) {
      --one.polls_left;
      continue;
    }
    timed("hand_back", time_now(), [&] {
      stage_.watch.handed_back(plan_.client_id, one.revocation);
      consumer_->hand_back(one.revocation);
      return 0;
    });
    for (const AssignmentId assignment : one.partitions) {
      stage_.watch.records().given_back(plan_.client_id, assignment);
    }
    one.revocation = RevocationId{};
  }
  std::erase_if(hand_backs_, [](const HandBack& one) { return one.revocation.value == 0; });
}

void Life::be_silent() {
  const Duration patience = plan_.group.max_poll_interval;
  const bool is_long = stage_.phase == LifePhase::kTrouble;
  stage_.long_silences += is_long ? 1 : 0;
  const std::uint64_t how = random_below(6);
  if (how == 0 && stage_.phase == LifePhase::kTrouble) {
    // To the very moment at which H loses its patience, a little before it or after.
    const auto off = static_cast<std::int64_t>(random_below(4000)) - 1000;
    sleep_until(saturating_add(polled_at_, patience + nanoseconds(off)));
  } else if (how == 1 && stage_.phase == LifePhase::kTrouble) {
    sleep_until(deadline_in(patience + draw_milliseconds(500)));
  } else {
    sleep_until(deadline_in(draw_milliseconds(static_cast<std::uint64_t>(
        std::chrono::duration_cast<milliseconds>(patience).count() / 3))));
  }
  stage_.long_silences -= is_long ? 1 : 0;
}

void Life::seek_or_ask() {
  TopicPartition partition;
  {
    const Uninterrupted scope;
    if (mine_.empty()) return;
    partition = mine_.begin()->first;
  }
  if (random_below(2) == 0) {
    ask(partition);
  } else {
    seek(partition);
  }
}

void Life::ask(const TopicPartition& partition) {
  const TimePoint deadline = saturating_add(time_now(), draw_milliseconds(300));
  timed("committed", deadline, [&] { return consumer_->committed({partition}, deadline); });
}

// Only back: what was passed over nobody would see.
void Life::seek(const TopicPartition& partition) {
  if (is_using_streams_.exchange(true)) return;
  const TimePoint deadline = saturating_add(time_now(), draw_milliseconds(300));
  const bool is_looked_up = random_below(2) == 0;
  AssignmentId assignment;
  Offset offset = 0;
  {
    const Uninterrupted scope;
    const Mine& mine = mine_.at(partition);
    assignment = mine.assignment;
    if (!is_looked_up) {
      offset = static_cast<Offset>(random_below(static_cast<std::uint64_t>(mine.next) + 1));
    }
  }
  const Status done = timed("seek", deadline, [&] {
    return consumer_->seek(partition, is_looked_up ? kEarliestOffset : offset, deadline);
  });
  if (done) {
    stage_.watch.records().sought(plan_.client_id, partition, assignment, offset);
    const Uninterrupted scope;
    const auto mine = mine_.find(partition);
    if (mine != mine_.end()) mine->second.next = offset;
  }
  is_using_streams_ = false;
}

void Life::take_records() {
  if (is_using_streams_.exchange(true)) return;
  TopicPartition partition;
  Mine from;
  {
    const Uninterrupted scope;
    const bool is_over = !given_back_.empty() && (mine_.empty() || one_in(6));
    if (is_over) {
      // Handed back, or about to be.
      from = given_back_[random_below(given_back_.size())];
    } else if (!mine_.empty()) {
      auto one = mine_.begin();
      std::advance(one, (++takes_ + random_below(mine_.size())) % mine_.size());
      partition = one->first;
      from = one->second;
    }
  }
  if (from.stream != nullptr) {
    RecordWatch& watch = stage_.watch.records();
    const bool was_revoked = watch.is_revoked(plan_.client_id, from.assignment);
    const std::size_t most = 1 + random_below(8);
    const Taken taken = timed("take", time_now(), [&] { return from.stream->take(most, 1 << 20); });
    std::vector<Offset> offsets;
    for (const Record& record : taken.batch) offsets.push_back(record.offset());
    watch.took(plan_.client_id, from.assignment, was_revoked, offsets);
    const Uninterrupted scope;
    const auto mine = mine_.find(partition);
    const bool is_still_mine = mine != mine_.end() && mine->second.assignment == from.assignment;
    if (is_still_mine && !offsets.empty()) mine->second.next = offsets.back() + 1;
  }
  is_using_streams_ = false;
}

void Life::round() {
  const std::uint64_t what = random_below(24);
  const bool may_rest = stage_.phase != LifePhase::kSettle;
  // The plain case is to take and to wait: a program that never does is a busy loop.
  if (what < 16) take_records();
  if (what >= 16 && what <= 17 && may_rest) be_silent();
  if (what >= 18 && what <= 21) commit_some();
  if (what == 22) seek_or_ask();
  if (what == 23) look_around();
  const bool waits = what != 15;
  poll(waits ? milliseconds(1) + draw_milliseconds(39) : Duration::zero());
}

void Life::take_last_events() {
  if (closes_under_way_ > 0 || !is_closing_) return;
  poll(Duration::zero());
  if (closes_under_way_ == 0) stage_.watch.gone(plan_.client_id);
}

void Life::commit_and_wait() {
  commit_some();
  poll(milliseconds(60));
}

void Life::help() {
  const std::uint64_t what = random_below(60);
  if (what == 59 && stage_.phase == LifePhase::kTrouble) {
    close(draw_milliseconds(2000));
  } else if (what < 30) {
    commit_some();
  } else if (what < 45) {
    look_around();
  } else if (what < 50) {
    take_records();
  } else {
    consumer_->wake();
  }
}

// ---- Life after life

void LifeSlot::run() {
  for (int number = 1; stage_.phase != LifePhase::kEnd; ++number) {
    live_once(number);
    if (stage_.phase != LifePhase::kEnd) sleep_until(deadline_in(draw_milliseconds(200)));
  }
}

void LifeSlot::live_once(int number) {
  LifePlan plan = plan_;
  plan.client_id += "." + std::to_string(number);
  auto life = std::make_shared<Life>(stage_, home_, std::move(plan));
  life->open(partitions_);
  std::vector<Thread> helpers;
  for (std::uint64_t i = 0; i < life->helpers(); ++i) {
    // It keeps the consumer alive only while it does something with it.
    helpers.emplace_back("helper of " + life->client_id(),
                         [&stage = stage_, weak = std::weak_ptr<Life>(life)] {
                           while (stage.phase != LifePhase::kEnd) {
                             sleep_until(deadline_in(milliseconds(1) + draw_milliseconds(79)));
                             const std::shared_ptr<Life> held = weak.lock();
                             if (!held || held->is_over()) return;
                             held->help();
                           }
                         });
  }
  const auto spread =
      std::chrono::duration_cast<milliseconds>(plan_.longest - plan_.shortest).count();
  const TimePoint until =
      deadline_in(plan_.shortest + draw_milliseconds(static_cast<std::uint64_t>(spread)));
  while (!life->is_over() && stage_.phase != LifePhase::kEnd) {
    if (stage_.phase == LifePhase::kTrouble && time_now() > until) break;
    life->round();
  }
  const std::uint64_t how = random_below(4);
  // Most applications commit where they stand, and close.
  if (!life->is_over()) life->commit_some();
  if (how == 0 || life->is_over()) {
    // Without a word: whoever has the last reference closes it.
    if (!life->is_over()) life->commit_and_wait();
    life->leave();
    if (how < 2) life.reset();
  } else if (how == 1) {
    helpers.emplace_back("closer of " + life->client_id(),
                         [life] { life->close(std::chrono::seconds(2)); });
    life->close(std::chrono::seconds(2));
  } else {
    life->close(how == 2 ? std::chrono::seconds(2) : milliseconds(600));
  }
  for (Thread& helper : helpers) helper.join();
  if (life) life->take_last_events();
}

}  // namespace rookery::sim
