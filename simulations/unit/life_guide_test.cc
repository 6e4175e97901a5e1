// life_guide_test.cc
//
// The code of docs/consumer-life.md, and that it does what it says there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/rookery.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "simulations/unit/consumer_unit.h"

namespace guide {
namespace {

using namespace std::chrono_literals;
namespace rk = rookery;
using rookery::testing::consumer_for;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A database, as far as the guide needs one.
struct Database {
  std::vector<std::string> rows;
  std::vector<std::string> open;
  bool is_down = false;
};

class Transaction {
 public:
  explicit Transaction(Database& database) : database_(database) {
    if (database_.is_down) throw std::runtime_error("no connection");
  }
  ~Transaction() { database_.open.clear(); }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit() {
    database_.rows.insert(database_.rows.end(), database_.open.begin(), database_.open.end());
    database_.open.clear();
  }

 private:
  Database& database_;
};

class Ledger : public rk::Consumer {
 public:
  explicit Ledger(Database* database) : database_(*database) {}

 private:
  void wrap(rk::ConsumeAction& action) override {
    Transaction transaction(database_);
    action();  // throws what consume throws: nothing is committed
    transaction.commit();
  }
  void consume(const rk::Record& booking) override {
    database_.open.push_back(booking.value().str());
    if (booking.value().empty()) throw std::runtime_error("a booking without amount");
  }

  Database& database_;
};

TEST(LifeGuide, AWrapCommitsWithItsRecord) {
  Database database;
  auto ledger = consumer_for<Ledger>("bookings.v1", {}, &database);
  ledger.produce({.value = "10"}).run();
  EXPECT_THAT(database.rows, ElementsAre("10"));
  ledger.produce({.value = ""}).run();
  EXPECT_THAT(database.rows, ElementsAre("10"));
  EXPECT_THAT(database.open, IsEmpty());
  EXPECT_EQ(ledger.errors().front().error_type, "consume");
}

TEST(LifeGuide, AWrapThatFailsIsToldAsSuch) {
  Database database;
  database.is_down = true;
  auto ledger = consumer_for<Ledger>("bookings.v1", {}, &database);
  ledger.produce({.value = "10"}).run();
  EXPECT_EQ(ledger.errors().front().error_type, "wrap");
  database.is_down = false;
  ledger.advance(2s);
  EXPECT_THAT(database.rows, ElementsAre("10"));
  EXPECT_EQ(ledger.marked(), 1);
}

struct Prices {
  std::map<std::string, std::string> by_item;
  bool are_complete = false;
};

// Reads a compacted topic into memory, and says when it has all of it.
class PriceTable : public rk::Consumer {
 public:
  explicit PriceTable(Prices* prices) : prices_(*prices) {}

 private:
  void consume(const rk::Record& price) override {
    prices_.by_item[price.key().str()] = price.value().str();
  }
  void eofed() override { prices_.are_complete = true; }
  void revoked() override { prices_.are_complete = false; }

  Prices& prices_;
};

TEST(LifeGuide, ATableIsCompleteAtTheEnd) {
  Prices prices;
  auto table = consumer_for<PriceTable>("prices.v1", {}, &prices);
  table.produce({.key = "tea", .value = "3"}).produce({.key = "cup", .value = "9"}).run();
  EXPECT_TRUE(prices.are_complete);
  EXPECT_EQ(prices.by_item.size(), 2U);
  table.revoke();
  EXPECT_FALSE(prices.are_complete);
}

// Writes lines together: a hundred, or what there is when it gets quiet. They are marked when they
// are written (the route says .marking = rk::Marking::kManual); until then they stay valid.
class Pages : public rk::Consumer {
 public:
  explicit Pages(std::vector<std::size_t>* written) : written_(*written) {}

 private:
  void consume(const rk::Record& line) override {
    lines_.push_back(&line);
    if (lines_.size() == 100) write();
  }
  void tick() override { write(); }
  void revoked() override { write(); }
  void shutdown() override { write(); }
  void write() {
    if (lines_.empty()) return;
    written_.push_back(lines_.size());
    mark(*lines_.back());
    lines_.clear();
  }

  std::vector<std::size_t>& written_;
  std::vector<const rk::Record*> lines_;
};

TEST(LifeGuide, ATickWritesWhatThereIsWhenItGetsQuiet) {
  std::vector<std::size_t> written;
  auto pages = consumer_for<Pages>(
      "lines.v1", {.tick_interval = 5s, .marking = rk::Marking::kManual}, &written);
  for (int i = 0; i < 103; ++i) pages.produce({.value = "line"});
  pages.run();
  EXPECT_THAT(written, ElementsAre(100));
  EXPECT_EQ(pages.marked(), 100);
  pages.advance(5s);
  EXPECT_THAT(written, ElementsAre(100, 3));
  EXPECT_EQ(pages.marked(), 103);
  pages.produce({.value = "line"}).run();
  pages.revoke();
  EXPECT_THAT(written, ElementsAre(100, 3, 1));
  EXPECT_EQ(pages.committed(), 104);
}

class Quotes : public rk::Consumer {
 public:
  int told = 0;

 private:
  void consume(const rk::Record&) override {
    if (consumption_lag() > 10s) return;  // nobody wants to know any more
    ++told;
  }
};

TEST(LifeGuide, AnOldQuoteIsNotTold) {
  auto quotes = consumer_for<Quotes>("quotes.v1");
  constexpr std::int64_t kYear2026 = 1'767'225'600'000;
  quotes.produce({.value = "old", .timestamp_ms = kYear2026 - 11'000});
  quotes.produce({.value = "new"}).run();
  EXPECT_EQ(quotes.consumer()->told, 1);
}

}  // namespace
}  // namespace guide
