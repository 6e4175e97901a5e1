// outages.h
//
// Which trouble of one client with its brokers was told already. librdkafka tells of it at every
// try to connect: several times a second and client, for as long as it lasts. Told is, of each
// broker, each kind of trouble once; and once that it is over, when the broker answers a request.
//
// A connection alone is not the end: a broker that wants to know who we are accepts it, and ends it
// at the first request. Nor are answers that come before: to ApiVersions, and to SASL's requests.
//
// Thread rules: none of its own; the caller's lock.
#pragma once

#include <rookery/base/result.h>
#include <rookery/runtime/time_types.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace rookery::librdkafka {

class Outages {
 public:
  // Whether `error` is to be told; `text` is librdkafka's, which begins with the broker's name.
  // is_all: librdkafka says that all brokers are down, so many addresses it knows. That is news
  // where there are several, or where nothing else was told.
  bool is_news(std::string_view text, ErrorCode code, TimePoint time);
  bool is_news_that_all_are_down(std::size_t addresses, TimePoint time);

  // A broker, by librdkafka's name of it, has answered a request of the kind.
  void note_answer(std::string_view broker, std::int16_t api, TimePoint time);

  // What has ended since the last call: "127.0.0.1:9092 answers again, after 12s".
  std::vector<std::string> take_ended();

 private:
  struct Outage {
    TimePoint since;
    std::set<ErrorCode> told;
  };
  bool add(const std::string& address, ErrorCode code, TimePoint time);

  std::map<std::string, Outage> by_address_;  // "": all of them
  std::vector<std::string> ended_;
};

// "127.0.0.1:9092" of "sasl_plaintext://127.0.0.1:9092/1: Disconnected" and of "GroupCoordinator:
// 127.0.0.1:9092"; "" when there is none.
std::string address_in(std::string_view name);

}  // namespace rookery::librdkafka
