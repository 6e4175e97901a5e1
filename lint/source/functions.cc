// functions.cc
//
// A walk over the braces. A head is what stands between the last statement and a brace; classifying
// it needs no more than its brackets, its first word and its last one.

#include "lint/source/functions.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <optional>
#include <utility>

namespace rookery::lint {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_blank(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view first_word(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && is_word(text[end])) ++end;
  return text.substr(0, end);
}

std::string_view last_word(std::string_view text) {
  std::size_t begin = text.size();
  while (begin > 0 && is_word(text[begin - 1])) --begin;
  return text.substr(begin);
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// True for a '<' or '>' that is part of ->, <<, <=, >=, <=>, or of an operator's name.
bool is_operator(std::string_view text, std::size_t at) {
  const char before = at > 0 ? text[at - 1] : ' ';
  const char after = at + 1 < text.size() ? text[at + 1] : ' ';
  if (text[at] == '>') return before == '-' || before == '=' || after == '=';
  return before == '<' || after == '<' || after == '=' ||
         trim(text.substr(0, at)).ends_with("operator");
}

// The head without what its braces and angles hold: `f(std::map<int, int> a) : b_{1}` becomes
// `f(std::map<> a) : b_{}`. Parentheses keep what is in them.
std::string outline(std::string_view head) {
  std::string out;
  int braces = 0;
  int angles = 0;
  for (std::size_t i = 0; i < head.size(); ++i) {
    const char c = head[i];
    const bool is_angle = (c == '<' || c == '>') && !is_operator(head, i);
    if (c == '}' && braces > 0) --braces;
    if (c == '>' && is_angle && angles > 0) --angles;
    if (braces == 0 && angles == 0) out += c;
    if (c == '{') ++braces;
    if (c == '<' && is_angle) ++angles;
    // A comparison, no bracket: it must not hide the rest.
    if (c == ';') angles = 0;
  }
  return out;
}

// Takes `public:` and blanks off the front.
std::string_view without_access(std::string_view text) {
  for (;;) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    const std::string_view word = first_word(text);
    if (!is_one_of(word, {"public", "private", "protected"})) return text;
    const std::size_t colon = text.find_first_not_of(" \t", word.size());
    if (colon == std::string_view::npos || text[colon] != ':') return text;
    text.remove_prefix(colon + 1);
  }
}

// Takes `public:`, `template <>` and attributes off the front.
std::string_view without_prefixes(std::string_view text) {
  for (bool is_changed = true; is_changed;) {
    text = trim(without_access(text));
    is_changed = false;
    if (first_word(text) == "template") {
      const std::size_t close = text.find('>');
      if (close == std::string_view::npos) break;
      text = text.substr(close + 1);
      is_changed = true;
    } else if (text.starts_with("[[")) {
      const std::size_t close = text.find("]]");
      if (close == std::string_view::npos) break;
      text = text.substr(close + 2);
      is_changed = true;
    }
  }
  return text;
}

std::string_view without_qualifiers(std::string_view text) {
  for (text = trim(text); !text.empty(); text = trim(text)) {
    const std::string_view word = last_word(text);
    if (is_one_of(word, {"const", "noexcept", "override", "final", "mutable", "try", "constexpr",
                         "volatile", "static", "consteval"})) {
      text.remove_suffix(word.size());
    } else if (text.ends_with('&')) {
      text.remove_suffix(1);
    } else {
      break;
    }
  }
  return text;
}

// Where the bracket that ends at `close` opens.
std::optional<std::size_t> opening_of(std::string_view text, std::size_t close) {
  int depth = 0;
  for (std::size_t i = close + 1; i-- > 0;) {
    if (text[i] == ')' || text[i] == ']') ++depth;
    if (text[i] == '(' || text[i] == '[') {
      if (--depth == 0) return i;
    }
  }
  return std::nullopt;
}

// `[&]`, `[&](int a)`, `[&](int a) mutable -> int`.
bool ends_in_lambda(std::string_view head) {
  std::string_view text = without_qualifiers(head);
  const std::size_t arrow = text.rfind("->");
  if (arrow != std::string_view::npos && text.find_first_of("();{}", arrow) == text.npos) {
    text = without_qualifiers(text.substr(0, arrow));
  }
  if (text.ends_with(')')) {
    const auto open = opening_of(text, text.size() - 1);
    if (!open) return false;
    text = trim(text.substr(0, *open));
    // noexcept(...) and requires(...) stand behind the parameters.
    if (text.ends_with("noexcept")) return ends_in_lambda(text);
  }
  if (!text.ends_with(']')) return false;
  const auto open = opening_of(text, text.size() - 1);
  if (!open) return false;
  // `a[3]` and `delete[]` are no captures, nor are attributes.
  const std::string_view before = trim(text.substr(0, *open));
  if (before.ends_with('[') || before.empty()) return !before.ends_with('[');
  return !is_word(before.back()) || last_word(before) == "return";
}

struct Shape {
  int open = 0;                                     // parentheses that stay open
  std::size_t parameters = std::string_view::npos;  // the first '(' at the top
  std::size_t colon = std::string_view::npos;       // the ':' of an initializer list
  std::size_t equals = std::string_view::npos;      // an '=' at the top
};

Shape shape_of(std::string_view text) {
  Shape shape;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char before = i > 0 ? text[i - 1] : ' ';
    const char after = i + 1 < text.size() ? text[i + 1] : ' ';
    if (c == ')' && shape.open > 0) --shape.open;
    if (shape.open == 0 && c == '(' && shape.parameters == text.npos &&
        !is_one_of(last_word(trim(text.substr(0, i))),
                   {"decltype", "explicit", "alignas", "__attribute__", "noexcept", "operator",
                    "requires"})) {
      shape.parameters = i;
    }
    if (c == '(') ++shape.open;
    if (shape.open > 0) continue;
    const bool is_scope = before == ':' || after == ':';
    if (c == ':' && !is_scope && shape.parameters != text.npos && shape.colon == text.npos) {
      shape.colon = i;
    }
    const bool is_comparison = after == '=' || is_one_of(std::string_view(&before, 1),
                                                         {"=", "<", ">", "!", "+", "-", "*", "/"});
    if (c == '=' && !is_comparison && !trim(text.substr(0, i)).ends_with("operator") &&
        shape.equals == text.npos) {
      shape.equals = i;
    }
  }
  return shape;
}

