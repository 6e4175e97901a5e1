// common_options.h
//
// What several words have in common: --format, and words that want one more word.
#pragma once

namespace CLI {
class App;
}

namespace rookery {

// "--format text|json".
void add_format_option(CLI::App& word, bool& is_json, const char* help = "text or json");

// Without one of its words, and with "help", the group prints its help; with one that it does not
// have it is one line of error, which names the nearest. Call it when it has its words or before.
void want_one_word(CLI::App& group);

}  // namespace rookery
