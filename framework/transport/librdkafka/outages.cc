// outages.cc
//
// Brokers are known by their address: librdkafka has several names for one of them, one for each
// part that it plays.
#include <rookery/transport/librdkafka/outages.h>

#include <rookery/base/duration.h>

#include <chrono>
#include <utility>

namespace rookery::librdkafka {
namespace {

// Addresses come and go with clusters that move. Beyond this all are forgotten, so that those that
// are still in trouble are told again.
constexpr std::size_t kAddressesRemembered = 256;

// Kafka's numbers of requests that are answered before the broker knows who asks.
bool proves_nothing(std::int16_t api) {
  constexpr std::int16_t kSaslHandshake = 17;
  constexpr std::int16_t kApiVersions = 18;
  constexpr std::int16_t kSaslAuthenticate = 36;
  return api == kSaslHandshake || api == kApiVersions || api == kSaslAuthenticate;
}

}  // namespace

std::string address_in(std::string_view name) {
  constexpr std::string_view kPart = "GroupCoordinator: ";
  if (name.starts_with(kPart)) name.remove_prefix(kPart.size());
  name = name.substr(0, name.find(": "));
  if (const auto scheme = name.find("://"); scheme != std::string_view::npos) {
    name.remove_prefix(scheme + 3);
  }
  name = name.substr(0, name.find('/'));
  // A port at least.
  const bool is_address = name.find(':') != std::string_view::npos &&
                          name.find_first_of(" \t") == std::string_view::npos;
  return is_address ? std::string(name) : "";
}

bool Outages::add(const std::string& address, ErrorCode code, TimePoint time) {
  if (by_address_.size() >= kAddressesRemembered) by_address_.clear();
  return by_address_.try_emplace(address, Outage{.since = time, .told = {}})
      .first->second.told.insert(code)
      .second;
}

bool Outages::is_news(std::string_view text, ErrorCode code, TimePoint time) {
  return add(address_in(text), code, time);
}

bool Outages::is_news_that_all_are_down(std::size_t addresses, TimePoint time) {
  if (addresses <= 1 && !by_address_.empty()) return false;
  return add("", ErrorCode::kTransport, time);
}

void Outages::note_answer(std::string_view broker, std::int16_t api, TimePoint time) {
  if (by_address_.empty() || proves_nothing(api)) return;
  const std::string address = address_in(broker);
  // Whatever was told of all of them is over with the first.
  auto outage = by_address_.find(address);
  const auto all = by_address_.find("");
  if (outage == by_address_.end()) outage = all;
  if (outage == by_address_.end()) return;
  const auto lasted = std::chrono::round<std::chrono::milliseconds>(time - outage->second.since);
  ended_.push_back((address.empty() ? "a broker" : address) + " answers again, after " +
                   format_duration(lasted));
  if (all != by_address_.end() && all != outage) by_address_.erase(all);
  by_address_.erase(outage);
}

std::vector<std::string> Outages::take_ended() { return std::exchange(ended_, {}); }

}  // namespace rookery::librdkafka
