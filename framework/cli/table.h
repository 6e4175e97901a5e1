// table.h
//
// Tables for people: columns as wide as what stands in them, two blanks between. Where the terminal
// is narrower the widest text column gives way, its cells cut with an ellipsis; numbers stay whole.
// Piped, nothing is ever cut.
//
//   Table table({{"GROUP"}, {"LAG", Align::kRight}});
//   table.add({group, std::to_string(lag)});
//   return print(table, terminal);
//
// Cells are made safe to print (one_line); no line ends with blanks.
#pragma once

#include <rookery/cli/terminal.h>

#include <cstddef>
#include <string>
#include <vector>

namespace rookery {

// Right: numbers, never cut. Whole: left, and never cut, for what is typed again.
enum class Align { kLeft, kRight, kWhole };

struct Column {
  std::string title;
  Align align = Align::kLeft;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns);

  // As many cells as columns; those left out are empty.
  void add(std::vector<std::string> cells);
  std::size_t size() const { return rows_.size(); }

  // Header and rows, each a line; fits so many characters if it can (0: no limit).
  std::string text(std::size_t width = 0) const;

 private:
  std::vector<std::size_t> widths(std::size_t width) const;
  std::string line(const std::vector<std::string>& cells,
                   const std::vector<std::size_t>& widths) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// Errors: as Terminal::write.
Status print(const Table& table, const Terminal& terminal);

}  // namespace rookery
