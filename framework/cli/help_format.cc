// help_format.cc
//
// CLI11's formatter, with its pieces set in our own way.
#include <rookery/cli/help_format.h>

#include <rookery/cli/terminal.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <sstream>

namespace rookery {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kWidthLeast = 60;
constexpr std::size_t kWidthMost = 100;
constexpr std::size_t kColumn = 28;  // where descriptions begin

const CLI::App& root_of(const CLI::App& word) {
  const CLI::App* root = &word;
  while (root->get_parent() != nullptr) root = root->get_parent();
  return *root;
}

// "--topics TOPIC,...": without what a validator calls itself, which the description says better.
std::string value_of(const CLI::Option& option) {
  if (!option.get_option_text().empty()) return " " + option.get_option_text();
  if (option.get_type_size() == 0) return "";
  const std::string type = option.get_type_name();
  return " " + type.substr(0, type.find(':'));
}

class HelpFormat : public CLI::Formatter {
 public:
  explicit HelpFormat(std::size_t width) : width_(width) {}

  std::string make_option(const CLI::Option* option, bool is_positional) const override {
    std::string left = make_option_name(option, is_positional);
    if (!is_positional) left += value_of(*option);
    std::string right = option->get_description();
    if (!is_positional && option->get_required()) right += " (required)";
    for (const CLI::Option* other : option->get_excludes()) {
      right += "; not with " + other->get_name();
    }
    return row(left, right);
  }

  std::string make_subcommand(const CLI::App* word) const override {
    return row(word->get_name(), word->get_description());
  }

  std::string make_description(const CLI::App* word) const override {
    return wrapped(word->get_description(), width_) + "\n\n";
  }

  std::string make_footer(const CLI::App* word) const override {
    std::istringstream footer(word->get_footer());
    std::string text;
    for (std::string line; std::getline(footer, line);) {
      text += wrapped(with_program(line, root_of(*word)), width_, 2) + "\n";
    }
    return text;
  }

 private:
  std::string row(const std::string& left, const std::string& right) const {
    const std::string begin = "  " + left;
    const bool fits = begin.size() + 2 <= kColumn;
    return begin +
           (fits ? std::string(kColumn - begin.size(), ' ') : "\n" + std::string(kColumn, ' ')) +
           wrapped(right, width_ - kColumn, kColumn) + "\n";
  }

  static std::string with_program(const std::string& line, const CLI::App& root) {
    const std::string one = "Example: ";
    const std::size_t begin = line.starts_with(one) ? one.size() : line.starts_with("  ") ? 2 : 0;
    if (begin == 0) return line;
    const std::string first = line.substr(begin, line.find(' ', begin) - begin);
    const auto is_it = [&](const CLI::App* word) { return word->get_name() == first; };
    if (root.get_subcommands(is_it).empty()) return line;
    return line.substr(0, begin) + root.get_name() + " " + line.substr(begin);
  }

  const std::size_t width_;
};

}  // namespace

std::shared_ptr<CLI::FormatterBase> help_format(std::size_t width) {
  return std::make_shared<HelpFormat>(width == 0 ? kWidth
                                                 : std::clamp(width, kWidthLeast, kWidthMost));
}

std::size_t help_width() { return standard_terminal().width; }

std::string wrapped(const std::string& text, std::size_t width, std::size_t indent) {
  std::string out;
  std::size_t column = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find_first_of(" \n", begin), text.size());
    const std::size_t size = end - begin;
    // The blank before it was written already.
    if (column > 0 && column + size > width) {
      while (!out.empty() && out.back() == ' ') out.pop_back();
      out += "\n" + std::string(indent, ' ');
      column = 0;
    }
    out += text.substr(begin, size);
    column += size;
    if (end < text.size()) {
      out += text[end] == '\n' ? "\n" + std::string(indent, ' ') : " ";
      column = text[end] == '\n' ? 0 : column + 1;
    }
    begin = end + 1;
  }
  return out;
}

}  // namespace rookery
