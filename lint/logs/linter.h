// linter.h
//
// Warnings and errors of brokers' logs that nobody has explained. One finding for each shape of
// message, whatever its numbers and in however many files, with its count, first and last place.
//
//   LogLinter linter(std::move(allow_list), today);
//   linter.read("node-1/server.log", stream);
//   linter.findings(/*is_complete=*/true)
#pragma once

#include <chrono>
#include <cstddef>
#include <iosfwd>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "lint/finding.h"
#include "lint/logs/allow_list.h"
#include "lint/logs/log_entry.h"
#include "lint/report.h"

namespace rookery::lint {

const std::vector<Rule>& log_rules();

class LogLinter {
 public:
  LogLinter(AllowList allow_list, std::chrono::year_month_day today)
      : allow_list_(std::move(allow_list)), today_(today) {}

  struct Read {
    std::size_t lines = 0;
    std::size_t entries = 0;
  };
  // A stream in which lines are no entries is no log: the caller refuses it.
  Read read(const std::string& file, std::istream& stream);

  // In the order in which each was first seen, then what is wrong with the allow-list.
  // `is_complete`: all logs were read, so that an entry of the list which explained nothing is
  // unused.
  Findings findings(bool is_complete) const;

 private:
  // All entries of one shape; of the first all is kept, of the others their places.
  struct Group {
    LogEntry first;
    std::size_t count = 0;
    std::set<std::string> files;
    std::string last_file;
    int last_line = 0;
  };

  static Finding finding_of(const Group& group);

  AllowList allow_list_;
  std::chrono::year_month_day today_;
  std::vector<Group> groups_;
  std::map<std::string, std::size_t> group_of_shape_;
};

}  // namespace rookery::lint