// A member that is initialised by braces: `Foo(int a) : a_(a), b_` and then the brace.
bool is_member_next(std::string_view text, const Shape& shape) {
  if (shape.colon == std::string_view::npos) return false;
  const std::string_view list = trim(text.substr(shape.colon + 1));
  if (list.empty()) return false;
  const char last = list.back();
  return is_word(last) || last == '>';
}

std::string name_of(std::string_view head) {
  if (ends_in_lambda(head)) return "lambda";
  const std::string text = outline(head);
  const std::string_view rest = without_prefixes(text);
  const Shape shape = shape_of(rest);
  if (shape.parameters == std::string_view::npos) return std::string(last_word(trim(rest)));
  std::string_view before = trim(rest.substr(0, shape.parameters));
  std::size_t begin = before.size();
  const std::size_t named_operator = before.rfind("operator");
  if (named_operator != std::string_view::npos) begin = named_operator;
  while (begin > 0 &&
         (is_word(before[begin - 1]) || before[begin - 1] == ':' || before[begin - 1] == '~' ||
          before[begin - 1] == '<' || before[begin - 1] == '>')) {
    --begin;
  }
  const std::string name(before.substr(begin));
  if (!name.starts_with("TEST") && !name.starts_with("TYPED_TEST") && !name.starts_with("RC_")) {
    return name;
  }
  // A test is known by its two arguments.
  std::string test;
  for (std::size_t i = shape.parameters + 1; i < rest.size() && rest[i] != ')'; ++i) {
    if (rest[i] == ',' && test.find('.') != std::string::npos) break;
    if (rest[i] == ',') test += '.';
    if (is_word(rest[i])) test += rest[i];
  }
  return test;
}

class Walker {
 public:
  explicit Walker(std::string text) : text_(std::move(text)) {}

