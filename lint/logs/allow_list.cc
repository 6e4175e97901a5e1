// allow_list.cc
//
// Expressions are RE2's: no pattern of a user's can take more than linear time.

#include "lint/logs/allow_list.h"

#include <re2/re2.h>

#include <utility>

#include "lint/entries.h"
#include "lint/printable.h"
#include "lint/text.h"

namespace rookery::lint {

struct AllowList::Allowed {
  std::string file;
  int line = 0;
  std::unique_ptr<re2::RE2> pattern;
  std::chrono::year_month_day until;
  bool may_be_unused = false;
  std::size_t uses = 0;
};

namespace {

std::string times(std::size_t count) {
  return count == 1 ? "one entry" : std::to_string(count) + " entries";
}

std::unique_ptr<re2::RE2> compiled(const std::string& pattern) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  return std::make_unique<re2::RE2>(pattern, options);
}

}  // namespace

AllowList::AllowList() = default;
AllowList::~AllowList() = default;
AllowList::AllowList(AllowList&&) noexcept = default;
AllowList& AllowList::operator=(AllowList&&) noexcept = default;

void AllowList::read(const std::string& file, std::string_view text,
                     std::vector<std::string>& mistakes) {
  const std::vector<EntryKey> keys{
      {"pattern"}, {"reason"}, {"until"}, {"sometimes", /*is_required=*/false}};
  for (const Entry& entry : read_entries(file, text, keys, mistakes)) {
    const auto mistake = [&](const std::string& message) {
      mistakes.push_back(file + ":" + std::to_string(entry.line) + ": " + message);
    };
    Allowed allowed{.file = file, .line = entry.line, .pattern = {}, .until = {}};
    const std::string pattern = entry.value_of("pattern");
    allowed.pattern = compiled(pattern);
    if (!allowed.pattern->ok()) {
      mistake("the pattern " + in_quotes(pattern) + " is no RE2: " + allowed.pattern->error());
    } else if (!pattern.empty() && allowed.pattern->Match("", 0, 0, re2::RE2::UNANCHORED, {}, 0)) {
      mistake("the pattern " + in_quotes(pattern) + " is in every text, and would hide all");
    }
    const std::string until = entry.value_of("until");
    const auto date = date_of(until);
    if (!until.empty() && !date) mistake("until " + in_quotes(until) + ": a day is 2027-01-31");
    allowed.until = date.value_or(std::chrono::year_month_day{});
    const std::string sometimes = entry.value_of("sometimes");
    if (!sometimes.empty() && sometimes != "yes") mistake("'sometimes' is yes, or is left out");
    allowed.may_be_unused = sometimes == "yes";
    allowed_.push_back(std::move(allowed));
  }
}

bool AllowList::explains(const std::string& text, std::chrono::year_month_day today) {
  bool is_explained = false;
  for (Allowed& allowed : allowed_) {
    if (!re2::RE2::PartialMatch(text, *allowed.pattern)) continue;
    ++allowed.uses;
    is_explained = is_explained || today <= allowed.until;
  }
  return is_explained;
}

Findings AllowList::findings(std::chrono::year_month_day today, bool is_complete) const {
  Findings findings;
  for (const Allowed& allowed : allowed_) {
    Finding finding{.file = allowed.file, .line = allowed.line, .rule = {}, .message = {}};
    finding.name = allowed.pattern->pattern();
    if (today > allowed.until) {
      finding.rule = "allow-expired";
      finding.severity = Severity::kWarning;
      finding.message = "the entry held until " + text_of(allowed.until) +
                        (allowed.uses > 0 ? "; it would still explain " + times(allowed.uses) +
                                                ": repair the cause, or give it a new day"
                                          : ": take it out");
    } else if (is_complete && allowed.uses == 0 && !allowed.may_be_unused) {
      finding.rule = "allow-unused";
      finding.severity = Severity::kNote;
      finding.message =
          "the entry explains nothing in these logs: take it out, or say `sometimes: yes`";
    } else {
      continue;
    }
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace rookery::lint
