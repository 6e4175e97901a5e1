// unordered.cc
//
// Two passes: the names of such containers, then the loops and iterators over them.

#include "lint/source/unordered.h"

#include <array>
#include <cctype>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace rookery::lint {
namespace {

using Names = std::set<std::string, std::less<>>;

constexpr auto kContainers = std::to_array<std::string_view>({
    "unordered_map",
    "unordered_set",
    "unordered_multimap",
    "unordered_multiset",
    "flat_hash_map",
    "flat_hash_set",
    "std::map",
    "std::set",
    "std::multimap",
    "std::multiset",
});

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_blank(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  return text;
}

int line_at(std::string_view text, std::size_t at) {
  int line = 1;
  for (std::size_t i = 0; i < at; ++i) line += text[i] == '\n' ? 1 : 0;
  return line;
}

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && is_blank(text[at])) ++at;
  return at;
}

std::string_view word_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_word(text[end])) ++end;
  return text.substr(at, end - at);
}

// The end of a bracket that opens at `at`, behind its partner; the text's end if it has none.
std::size_t behind_bracket(std::string_view text, std::size_t at, char open, char close) {
  int depth = 0;
  for (; at < text.size(); ++at) {
    if (text[at] == open) ++depth;
    if (text[at] == close && --depth == 0) return at + 1;
    if (text[at] == ';') break;
  }
  return text.size();
}

bool is_keyed_by_pointer(std::string_view arguments) {
  std::string_view key = arguments.substr(0, arguments.find(','));
  while (!key.empty() && (is_blank(key.back()) || key.back() == '>')) key.remove_suffix(1);
  return key.ends_with('*') || key.find("shared_ptr<") != std::string_view::npos ||
         key.find("unique_ptr<") != std::string_view::npos;
}

// X of `using X =` when that is what stands before `at`.
std::string_view alias_before(std::string_view text, std::size_t at) {
  const std::size_t begin = text.find_last_of(";{}", at == 0 ? 0 : at - 1);
  std::size_t from = skip_blanks(text, begin == std::string_view::npos ? 0 : begin + 1);
  if (word_at(text, from) != "using") return {};
  from = skip_blanks(text, from + 5);
  const std::string_view name = word_at(text, from);
  const std::size_t equals = skip_blanks(text, from + name.size());
  return equals < at && text[equals] == '=' ? name : std::string_view();
}

// The name that a type which ends at `at` declares, if any: `> name`, `>& name`, `>* const name`.
void add_declared(std::string_view text, std::size_t at, Names& names) {
  for (;;) {
    at = skip_blanks(text, at);
    while (at < text.size() && (text[at] == '&' || text[at] == '*')) at = skip_blanks(text, at + 1);
    const std::string_view word = word_at(text, at);
    if (word.empty()) return;
    if (word != "const") {
      names.insert(std::string(word));
      return;
    }
    at += word.size();
  }
}

void add_uses_of_alias(std::string_view text, std::string_view alias, Names& names) {
  for (std::size_t at = text.find(alias); at != text.npos; at = text.find(alias, at + 1)) {
    const std::size_t end = at + alias.size();
    if ((at > 0 && is_word(text[at - 1])) || (end < text.size() && is_word(text[end]))) continue;
    add_declared(text, end, names);
  }
}

// Adds names of variables, members, parameters and functions of such a type, and of aliases.
void add_names(std::string_view text, Names& names, Names& aliases) {
  for (const std::string_view container : kContainers) {
    for (std::size_t at = text.find(container); at != text.npos;
         at = text.find(container, at + 1)) {
      const std::size_t open = at + container.size();
      if (open >= text.size() || text[open] != '<' || (at > 0 && is_word(text[at - 1]))) continue;
      const std::size_t end = behind_bracket(text, open, '<', '>');
      const bool is_ordered = container.starts_with("std::");
      if (is_ordered && !is_keyed_by_pointer(text.substr(open + 1, end - open - 1))) continue;
      const std::string_view alias = alias_before(text, at);
      if (alias.empty()) {
        add_declared(text, end, names);
      } else {
        aliases.insert(std::string(alias));
      }
    }
  }
}

