// source_file.cc
//
// The scanner: one pass over the text with a small state machine.

#include "lint/source/source_file.h"

#include <cctype>
#include <cstddef>
#include <utility>

#include "lint/text.h"

namespace rookery::lint {
namespace {

enum class State { kCode, kLineComment, kBlockComment, kString, kCharacter, kRawString };

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  // Answers the text twice: code alone, and comments alone; line ends stay in both.
  std::pair<std::string, std::string> scan() {
    while (at_ < text_.size()) step();
    return {std::move(code_), std::move(comments_)};
  }

 private:
  void step() {
    const char c = text_[at_];
    if (c == '\n') {
      // An unfinished literal ends here: a broken line must not blind the rules for the rest.
      if (state_ != State::kBlockComment && state_ != State::kRawString) state_ = State::kCode;
      emit('\n', '\n');
      return;
    }
    switch (state_) {
      case State::kCode:
        return step_in_code(c);
      case State::kLineComment:
        return emit(' ', c);
      case State::kBlockComment:
        return finish_with("*/", /*in_comment=*/true);
      case State::kString:
        return step_in_literal(c, '"');
      case State::kCharacter:
        return step_in_literal(c, '\'');
      case State::kRawString:
        return finish_with(raw_end_, /*in_comment=*/false);
    }
  }

  void step_in_code(char c) {
    if (follows("//")) {
      state_ = State::kLineComment;
      emit(' ', '/');
      emit(' ', '/');
    } else if (follows("/*")) {
      state_ = State::kBlockComment;
      emit(' ', '/');
      emit(' ', '*');
    } else if (c == '"') {
      begin_string();
    } else if (c == '\'' && !(at_ > 0 && is_word(text_[at_ - 1]) && is_in_number())) {
      state_ = State::kCharacter;
      emit(c, ' ');
    } else {
      emit(c, ' ');
    }
  }

  void begin_string() {
    const bool is_raw = at_ > 0 && text_[at_ - 1] == 'R';
    emit('"', ' ');
    if (!is_raw) {
      state_ = State::kString;
      return;
    }
    const std::size_t open = text_.find('(', at_);
    if (open == std::string_view::npos) return;
    raw_end_ = ")" + std::string(text_.substr(at_, open - at_)) + "\"";
    state_ = State::kRawString;
  }

  void step_in_literal(char c, char end) {
    if (c == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] != '\n') {
      emit(' ', ' ');
      emit(' ', ' ');
      return;
    }
    if (c == end) state_ = State::kCode;
    emit(c == end ? c : ' ', ' ');
  }

  void finish_with(std::string_view end, bool in_comment) {
    const std::size_t length = follows(end) ? end.size() : 1;
    if (follows(end)) state_ = State::kCode;
    for (std::size_t i = 0; i < length; ++i) emit(' ', in_comment ? text_[at_] : ' ');
  }

  // A quote within 1'000'000 is no character literal.
  bool is_in_number() const {
    std::size_t begin = at_;
    while (begin > 0 && (is_word(text_[begin - 1]) || text_[begin - 1] == '\'')) --begin;
    return std::isdigit(static_cast<unsigned char>(text_[begin])) != 0;
  }

  bool follows(std::string_view what) const { return text_.substr(at_, what.size()) == what; }

  void emit(char code, char comment) {
    code_.push_back(code);
    comments_.push_back(comment);
    ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  State state_ = State::kCode;
  std::string raw_end_;
  std::string code_;
  std::string comments_;
};

std::vector<Include> find_includes(const SourceFile& file) {
  std::vector<Include> includes;
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    const std::string& code = file.code[i];
    const std::size_t hash = code.find_first_not_of(" \t");
    if (hash == std::string::npos || code[hash] != '#') continue;
    const std::size_t word = code.find_first_not_of(" \t", hash + 1);
    if (word == std::string::npos || code.compare(word, 7, "include") != 0) continue;
    const std::string& line = file.lines[i];
    const std::size_t open = line.find_first_of("<\"", word);
    if (open == std::string::npos) continue;
    const std::size_t close = line.find(line[open] == '<' ? '>' : '"', open + 1);
    if (close == std::string::npos) continue;
    includes.push_back({static_cast<int>(i) + 1, line.substr(open + 1, close - open - 1)});
  }
  return includes;
}

}  // namespace

SourceFile parse_source(std::string path, std::string_view text) {
  SourceFile file;
  file.path = std::move(path);
  file.lines = split_lines(text);
  auto [code, comments] = Scanner(text).scan();
  file.code = split_lines(code);
  file.comments = split_lines(comments);
  file.includes = find_includes(file);
  return file;
}

std::string_view file_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view folder(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

bool lies_in(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

}  // namespace rookery::lint
