// kafka_leg.cc
//
// Topics and groups get names of their own, since all tests share one cluster. Gaps are made by a
// transaction that is aborted, through librdkafka itself: the seam has no transactions yet.
// allow-file(librdkafka): the seam has no transactions yet and does not describe groups
#include "simulations/contract/kafka_leg.h"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/ranks.h>
#include <rookery/runtime/time.h>
#include <rookery/transport/librdkafka/transport.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "simulations/contract/member_process.h"

namespace rookery::contract {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// What a command prints; empty when it fails.
std::string output_of(const std::string& command) {
  std::string output;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return output;
  std::array<char, 512> part{};
  while (std::fgets(part.data(), part.size(), pipe) != nullptr) output += part.data();
  return pclose(pipe) == 0 ? output : "";
}

enum class Listener { kPlain, kSasl };

class KafkaLeg final : public Leg {
 public:
  KafkaLeg(int nodes, Listener listener)
      : node_count_(nodes), control_(environment("ROOKERY_KAFKA_CTL")) {
    if (listener == Listener::kPlain) {
      settings_["bootstrap.servers"] = environment("ROOKERY_KAFKA_BROKERS");
    } else {
      read_settings(output_of(control_ + " sasl"));
    }
    if (settings_["bootstrap.servers"].empty()) {
      ADD_FAILURE() << "ROOKERY_KAFKA_BROKERS or ROOKERY_KAFKA_CTL is not set: ./rookery test "
                       "--kafka sets both";
    }
  }
  ~KafkaLeg() override { heal(); }

  void run(const std::function<void()>& body) override {
    if (settings_["bootstrap.servers"].empty()) return;
    for (const NodeId node : nodes()) wait_until_ready(node);
    if (!::testing::Test::HasFatalFailure()) body();
  }

  std::unique_ptr<Transport> make_transport(ConfigMap common) override {
    common.insert({"client.id", "contract"});
    common.insert(settings_.begin(), settings_.end());
    return make_librdkafka_transport(std::move(common));
  }

  // The library tells of each request that it sends.
  WatchedTransport make_watched_transport() override {
    struct Counts {
      Mutex mutex{"contract.watched", ranks::kLeaf};
      std::map<std::string, std::size_t> of;
    };
    const auto counts = std::make_shared<Counts>();
    ConfigMap common = settings_;
    common.insert({"debug", "protocol"});
    auto transport = make_librdkafka_transport(
        std::move(common), {.on_log = [counts](const LibrdkafkaLog& line) {
          const std::size_t at = line.message.find("Sent ");
          const std::size_t end = line.message.find("Request (");
          if (line.facility != "SEND" || at == std::string::npos || end == std::string::npos)
            return;
          const std::size_t begin = at + std::string_view("Sent ").size();
          MutexLock lock(counts->mutex);
          ++counts->of[line.message.substr(begin, end - begin)];
        }});
    return {.transport = std::move(transport), .counts = [counts] {
              MutexLock lock(counts->mutex);
              return counts->of;
            }};
  }

  void await_topic(const std::string& topic, std::size_t partitions) override {
    // Without other nodes the one that made it is all that can be asked.
    if (node_count_ == 1) return;
    for (const NodeId node : nodes()) {
      if (killed_.contains(node)) continue;
      wait_until(node, {topic}, topic + " is there", [&](const ClusterDescription& cluster) {
        return cluster.topics.front().partitions.size() == partitions;
      });
    }
  }

  std::string fresh_name(const std::string& what) override {
    return what + "-" + std::to_string(wall_now().time_since_epoch().count()) + "-" +
           std::to_string(getpid()) + "-" + std::to_string(++names_);
  }

  std::unique_ptr<OtherMember> start_member(const OtherMemberSettings& settings) override {
    return start_member_process(settings_, settings);
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

  std::vector<NodeId> nodes() const override {
    std::vector<NodeId> all;
    for (NodeId node = 1; node <= node_count_; ++node) all.push_back(node);
    return all;
  }
  void restart_node(NodeId node) override { control("restart-node", node); }
  void kill_node(NodeId node) override {
    killed_.insert(node);
    control("kill-node", node);
  }
  void start_node(NodeId node) override {
    control("start-node", node);
    killed_.erase(node);
  }
  void stop_answering() override {
    for (const NodeId node : nodes()) {
      paused_.insert(node);
      control("pause", node);
    }
  }
  void answer_again() override {
    for (const NodeId node : std::exchange(paused_, {})) control("resume", node);
  }
  void heal() override {
    answer_again();
    for (const NodeId node : std::exchange(killed_, {})) start_node(node);
  }
  NodeId coordinator_of(const std::string& group) override;

  std::optional<std::size_t> resident_bytes() override {
    std::ifstream statm("/proc/self/statm");
    std::size_t total = 0;
    std::size_t resident = 0;
    statm >> total >> resident;
    return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  }

 private:
  static constexpr std::chrono::seconds kControlMax{30};

  // Lines of NAME=VALUE.
  void read_settings(const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      const std::size_t equals = line.find('=');
      if (equals != std::string::npos) settings_[line.substr(0, equals)] = line.substr(equals + 1);
    }
  }

