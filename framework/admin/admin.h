// admin.h
//
// An administrator for programs and people: each call is bounded, and what it ordered shows when it
// answers.
//
//   auto admin = Admin::make(transport, client_config(app));
//   auto created = (*admin)->create_topics({{.name = "orders.v1", .partitions = 6}});
//
// AdminClient (transport/admin_client.h) says what a broker answered; what was ordered shows a
// moment later. Here a topic that was created has its partitions and their leaders, one that was
// deleted is gone, and the error of what did not come about in time says what is still missing.
// That is what the broker says that was asked; others follow a moment later. Groups: group_lags.h,
// group_moves.h. Declared topics: declared_topics.h.
//
// Thread rules: any thread; calls may run at once.
#pragma once

#include <rookery/base/result.h>
#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/ranks.h>
#include <rookery/runtime/time.h>
#include <rookery/transport/transport.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rookery {

struct AdminLimits {
  // Of one call, all that it tries again and waits for included.
  Duration max_retries_duration = std::chrono::seconds(60);
  // Between two tries of what may succeed later, and two looks at whether it shows.
  Duration retry_backoff = std::chrono::milliseconds(500);
};

class Admin {
 public:
  // Errors: kInvalidConfig. Brokers are not contacted yet.
  static Result<std::unique_ptr<Admin>> make(Transport& transport, ConfigMap config,
                                             AdminLimits limits = {});
  Admin(std::unique_ptr<AdminClient> client, AdminLimits limits);

  // Calls under way, those that wait, too, and all later ones end with kClosed; what was ordered
  // may be carried out all the same. Idempotent.
  void close();

  // For all that needs no more than an answer, with the deadline of a call that begins now.
  AdminClient& client() { return *client_; }
  TimePoint deadline() const { return deadline_in(limits_.max_retries_duration); }

  // One status for each topic, in order; each is independent.
  std::vector<Status> create_topics(const std::vector<NewTopic>& topics);
  std::vector<Status> delete_topics(const std::vector<std::string>& topics);
  std::vector<Status> create_partitions(const std::vector<NewPartitions>& topics);
  // Deleted, gone, and made again; what lay there is lost. One that does not exist is made. One
  // that could not be made again, for want of brokers or of a partition, is left as it is.
  std::vector<Status> reset_topics(const std::vector<NewTopic>& topics);

  // These settings of a topic change and no others: incrementally (KIP-339) where the library can;
  // else the topic's own settings are read, changed and written whole (KIP-133), and what somebody
  // else changes between the two is overwritten. Either way they show when it answers. A resource
  // that is named twice is kInvalidArgument.
  std::vector<Status> set_configs(const std::vector<ConfigChange>& changes);

  // `ask` again, while its error may pass, until the deadline. The last error.
  template <class T>
  Result<T> persist(TimePoint deadline, const std::function<Result<T>()>& ask) {
    for (;;) {
      Result<T> answer = ask();
      if (answer || !answer.error().retriable) return answer;
      if (!wait_for_retry(deadline)) return is_closed() ? Result<T>(fail(closed())) : answer;
    }
  }
  // False: no time is left for another try, or the client was closed.
  bool wait_for_retry(TimePoint deadline);

  bool is_closed();
  static Error closed() {
    return {.code = ErrorCode::kClosed, .message = "the administrator was closed"};
  }

 private:
  // What is still missing of a topic; empty: nothing. Null: the topic is not there.
  using Missing = std::function<std::string(const TopicDescription*)>;
  void await_topics(const std::vector<std::string>& topics, std::vector<Status>& statuses,
                    const std::vector<Missing>& missing, const char* done, TimePoint deadline);
  std::vector<Status> make_topics(const std::vector<NewTopic>& topics, std::vector<Status> statuses,
                                  bool is_replacing, TimePoint deadline);
  std::vector<Status> remove_topics(const std::vector<std::string>& topics, TimePoint deadline);
  Status replace_config(const ConfigChange& change, TimePoint deadline);
  Status await_config(const ConfigChange& change, TimePoint deadline);

  const std::unique_ptr<AdminClient> client_;
  const AdminLimits limits_;
  Mutex mutex_{"admin.closed", ranks::kLeaf};
  ConditionVariable closed_{"admin.closed"};
  bool is_closed_ = false;
};

}  // namespace rookery