Names names_for(const SourceFile& file, Tree& tree) {
  Names names;
  Names aliases;
  std::vector<std::string> texts{joined(file.code)};
  for (const Include& include : file.includes) {
    const auto path = own_path(include.target);
    const SourceFile* header = path ? tree.source(*path) : nullptr;
    if (header != nullptr) texts.push_back(joined(header->code));
  }
  for (const std::string& text : texts) add_names(text, names, aliases);
  for (const std::string& alias : aliases) {
    for (const std::string& text : texts) add_uses_of_alias(text, alias, names);
  }
  return names;
}

// The container that an expression walks over, if it is one of them: `cache_`, `a.cache_`,
// `cache()`; not `cache_[key]`, `cache_.at(key)`, `cache_->size()`.
std::string_view walked(std::string_view expression, const Names& names) {
  for (std::size_t at = 0; at < expression.size(); ++at) {
    if (!is_word(expression[at]) || (at > 0 && is_word(expression[at - 1]))) continue;
    const std::string_view word = word_at(expression, at);
    if (names.find(word) == names.end()) continue;
    std::size_t end = skip_blanks(expression, at + word.size());
    if (end < expression.size() && expression[end] == '(') {
      end = skip_blanks(expression, behind_bracket(expression, end, '(', ')'));
    }
    const std::string_view rest = expression.substr(std::min(end, expression.size()));
    if (!rest.starts_with('.') && !rest.starts_with('[') && !rest.starts_with("->")) return word;
  }
  return {};
}

// The range of a `for` whose bracket opens at `open`; empty when it is no loop over a range.
std::string_view range_of(std::string_view text, std::size_t open) {
  int depth = 0;
  std::size_t colon = std::string_view::npos;
  for (std::size_t i = open; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '(' || c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    if (c == ')' && --depth == 0) {
      return colon == text.npos ? std::string_view() : text.substr(colon + 1, i - colon - 1);
    }
    const bool is_scope = text[i - 1] == ':' || (i + 1 < text.size() && text[i + 1] == ':');
    if (c == ':' && depth == 1 && !is_scope && colon == text.npos) colon = i;
    // `for (init; auto x : range)` has one of them, a loop that counts has two.
    if (c == ';' && depth == 1 && colon != text.npos) return {};
  }
  return {};
}

}  // namespace

Findings check_unordered(const SourceFile& file, Tree& tree) {
  Findings findings;
  const bool is_simulated = lies_in(file.path, "framework") || lies_in(file.path, "mockbroker") ||
                            lies_in(file.path, "simulations");
  if (!is_simulated) return findings;
  const Names names = names_for(file, tree);
  if (names.empty()) return findings;
  const std::string code = joined(file.code);
  const std::string_view text = code;
  const auto object = [&](std::size_t at, std::string_view name) {
    Finding finding{file.path, line_at(text, at), "unordered-iteration",
                    std::string(name) +
                        " is walked in the order of hashes or addresses, which differs between "
                        "runs of one seed: use an ordered container, or sort first"};
    finding.name = name;
    findings.push_back(std::move(finding));
  };
  for (std::size_t at = text.find("for"); at != text.npos; at = text.find("for", at + 1)) {
    const std::size_t open = skip_blanks(text, at + 3);
    if ((at > 0 && is_word(text[at - 1])) || open >= text.size() || text[open] != '(') continue;
    const std::string_view name = walked(range_of(text, open), names);
    if (!name.empty()) object(at, name);
  }
  for (const std::string_view begin : {"begin", "cbegin"}) {
    for (std::size_t at = text.find(begin); at != text.npos; at = text.find(begin, at + 1)) {
      if ((at > 0 && is_word(text[at - 1])) || !text.substr(at + begin.size()).starts_with('('))
        continue;
      std::size_t end = at;
      if (text.substr(0, at).ends_with("->")) end -= 2;
      if (text.substr(0, at).ends_with(".")) end -= 1;
      std::size_t from = end;
      while (from > 0 && is_word(text[from - 1])) --from;
      const std::string_view before = text.substr(from, end - from);
      const std::size_t open = at + begin.size();
      const std::string_view inside =
          end == at ? text.substr(open + 1, behind_bracket(text, open, '(', ')') - open - 2)
                    : std::string_view();
      const std::string_view name = end == at ? walked(inside, names) : before;
      if (names.find(name) != names.end()) object(at, name);
    }
  }
  return findings;
}

}  // namespace rookery::lint
