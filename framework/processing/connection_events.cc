// connection_events.cc
//
// What a connection tells, of its partitions and of its client.
#include <rookery/processing/connection.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace rookery {

void Connection::publish(EventKind kind, std::string message) {
  environment_->relay->publish({.kind = kind,
                                .origin = environment_->origin,
                                .message = std::move(message),
                                .group = options_.group});
}

void Connection::publish(EventKind kind, const std::vector<TopicPartition>& partitions) {
  publish(kind, text(partitions));
}

// "orders.v1-[0,1] from [17,earliest]", topic after topic.
void Connection::publish_assigned(const std::map<TopicPartition, std::optional<Offset>>& starts) {
  const bool is_latest = options_.settings.initial_offset == InitialOffset::kLatest;
  std::string message;
  for (auto next = starts.begin(); next != starts.end();) {
    const std::string& topic = next->first.topic;
    std::vector<TopicPartition> names;
    std::string offsets;
    for (; next != starts.end() && next->first.topic == topic; ++next) {
      names.push_back(next->first);
      offsets += offsets.empty() ? "" : ",";
      offsets += next->second ? std::to_string(*next->second) : is_latest ? "latest" : "earliest";
    }
    message += (message.empty() ? "" : ", ") + text(names) + " from [" + offsets + "]";
  }
  if (!message.empty()) publish(EventKind::kPartitionsAssigned, std::move(message));
}

void Connection::publish_error(const std::string& type, const Error& error,
                               std::optional<TopicPartition> partition,
                               std::optional<Offset> offset) {
  environment_->events->publish({.kind = EventKind::kErrorOccurred,
                                 .origin = environment_->origin,
                                 .message = error.text(),
                                 .error_type = type,
                                 .error_class = std::string(name(error.code)),
                                 .partition = std::move(partition),
                                 .offset = offset,
                                 .fatal = error.fatal,
                                 .group = options_.group});
}

void Connection::handle(ConsumerError& error) {
  publish_error("connection", error.error, error.partition);
  if (error.error.fatal) environment_->on_fatal(error.error);
}

void Connection::handle(ConnectionRestored& restored) {
  publish(EventKind::kConnectionRestored, std::move(restored.message));
}

}  // namespace rookery
