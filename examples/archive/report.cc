// report.cc
//
// Integers only, so that the same totals are the same text on every machine.

#include "examples/archive/report.h"

#include <rookery/reading/topic_reader.h>
#include <algorithm>
#include <array>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

namespace archive {

using rookery::fail;
using rookery::Result;
using rookery::Status;

namespace {

constexpr std::size_t kMaintainersShown = 10;

// 63540 -> "63,540"
std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) {
    at -= 3;
    text.insert(at, 1, ',');
  }
  return text;
}

// 3218736 -> "3.1 GiB"
std::string size_text(std::uint64_t kib) {
  constexpr std::array<std::string_view, 4> kUnits = {"KiB", "MiB", "GiB", "TiB"};
  std::uint64_t unit_kib = 1;
  std::size_t unit = 0;
  while (kib / unit_kib >= 1024 && unit + 1 < kUnits.size()) {
    unit_kib *= 1024;
    ++unit;
  }
  std::string text = grouped(kib / unit_kib);
  if (unit > 0) text.append(1, '.').append(std::to_string(kib % unit_kib * 10 / unit_kib));
  return text + " " + std::string(kUnits[unit]);
}

// How many characters a terminal shows, for UTF-8: bytes that begin one.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

// Columns as wide as their widest cell; the first to the left, the others to the right.
std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], width_of(row[i]));
    }
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string blanks(widths[i] - width_of(row[i]), ' ');
      if (i == 0) {
        line.append(row[i]).append(blanks);
      } else {
        line.append("   ").append(blanks).append(row[i]);
      }
    }
    text.append("  ").append(line, 0, line.find_last_not_of(' ') + 1).append("\n");
  }
  return text;
}

}  // namespace

Result<Report> read_report(rookery::Transport& transport, const ArchiveNames& names,
                           rookery::Duration patience) {
  Report report;
  const auto take = [&](const rookery::Record& record) -> Status {
    Status taken = record.topic() == names.index
                       ? report.totals.take_index(record.key(), record.value())
                       : report.totals.take_rejected(record.value(), record.headers());
    if (taken) return taken;
    rookery::Error error = taken.error();
    error.message = record.topic_partition().text() + " at offset " +
                    std::to_string(record.offset()) + ": " + error.message;
    return fail(std::move(error));
  };
  const auto read = rookery::read_to_end(
      transport, {names.index, names.packages_dlq, names.oversized_dlq},
      {.config = {{"client.id", "archive-report"}, {"group.id", "archive-report"}},
       .patience = patience},
      take);
  if (!read) return fail(read.error());
  if (read->oldest) {
    report.records_per_second = rate_of(read->records, *read->newest - *read->oldest);
  }
  return report;
}

std::uint64_t rate_of(std::uint64_t records, rookery::Duration elapsed) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count();
  return records * 1000 / static_cast<std::uint64_t>(std::max<std::int64_t>(1, milliseconds));
}

std::string text_of(const Report& report) {
  const auto sections = report.totals.sections();
  std::uint64_t kib = 0;
  std::vector<std::vector<std::string>> rows = {{"section", "packages", "installed size"}};
  for (const auto& [name, totals] : sections) {
    kib += totals.installed_size_kib;
    rows.push_back({name, grouped(totals.packages), size_text(totals.installed_size_kib)});
  }
  rows.push_back({"all", grouped(report.totals.packages()), size_text(kib)});
  std::string text = "Packages by section\n\n" + table(rows);

  rows = {{"maintainer", "packages"}};
  for (const auto& [name, packages] : report.totals.busiest_maintainers(kMaintainersShown)) {
    rows.push_back({name, grouped(packages)});
  }
  text += "\nThe busiest maintainers\n\n" + table(rows);

  rows = {{"error", "stanzas"}};
  for (const auto& [error_class, count] : report.totals.rejected()) {
    rows.push_back({error_class, grouped(count)});
  }
  text += "\nRejected stanzas\n\n" + (rows.size() > 1 ? table(rows) : "  none\n");
  return text + "\n" + grouped(report.totals.packages()) + " packages, " +
         grouped(report.records_per_second) + " records per second\n";
}

std::string json_of(const Report& report) {
  nlohmann::ordered_json object;
  object["packages"] = report.totals.packages();
  object["sections"] = nlohmann::ordered_json::object();
  for (const auto& [name, totals] : report.totals.sections()) {
    object["sections"][name] = {{"packages", totals.packages},
                                {"installed_size_kib", totals.installed_size_kib}};
  }
  object["rejected"] = nlohmann::ordered_json::object();
  for (const auto& [error_class, count] : report.totals.rejected()) {
    object["rejected"][error_class] = count;
  }
  object["records_per_second"] = report.records_per_second;
  // A section that is no UTF-8 must not cost the whole report.
  return object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace archive
