// archive_plan.cc
//
// A variant has another package and source name; everything else is the sample's.

#include "examples/archive/archive_plan.h"

#include <rookery/base/headers.h>
#include <rookery/recovery/dead_letter.h>
#include <algorithm>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "examples/archive/archive_app.h"
#include "examples/archive/index.h"
#include "examples/archive/input.h"
#include "examples/archive/stanza.h"
#include "examples/archive/stanza_reader.h"

namespace archive {
namespace {

std::vector<std::string> stanzas_of(std::string_view text) {
  StanzaReader reader([&](char* into, std::size_t size) {
    const std::size_t taken = std::min(size, text.size());
    std::memcpy(into, text.data(), taken);
    text.remove_prefix(taken);
    return taken;
  });
  std::vector<std::string> stanzas;
  for (;;) {
    const auto next = reader.next();
    if (!next) throw std::logic_error("the sample: " + next.error().message);
    if (!*next) return stanzas;
    stanzas.emplace_back((*next)->text);
  }
}

// Puts the suffix behind the names of the package and of its source.
std::string renamed(const std::string& stanza, const std::string& suffix) {
  const Stanza fields = *parse_stanza(stanza);
  const auto end_of = [&](std::string_view field) {
    return static_cast<std::size_t>(field.data() - stanza.data()) + field.size();
  };
  std::vector<std::size_t> places = {end_of(fields.package), end_of(fields.source)};
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  std::string text = stanza;
  for (auto place = places.rbegin(); place != places.rend(); ++place) text.insert(*place, suffix);
  return text;
}

}  // namespace

ArchivePlan::ArchivePlan() : stanzas_(stanzas_of(sample())) {}

PlannedRecord ArchivePlan::record(std::uint64_t number) const {
  const std::string& stanza = stanzas_[number % stanzas_.size()];
  const std::uint64_t variant = number / stanzas_.size() % kVariants;
  PlannedRecord record;
  record.value = variant == 0 ? stanza : renamed(stanza, "-v" + std::to_string(variant));
  const Stanza fields = *parse_stanza(record.value);
  record.key = fields.source;
  record.section = fields.section;
  return record;
}

Totals expected_totals(const std::vector<std::string>& stanzas) {
  Totals totals;
  for (const std::string& stanza : stanzas) {
    rookery::Status taken;
    if (const auto entry = index_record(stanza)) {
      taken = totals.take_index(entry->key, entry->value);
    } else {
      // Where it is matters only for one that names no package; the sample has none.
      const rookery::DeadLetterSource source{.partition = {ArchiveNames().packages, 0},
                                             .offset = 0,
                                             .error_class = entry.error().error_class};
      taken = totals.take_rejected(stanza, rookery::dead_letter_headers({}, source));
    }
    if (!taken) throw std::logic_error("expected totals: " + taken.error().text());
  }
  return totals;
}

}  // namespace archive
