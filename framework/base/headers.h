// headers.h
//
// A record's headers: an ordered list of name and value; names may repeat, a value may be null
// (KIP-82).
#pragma once

#include <rookery/base/bytes.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rookery {

// A view of one header. Valid as long as what it was read from.
struct Header {
  std::string_view name;
  Bytes value;

  friend bool operator==(const Header&, const Header&) = default;
};

// Owns its names and values. Order and duplicates are kept.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<std::pair<std::string, OwnedBytes>> headers) : all_(headers) {}

  void add(std::string name, OwnedBytes value) {
    all_.emplace_back(std::move(name), std::move(value));
  }
  bool empty() const { return all_.empty(); }
  std::size_t size() const { return all_.size(); }
  auto begin() const { return all_.begin(); }
  auto end() const { return all_.end(); }

  // The last header of that name, as Kafka's Headers.lastHeader; null bytes when there is none (see
  // contains).
  Bytes last(std::string_view name) const {
    for (auto it = all_.rbegin(); it != all_.rend(); ++it) {
      if (it->first == name) return it->second;
    }
    return {};
  }
  bool contains(std::string_view name) const {
    for (const auto& header : all_) {
      if (header.first == name) return true;
    }
    return false;
  }

  friend bool operator==(const Headers&, const Headers&) = default;

 private:
  std::vector<std::pair<std::string, OwnedBytes>> all_;
};

}  // namespace rookery