  // The node's own address among the bootstrap servers, which are in the order of the nodes.
  std::string address_of(NodeId node) const {
    std::istringstream list(settings_.at("bootstrap.servers"));
    std::string address;
    for (NodeId i = 0; i < node; ++i) std::getline(list, address, ',');
    return address;
  }

  // Asks one node for a description of the cluster until it is as it should be.
  void wait_until(NodeId node, const std::vector<std::string>& topics, const std::string& what,
                  const std::function<bool(const ClusterDescription&)>& is_so) {
    const auto transport = make_transport({{"bootstrap.servers", address_of(node)}});
    const auto admin = transport->make_admin({});
    ASSERT_TRUE(admin) << admin.error().text();
    const TimePoint deadline = deadline_in(kControlMax);
    std::string last;
    do {
      const auto cluster = (*admin)->describe(topics, deadline_in(std::chrono::seconds(5)));
      if (cluster && is_so(*cluster)) return;
      last = cluster ? std::to_string(cluster->nodes.size()) + " nodes known, controller " +
                           std::to_string(cluster->controller)
                     : cluster.error().text();
      sleep_until(deadline_in(std::chrono::milliseconds(20)));
    } while (now() < deadline);
    FAIL() << "node " << node << " does not say that " << what << ": " << last;
  }

  // A node that came back must know of all others and of a controller before a test asks it
  // anything.
  void wait_until_ready(NodeId node) {
    wait_until(node, {}, "all are there", [this](const ClusterDescription& cluster) {
      return cluster.nodes.size() == nodes().size() && cluster.controller >= 0;
    });
  }

  void configure(rd_kafka_conf_t* conf) const {
    std::array<char, 512> text{};
    for (const auto& [name, value] : settings_) {
      EXPECT_EQ(rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text.data(), text.size()),
                RD_KAFKA_CONF_OK)
          << text.data();
    }
    rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t*, int, const char*, const char*) {});
  }

  void abort_a_transaction(const TopicPartition& partition) {
    std::array<char, 512> text{};
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    configure(conf);
    const std::string id = fresh_name("gap");
    rd_kafka_conf_set(conf, "transactional.id", id.c_str(), text.data(), text.size());
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

  void control(const std::string& order, NodeId node) {
    ASSERT_FALSE(control_.empty())
        << "ROOKERY_KAFKA_CTL is not set: it is the path of tools/kafka.sh";
    const std::string command = control_ + " " + order + " " + std::to_string(node);
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
  }

  const int node_count_;
  const std::string control_;
  ConfigMap settings_;  // of every client
  std::set<NodeId> paused_;
  std::set<NodeId> killed_;
  int names_ = 0;
};

// Asked of librdkafka itself: the seam has no word for it.
NodeId KafkaLeg::coordinator_of(const std::string& group) {
  std::array<char, 512> text{};
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  configure(conf);
  rd_kafka_t* client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text.data(), text.size());
  EXPECT_NE(client, nullptr) << text.data();
  if (client == nullptr) return -1;
  rd_kafka_queue_t* queue = rd_kafka_queue_new(client);
  const char* name = group.c_str();
  rd_kafka_DescribeConsumerGroups(client, &name, 1, nullptr, queue);
  NodeId coordinator = -1;
  constexpr int kTimeoutMs = 30'000;
  if (rd_kafka_event_t* event = rd_kafka_queue_poll(queue, kTimeoutMs); event != nullptr) {
    std::size_t count = 0;
    if (const auto* result = rd_kafka_event_DescribeConsumerGroups_result(event)) {
      const auto** groups = rd_kafka_DescribeConsumerGroups_result_groups(result, &count);
      const rd_kafka_Node_t* node =
          count == 1 ? rd_kafka_ConsumerGroupDescription_coordinator(groups[0]) : nullptr;
      if (node != nullptr) coordinator = rd_kafka_Node_id(node);
    }
    rd_kafka_event_destroy(event);
  }
  rd_kafka_queue_destroy(queue);
  rd_kafka_destroy(client);
  return coordinator;
}

}  // namespace

namespace {

// KIP-339 came with librdkafka 2.2.0.
std::map<std::string, std::string> kafka_skips() {
  if (rd_kafka_version() >= 0x020200ff) return {};
  return {{"SettingsOfATopicChangeOneByOne", "no-incremental-configs"}};
}

}  // namespace

LegFactory kafka_leg() {
  return {.name = "kafka",
          .make = [] { return std::make_unique<KafkaLeg>(1, Listener::kPlain); },
          .skips = kafka_skips()};
}

LegFactory kafka3_sasl_leg() {
  auto skips = kafka_skips();
  skips["APatternFindsTopicsThatComeLater"] = "topic-of-nobody";
  skips["ATopicThatAppearsLaterIsAssigned"] = "topic-of-nobody";
  return {.name = "kafka3_sasl",
          .make = [] { return std::make_unique<KafkaLeg>(3, Listener::kSasl); },
          .skips = std::move(skips)};
}

}  // namespace rookery::contract
