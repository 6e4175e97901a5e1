// kafka_leg.cc
//
// Topics and groups get names of their own, since all tests share one cluster. Gaps are made by a
// transaction that is aborted, through librdkafka itself: the seam has no transactions yet.
// allow-file(librdkafka): the seam has no transactions yet, and a gap needs one
#include "simulations/contract/kafka_leg.h"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <rookery/runtime/time.h>
#include <rookery/transport/librdkafka/transport.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

namespace rookery::contract {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

class KafkaLeg final : public Leg {
 public:
  KafkaLeg()
      : brokers_(environment("ROOKERY_KAFKA_BROKERS")), control_(environment("ROOKERY_KAFKA_CTL")) {
    if (brokers_.empty()) {
      ADD_FAILURE()
          << "ROOKERY_KAFKA_BROKERS is not set: ./rookery kafka up prints what it should be";
    }
  }
  ~KafkaLeg() override { answer_again(); }

  void run(const std::function<void()>& body) override {
    if (!brokers_.empty()) body();
  }

  std::unique_ptr<Transport> make_transport(ConfigMap common) override {
    common.insert({{"bootstrap.servers", brokers_}, {"client.id", "contract"}});
    return make_librdkafka_transport(std::move(common));
  }

  std::string fresh_name(const std::string& what) override {
    return what + "-" + std::to_string(wall_now().time_since_epoch().count()) + "-" +
           std::to_string(getpid()) + "-" + std::to_string(++names_);
  }

  void append_gap(const TopicPartition& partition) override {
    const auto transport = make_transport({});
    const auto admin = transport->make_admin({});
    ASSERT_TRUE(admin) << admin.error().text();
    const auto high = [&] {
      const auto answer = (*admin)->watermarks({partition}, deadline_in(kControlMax));
      EXPECT_TRUE(answer) << answer.error().text();
      return answer ? answer->front().high : -1;
    };
    const Offset before = high();
    abort_a_transaction(partition);
    // The coordinator writes the marker after it has answered; until then readers stop before the
    // record.
    const TimePoint deadline = deadline_in(kControlMax);
    while (high() < before + 2 && now() < deadline)
      sleep_until(deadline_in(std::chrono::milliseconds(5)));
    EXPECT_EQ(high(), before + 2) << "no marker in " << partition.text();
  }

  void restart_broker() override { control("restart-node 1"); }
  void stop_answering() override {
    control("pause 1");
    is_paused_ = true;
    // A signal is on its way when kill returns.
    const TimePoint deadline = deadline_in(kControlMax);
    while (!is_stopped() && now() < deadline)
      sleep_until(deadline_in(std::chrono::milliseconds(5)));
    EXPECT_TRUE(is_stopped()) << "the broker does not stop";
  }
  void answer_again() override {
    if (!is_paused_) return;
    control("resume 1");
    is_paused_ = false;
  }

  std::optional<std::size_t> resident_bytes() override {
    std::ifstream statm("/proc/self/statm");
    std::size_t total = 0;
    std::size_t resident = 0;
    statm >> total >> resident;
    return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  }

 private:
  static constexpr std::chrono::seconds kControlMax{30};

  void abort_a_transaction(const TopicPartition& partition) {
    std::array<char, 512> text{};
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", brokers_.c_str(), text.data(), text.size());
    const std::string id = fresh_name("gap");
    rd_kafka_conf_set(conf, "transactional.id", id.c_str(), text.data(), text.size());
    rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t*, int, const char*, const char*) {});
    rd_kafka_t* producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text.data(), text.size());
    ASSERT_NE(producer, nullptr) << text.data();
    const auto expect_fine = [](rd_kafka_error_t* error, const char* what) {
      EXPECT_EQ(error, nullptr) << what << ": " << rd_kafka_error_string(error);
      if (error != nullptr) rd_kafka_error_destroy(error);
    };
    expect_fine(rd_kafka_init_transactions(producer, 30'000), "init_transactions");
    expect_fine(rd_kafka_begin_transaction(producer), "begin_transaction");
    EXPECT_EQ(rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(partition.topic.c_str()),
                                RD_KAFKA_V_PARTITION(partition.partition),
                                RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                RD_KAFKA_V_VALUE(const_cast<char*>("aborted"), 7), RD_KAFKA_V_END),
              RD_KAFKA_RESP_ERR_NO_ERROR);
    EXPECT_EQ(rd_kafka_flush(producer, 30'000), RD_KAFKA_RESP_ERR_NO_ERROR);
    expect_fine(rd_kafka_abort_transaction(producer, 30'000), "abort_transaction");
    rd_kafka_destroy(producer);
  }

  bool is_stopped() {
    const std::string command = control_ + " status | grep -q 'node 1 .*paused'";
    return std::system(command.c_str()) == 0;
  }

  void control(const std::string& order) {
    ASSERT_FALSE(control_.empty())
        << "ROOKERY_KAFKA_CTL is not set: it is the path of tools/kafka.sh";
    const std::string command = control_ + " " + order;
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
  }

  const std::string brokers_;
  const std::string control_;
  bool is_paused_ = false;
  int names_ = 0;
};

}  // namespace

LegFactory kafka_leg() {
  return {.name = "kafka", .make = [] { return std::make_unique<KafkaLeg>(); }, .skips = {}};
}

}  // namespace rookery::contract
