// totals.cc
//
// Keeps the records themselves and sums when asked: only so a record that comes twice counts once.

#include "examples/archive/totals.h"

#include <rookery/recovery/dead_letter.h>
#include <algorithm>

#include "examples/archive/index.h"

namespace archive {

using rookery::Bytes;
using rookery::ErrorCode;
using rookery::fail;
using rookery::Headers;
using rookery::Status;

Status Totals::take_index(Bytes key, Bytes value) {
  if (key.is_null()) return fail(ErrorCode::kCorruptMessage, "a record of the index has no key");
  const auto known = index_.find(key.view());
  if (value.is_null()) {
    if (known != index_.end()) index_.erase(known);
    return {};
  }
  if (const auto parsed = parse_index_value(value.view()); !parsed) {
    return fail(ErrorCode::kCorruptMessage, "index record '" + key.str() + "': " + parsed.error());
  }
  if (known != index_.end()) {
    known->second = value.view();
  } else {
    index_.emplace(key.view(), value.view());
  }
  return {};
}

Status Totals::take_rejected(Bytes value, const Headers& headers) {
  const auto source = rookery::read_dead_letter(headers);
  if (!source) return fail(source.error());
  if (source->error_class.empty()) {
    return fail(ErrorCode::kCorruptMessage, "a dead letter without an error class");
  }
  std::string identity = package_identity(value.view());
  // No package has a slash in its name, so this is no package's identity.
  if (identity.empty()) {
    identity = std::to_string(source->partition.partition) + "/" + std::to_string(source->offset);
  }
  rejected_.emplace(source->error_class, std::move(identity));
  return {};
}

void Totals::add(const Totals& other) {
  for (const auto& [key, value] : other.index_) index_[key] = value;
  rejected_.insert(other.rejected_.begin(), other.rejected_.end());
}

std::map<std::string, SectionTotals> Totals::sections() const {
  std::map<std::string, SectionTotals, std::less<>> sums;
  for (const auto& [key, value] : index_) {
    const IndexValue entry = *parse_index_value(value);
    auto found = sums.find(entry.section);
    if (found == sums.end()) found = sums.emplace(entry.section, SectionTotals()).first;
    ++found->second.packages;
    found->second.installed_size_kib += entry.installed_size_kib;
  }
  return {sums.begin(), sums.end()};
}

std::map<std::string, std::uint64_t> Totals::rejected() const {
  std::map<std::string, std::uint64_t> counts;
  for (const auto& [error_class, identity] : rejected_) ++counts[error_class];
  return counts;
}

std::vector<std::pair<std::string, std::uint64_t>> Totals::busiest_maintainers(
    std::size_t count) const {
  std::map<std::string, std::uint64_t, std::less<>> packages;
  for (const auto& [key, value] : index_) {
    const IndexValue entry = *parse_index_value(value);
    auto found = packages.find(entry.maintainer);
    if (found == packages.end()) found = packages.emplace(entry.maintainer, 0).first;
    ++found->second;
  }
  std::vector<std::pair<std::string, std::uint64_t>> all(packages.begin(), packages.end());
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  all.resize(std::min(count, all.size()));
  return all;
}

std::vector<std::string> differences(const Totals& expected, const Totals& actual,
                                     std::size_t count_max) {
  std::vector<std::string> lines;
  if (expected == actual) return lines;
  const auto compare = [&](const std::string& what, std::uint64_t wanted, std::uint64_t found) {
    if (wanted == found || lines.size() >= count_max) return;
    lines.push_back(what + ": " + std::to_string(found) + ", expected " + std::to_string(wanted));
  };
  compare("packages", expected.packages(), actual.packages());
  const auto compare_maps = [&](const auto& wanted, const auto& found, const auto& compare_one) {
    for (const auto& [name, value] : wanted) {
      const auto it = found.find(name);
      compare_one(name, value, it == found.end() ? decltype(value)() : it->second);
    }
    for (const auto& [name, value] : found) {
      if (!wanted.contains(name)) compare_one(name, {}, value);
    }
  };
  compare_maps(
      expected.sections(), actual.sections(),
      [&](const std::string& name, const SectionTotals& wanted, const SectionTotals& found) {
        compare("packages of section " + name, wanted.packages, found.packages);
        compare("KiB of section " + name, wanted.installed_size_kib, found.installed_size_kib);
      });
  compare_maps(expected.rejected(), actual.rejected(),
               [&](const std::string& name, std::uint64_t wanted, std::uint64_t found) {
                 compare("rejected as " + name, wanted, found);
               });
  if (lines.empty()) lines.push_back("same sums, but of different records");
  return lines;
}

}  // namespace archive
