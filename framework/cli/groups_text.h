// groups_text.h
//
// What the groups command found or did, as text and as JSON.
#pragma once

#include <rookery/admin/group_lags.h>
#include <rookery/admin/group_moves.h>
#include <rookery/transport/group_admin.h>

#include <string>
#include <utility>
#include <vector>

namespace rookery {

// Tables fit so many columns; 0: no limit.
std::string listings_text(const std::vector<GroupListing>& groups, std::size_t width);
std::string listings_json(const std::vector<GroupListing>& groups);

std::string descriptions_text(const std::vector<ConsumerGroupDescription>& groups,
                              std::size_t width);
std::string descriptions_json(const std::vector<ConsumerGroupDescription>& groups);

std::string lags_text(const std::vector<GroupLag>& groups, std::size_t width);
std::string lags_json(const std::vector<GroupLag>& groups);

struct MovesReport {
  std::string action;  // "seek", "copy", "rename"
  bool is_dry = false;
  std::string group;      // whose offsets change
  std::string from = {};  // copy, rename: whose they were
  GroupCopy copy = {};    // seek: its moves alone
};
std::string moves_text(const MovesReport& report);
std::string moves_json(const MovesReport& report);

struct DeletionsReport {
  bool is_dry = false;
  std::vector<std::pair<std::string, Status>> groups;
};
// Those that were deleted; errors are told elsewhere.
std::string deletions_text(const DeletionsReport& report);
std::string deletions_json(const DeletionsReport& report);

}  // namespace rookery
