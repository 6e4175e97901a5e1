// archive_plan.h
//
// The archive's workload for simulations: stanzas by number, and the totals they must lead to.
// Pure: the same number is the same record, on every machine.
//
//   const ArchivePlan plan;
//   PlannedRecord record = plan.record(draw.number());        // to archive.packages.v1
//   Totals expected = expected_totals(values of all that were acknowledged);
//   differences(expected, totals of the output topics)        // none
//
// Thread rules: an ArchivePlan does not change once made.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "examples/archive/totals.h"

namespace archive {

// As `archive feed` sends it.
struct PlannedRecord {
  std::string key;      // source package
  std::string value;    // the stanza
  std::string section;  // header "section"
};

class ArchivePlan {
 public:
  ArchivePlan();

  // The stanzas of the sample under kVariants names each: some without Installed-Size, some over
  // 64 KiB, the rest good. Two numbers of one package give the same record byte for byte.
  PlannedRecord record(std::uint64_t number) const;

  // Numbers below this are of different packages; it is the period, too.
  std::uint64_t packages() const { return stanzas_.size() * kVariants; }

  static constexpr std::uint64_t kVariants = 32;

 private:
  std::vector<std::string> stanzas_;
};

// What the output topics must sum to when these stanzas were fed, in whatever order and however
// often.
Totals expected_totals(const std::vector<std::string>& stanzas);

}  // namespace archive
