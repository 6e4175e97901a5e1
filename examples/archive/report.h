// report.h
//
// What the archive holds, as its output topics tell it, in words or as JSON.

#pragma once

#include <rookery/base/result.h>
#include <rookery/transport/transport.h>
#include <cstdint>
#include <string>

#include "examples/archive/archive_app.h"
#include "examples/archive/totals.h"

namespace archive {

struct Report {
  Totals totals;
  std::uint64_t records_per_second = 0;
};

// Reads the output topics from beginning to end. The rate is that at which their records were
// written: their number by the time between the first and the last. Errors: a topic is missing, no
// broker answers for `patience`, a record is none of the archive's.
rookery::Result<Report> read_report(rookery::Transport& transport, const ArchiveNames& names,
                                    rookery::Duration patience);

// `records` within `elapsed`, a second at a time; an instant counts as a millisecond.
std::uint64_t rate_of(std::uint64_t records, rookery::Duration elapsed);

// Tables for people: sections, the ten busiest maintainers, rejected stanzas. Ends with a newline.
std::string text_of(const Report& report);

// One object: packages, sections {name: {packages, installed_size_kib}}, rejected {class: count},
// records_per_second. Ends with a newline.
std::string json_of(const Report& report);

}  // namespace archive
