// help_format.h
//
// How help looks: lines that fit the terminal, options without CLI11's own words, and examples that
// can be typed as they stand.
//
// Example lines of a footer ("Example: dlq list", or two blanks before each) that begin with one of
// the program's words get the program's name in front.
//
// Thread rules: one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace CLI {
class FormatterBase;
}

namespace rookery {

// For the whole line, before words are added to it. `width`: columns; 0: 80.
std::shared_ptr<CLI::FormatterBase> help_format(std::size_t width);

// Of standard output; 0: it is no terminal.
std::size_t help_width();

// The text in lines of at most `width` characters, where its words allow, each after the first
// behind `indent` blanks. Newlines stay.
std::string wrapped(const std::string& text, std::size_t width, std::size_t indent = 0);

}  // namespace rookery
