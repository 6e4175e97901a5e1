// table.cc
//
// How wide each column may be.
#include <rookery/cli/table.h>

#include <rookery/cli/printable.h>

#include <algorithm>
#include <utility>

namespace rookery {
namespace {

constexpr std::size_t kBetween = 2;
// A column that gives way keeps so much.
constexpr std::size_t kLeast = 8;

}  // namespace

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::add(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  for (std::string& cell : cells) cell = one_line(cell);
  rows_.push_back(std::move(cells));
}

std::vector<std::size_t> Table::widths(std::size_t width) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t widest = width_of(columns_[i].title);
    for (const auto& row : rows_) widest = std::max(widest, width_of(row[i]));
    widths.push_back(widest);
  }
  std::size_t total = columns_.empty() ? 0 : kBetween * (columns_.size() - 1);
  for (const std::size_t column : widths) total += column;
  while (width > 0 && total > width) {
    // The widest text, the last of those as wide; a character at a time, so that two wide ones end
    // alike.
    std::size_t widest = columns_.size();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].align != Align::kLeft || widths[i] <= kLeast) continue;
      if (widest == columns_.size() || widths[i] >= widths[widest]) widest = i;
    }
    if (widest == columns_.size()) break;
    --widths[widest];
    --total;
  }
  return widths;
}

std::string Table::line(const std::vector<std::string>& cells,
                        const std::vector<std::size_t>& widths) const {
  std::string text;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string cell = cut(cells[i], widths[i]);
    const std::string blanks(widths[i] - width_of(cell), ' ');
    text += columns_[i].align == Align::kRight ? blanks + cell : cell + blanks;
    text.append(kBetween, ' ');
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text + "\n";
}

std::string Table::text(std::size_t width) const {
  const std::vector<std::size_t> columns = widths(width);
  std::vector<std::string> titles;
  for (const Column& column : columns_) titles.push_back(column.title);
  std::string text = line(titles, columns);
  for (const auto& row : rows_) text += line(row, columns);
  return text;
}

Status print(const Table& table, const Terminal& terminal) {
  return terminal.write(table.text(terminal.width));
}

}  // namespace rookery
