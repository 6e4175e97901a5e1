// consumer_errors.cc
//
// What librdkafka says is wrong: fatal, of a partition, or of the client as a whole.
#include <rookery/transport/librdkafka/consumer.h>

#include <rookery/transport/librdkafka/errors.h>

#include <array>
#include <optional>
#include <string>
#include <utility>

namespace rookery::librdkafka {

void Consumer::tell(Error error, std::optional<TopicPartition> partition) {
  events_.emplace_back(ConsumerError{.error = std::move(error), .partition = std::move(partition)});
}

void Consumer::on_error(rd_kafka_event_t* event) {
  const rd_kafka_resp_err_t code = rd_kafka_event_error(event);
  std::optional<TopicPartition> partition;
  std::string what;
  if (const PartitionEntryHandle entry(rd_kafka_event_topic_partition(event)); entry) {
    partition = partition_of(*entry);
    what = partition->partition >= 0 ? partition->text() : partition->topic;
  } else {
    what = this->text();
  }
  // Some fatal errors come by their own name (a member that was fenced), not as "fatal".
  std::array<char, 512> text{};
  const rd_kafka_resp_err_t cause = rd_kafka_fatal_error(client(), text.data(), text.size());
  if (code == RD_KAFKA_RESP_ERR__FATAL || (code == cause && cause != RD_KAFKA_RESP_ERR_NO_ERROR)) {
    Error error = make_error(cause, what, text.data());
    error.fatal = true;
    error.retriable = false;
    tell(std::move(error), std::move(partition));
    return lose_everything();
  }
  const std::string told = rd_kafka_event_error_string(event);
  // A pattern that matches no topic yet; no topic's name has a '^'.
  const bool is_of_pattern =
      code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART && told.find(": ^") != std::string::npos;
  if (is_of_pattern) return;
  if (partition) return tell(make_error(code, what, told.c_str()), std::move(partition));
  if (auto error = core_->connection->trouble(code, told)) tell(std::move(*error), {});
}

}  // namespace rookery::librdkafka
