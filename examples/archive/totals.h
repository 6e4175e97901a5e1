// totals.h
//
// The sums of the archive, made from records of its index and its dead letters. A record written
// twice, as at-least-once may do, counts once: the index by its key, rejections by the package they
// are of.
//
//   Totals totals;
//   if (Status taken = totals.take_index(record.key(), record.value()); !taken) ...
//   totals.take_rejected(record.value(), record.headers());
//   totals.sections().at("libs").packages
//
// Thread rules: one thread.

#pragma once

#include <rookery/base/bytes.h>
#include <rookery/base/headers.h>
#include <rookery/base/result.h>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace archive {

struct SectionTotals {
  std::uint64_t packages = 0;
  std::uint64_t installed_size_kib = 0;

  friend bool operator==(const SectionTotals&, const SectionTotals&) = default;
};

class Totals {
 public:
  // A record of archive.index.v1, in the order of its partition: a later one replaces an earlier
  // one of its key, one without a value (a tombstone) removes it. Error: it is no such record.
  rookery::Status take_index(rookery::Bytes key, rookery::Bytes value);

  // A dead letter. Error: it is none.
  rookery::Status take_rejected(rookery::Bytes value, const rookery::Headers& headers);

  // All that the other holds, too; of the index its values win.
  void add(const Totals& other);

  std::uint64_t packages() const { return index_.size(); }
  std::map<std::string, SectionTotals> sections() const;
  // Rejected stanzas by error class.
  std::map<std::string, std::uint64_t> rejected() const;
  // Those with the most packages and how many, busiest first, then by name.
  std::vector<std::pair<std::string, std::uint64_t>> busiest_maintainers(std::size_t count) const;

  friend bool operator==(const Totals&, const Totals&) = default;

 private:
  std::map<std::string, std::string, std::less<>> index_;   // key to value
  std::set<std::pair<std::string, std::string>> rejected_;  // error class, identity
};

// What is in one and not in the other, at most `count_max` lines; none: they are equal.
std::vector<std::string> differences(const Totals& expected, const Totals& actual,
                                     std::size_t count_max = 20);

}  // namespace archive
