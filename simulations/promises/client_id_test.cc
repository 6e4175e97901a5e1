// client_id_test.cc
//
// The promise: a connection's text begins with its client_id, equal to the one on the wire, in
// every state (coordination.md, network rules; semantics.md, section 11).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/runtime/time.h>

#include <chrono>
#include <memory>
#include <set>
#include <string>

#include "simulations/promises/effective_config.h"
#include "simulations/properties/group_world.h"

namespace rookery {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr int kNodes = 3;

// "orders" of "<client_id=orders node_id=...>"
std::string id_in(const std::string& text) {
  constexpr std::string_view kBegin = "<client_id=";
  if (!text.starts_with(kBegin)) return "not first in " + text;
  return text.substr(kBegin.size(), text.find_first_of(" >") - kBegin.size());
}

// What stood in the headers of all requests that reached a node since it was last asked.
class Wire {
 public:
  explicit Wire(mock::GroupWorld& world) : world_(world) {}
  std::set<std::string> ids() {
    const auto all = world_.seen();
    std::set<std::string> ids;
    for (; read_ < all.size(); ++read_) ids.insert(all[read_].client_id);
    return ids;
  }

 private:
  mock::GroupWorld& world_;
  std::size_t read_ = 0;
};

void stop_all(mock::GroupWorld& world) {
  for (NodeId node = 0; node < kNodes; ++node) ASSERT_TRUE(world.kafka().stop_node(node));
}

TEST(ClientId, OfAConsumerIsThatOnTheWireInEveryState) {
  mock::over_seeds(5, [](mock::GroupWorld& world) {
    Wire wire(world);
    mock::TestConsumer& member = world.join({{"client.id", "orders-7"}});
    const auto text = [&] { return member.client().text(); };
    EXPECT_EQ(id_in(text()), "orders-7");
    EXPECT_THAT(text(), EndsWith(" state=new>"));
    EXPECT_THAT(wire.ids(), IsEmpty());

    ASSERT_TRUE(world.poll_until([&] { return world.is_settled(); }));
    EXPECT_EQ(id_in(text()), "orders-7");
    EXPECT_THAT(text(), EndsWith(" state=connected>"));
    EXPECT_THAT(wire.ids(), ElementsAre(id_in(text())));

    stop_all(world);
    ASSERT_TRUE(world.poll_until([&] { return text().ends_with(" state=disconnected>"); }));
    EXPECT_EQ(id_in(text()), "orders-7");
    wire.ids();
    for (NodeId node = 0; node < kNodes; ++node) ASSERT_TRUE(world.kafka().start_node(node));
    ASSERT_TRUE(world.poll_until(
        [&] { return text().ends_with(" state=connected>") && world.is_settled(); }));
    EXPECT_THAT(wire.ids(), ElementsAre(id_in(text())));

    member.close();
    EXPECT_EQ(id_in(text()), "orders-7");
    EXPECT_THAT(text(), EndsWith(" state=disconnected>"));
    member.forget_assignments();
  });
}

TEST(ClientId, OfAProducerIsThatOnTheWireInEveryState) {
  mock::over_seeds(5, [](mock::GroupWorld& world) {
    Wire wire(world);
    mock::TestProducer producer(world.kafka().transport(), {{"client.id", "feeder-7"}});
    const auto text = [&] { return producer.client().text(); };
    EXPECT_EQ(id_in(text()), "feeder-7");
    EXPECT_THAT(text(), EndsWith(" state=new>"));
    EXPECT_THAT(wire.ids(), IsEmpty());

    for (PartitionId partition = 0; partition < world.partitions(); ++partition) {
      producer.send(world.topic(), "k", "v", partition);
    }
    producer.flush();
    EXPECT_EQ(id_in(text()), "feeder-7");
    EXPECT_THAT(text(), EndsWith(" state=connected>"));
    EXPECT_THAT(wire.ids(), ElementsAre(id_in(text())));

    stop_all(world);
    for (PartitionId partition = 0; partition < world.partitions(); ++partition) {
      producer.send(world.topic(), "k", "v", partition);
    }
    sleep_until(deadline_in(20s));
    EXPECT_EQ(id_in(text()), "feeder-7");
    EXPECT_THAT(text(), EndsWith(" state=disconnected>"));

    static_cast<void>(producer.client().close(deadline_in(1s)));
    EXPECT_EQ(id_in(text()), "feeder-7");
  });
}

TEST(ClientId, OfBothClientsOfLibrdkafkaIsTheirEffectiveSetting) {
  const EffectiveConfig consumer = effective_config_of_consumer({{"client.id", "orders-7"}});
  EXPECT_EQ(consumer["client.id"], "orders-7");
  EXPECT_EQ(id_in(consumer.text), consumer["client.id"]);
  const EffectiveConfig producer = effective_config_of_producer({{"client.id", "feeder-7"}});
  EXPECT_EQ(producer["client.id"], "feeder-7");
  EXPECT_EQ(id_in(producer.text), producer["client.id"]);
  // Nobody chose one.
  const EffectiveConfig plain = effective_config_of_producer({});
  EXPECT_EQ(plain["client.id"], "rookery");
  EXPECT_EQ(id_in(plain.text), plain["client.id"]);
}

}  // namespace
}  // namespace rookery