  std::vector<Function> walk() {
    for (at_ = 0; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\n') ++line_;
      const bool is_inside = !frames_.empty() && frames_.back().kind == Opens::kFunction;
      if (c == '{') {
        open(is_inside);
      } else if (c == '}') {
        close();
      } else if (!is_inside && (c == ';' || (c == ',' && is_in_initializer()))) {
        begin_ = at_ + 1;
      }
    }
    return std::move(functions_);
  }

 private:
  struct Frame {
    Opens kind = Opens::kScope;
    std::size_t begin = 0;  // where the head began
    int line = 0;           // of the head's first word
    bool is_outermost = false;
    std::string name = {};
  };

  bool is_in_initializer() const {
    return !frames_.empty() && frames_.back().kind == Opens::kInitializer;
  }

  void open(bool is_inside) {
    Frame frame{.kind = Opens::kFunction, .begin = begin_};
    if (!is_inside) {
      const std::string_view head = std::string_view(text_).substr(begin_, at_ - begin_);
      frame.kind = what_opens(head);
      if (frame.kind == Opens::kLambda) frame.kind = Opens::kFunction;
      frame.is_outermost = frame.kind == Opens::kFunction;
      if (frame.is_outermost) {
        frame.name = name_of(head);
        const std::string_view rest = without_access(head);
        frame.line = line_ - static_cast<int>(std::count(rest.begin(), rest.end(), '\n'));
      }
      begin_ = at_ + 1;
    }
    frames_.push_back(std::move(frame));
  }

  void close() {
    if (frames_.empty()) {
      begin_ = at_ + 1;
      return;
    }
    const Frame frame = std::move(frames_.back());
    frames_.pop_back();
    if (frame.is_outermost) {
      functions_.push_back({.name = frame.name, .line = frame.line, .last_line = line_});
    }
    // What follows an initializer is still the same statement: Foo() : a_{1} { ... }
    begin_ = frame.kind == Opens::kInitializer ? frame.begin : at_ + 1;
  }

  std::string text_;
  std::size_t at_ = 0;
  std::size_t begin_ = 0;
  int line_ = 1;
  std::vector<Frame> frames_;
  std::vector<Function> functions_;
};

// The code without preprocessor lines, and without what stands behind #else.
std::string without_directives(const std::vector<std::string>& code) {
  std::string text;
  std::vector<bool> is_other;  // for each open #if: whether its first branch is over
  bool is_continued = false;
  for (const std::string& line : code) {
    const std::string_view rest = trim(line);
    const bool is_directive = is_continued || rest.starts_with('#');
    if (!is_continued && rest.starts_with('#')) {
      const std::string_view word = first_word(trim(rest.substr(1)));
      if (word.starts_with("if")) is_other.push_back(false);
      if (word.starts_with("el") && !is_other.empty()) is_other.back() = true;
      if (word == "endif" && !is_other.empty()) is_other.pop_back();
    }
    is_continued = is_directive && rest.ends_with('\\');
    const bool is_dropped =
        is_directive || std::find(is_other.begin(), is_other.end(), true) != is_other.end();
    if (!is_dropped) text += line;
    text += '\n';
  }
  return text;
}

}  // namespace

Opens what_opens(std::string_view head) {
  if (ends_in_lambda(head)) return Opens::kLambda;
  const std::string text = outline(head);
  const std::string_view rest = without_prefixes(text);
  const Shape shape = shape_of(rest);
  if (shape.open > 0 || shape.equals != std::string_view::npos) return Opens::kInitializer;
  const std::string_view word = first_word(rest);
  if (word == "namespace") return Opens::kScope;
  const bool has_parameters = shape.parameters != std::string_view::npos;
  if (is_one_of(word, {"class", "struct", "union", "enum"}) && !has_parameters) {
    return Opens::kScope;
  }
  if (word == "inline" && first_word(trim(rest.substr(word.size()))) == "namespace") {
    return Opens::kScope;
  }
  if (word == "extern" && rest.ends_with('"')) return Opens::kScope;
  if (!has_parameters || is_member_next(rest, shape)) return Opens::kInitializer;
  return Opens::kFunction;
}

std::vector<Function> find_functions(const SourceFile& file) {
  return Walker(without_directives(file.code)).walk();
}

}  // namespace rookery::lint
