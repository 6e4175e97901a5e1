// bytes.h
//
// Keys and payloads: bytes that may be absent. Kafka tells null (a tombstone, "no key") from empty;
// so do these types.
//
//   Bytes key = record.key();
//   if (key.is_null()) ...            // no key
//   if (key.empty()) ...              // no key, or a key of no bytes
//   std::string_view text = key.view();
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace rookery {

// A view; the memory is someone else's (see who gave it). Null and empty differ, and compare
// unequal.
class Bytes {
 public:
  constexpr Bytes() = default;        // null
  constexpr Bytes(std::nullptr_t) {}  // null
  constexpr Bytes(std::nullopt_t) {}  // null
  constexpr Bytes(std::string_view text)
      : data_(text.data() ? text.data() : ""), size_(text.size()) {}
  Bytes(const std::string& text) : Bytes(std::string_view(text)) {}
  constexpr Bytes(const char* text) : Bytes(std::string_view(text)) {}
  constexpr Bytes(const char* data, std::size_t size) : data_(data), size_(size) {}

  constexpr bool is_null() const { return data_ == nullptr; }
  constexpr bool empty() const { return size_ == 0; }  // true for null as well
  constexpr std::size_t size() const { return size_; }
  constexpr const char* data() const { return data_; }  // null when null
  constexpr std::string_view view() const { return {data_ ? data_ : "", size_}; }
  std::string str() const { return std::string(view()); }

  friend constexpr bool operator==(Bytes a, Bytes b) {
    return a.is_null() == b.is_null() && a.view() == b.view();
  }

 private:
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

// The owning counterpart.
class OwnedBytes {
 public:
  OwnedBytes() = default;  // null
  OwnedBytes(std::nullptr_t) {}
  OwnedBytes(std::nullopt_t) {}
  OwnedBytes(Bytes bytes) {
    if (!bytes.is_null()) value_.emplace(bytes.view());
  }
  OwnedBytes(std::string text) : value_(std::move(text)) {}
  OwnedBytes(std::string_view text) : value_(std::string(text)) {}
  OwnedBytes(const char* text) : value_(std::string(text)) {}

  bool is_null() const { return !value_.has_value(); }
  bool empty() const { return !value_ || value_->empty(); }
  std::size_t size() const { return value_ ? value_->size() : 0; }
  std::string_view view() const { return value_ ? std::string_view(*value_) : std::string_view(); }
  operator Bytes() const { return value_ ? Bytes(std::string_view(*value_)) : Bytes(); }

  friend bool operator==(const OwnedBytes&, const OwnedBytes&) = default;
  friend auto operator<=>(const OwnedBytes&, const OwnedBytes&) = default;

 private:
  std::optional<std::string> value_;
};

}  // namespace rookery
