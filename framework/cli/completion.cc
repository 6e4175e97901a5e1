// completion.cc
//
// The tree of words as a list of places ("dlq show"), and that list as a script.
#include <rookery/cli/completion.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <sstream>
#include <utility>
#include <vector>

namespace rookery {
namespace {

struct Choice {
  std::string name;
  std::string help;
};

struct OptionChoice {
  std::string name;  // with its dashes
  std::string help;
  bool takes_value = false;
  std::vector<std::string> values;  // those that it takes; empty: any
};

// What may follow the words of `path`.
struct Place {
  std::string path;  // "" or " dlq show"
  std::vector<Choice> words;
  std::vector<OptionChoice> options;
};

// "{text,json}", as CLI::IsMember names itself.
std::vector<std::string> values_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::size_t begin = type.find('{');
  const std::size_t end = type.find('}', begin == std::string::npos ? 0 : begin);
  std::vector<std::string> values;
  if (begin == std::string::npos || end == std::string::npos) return values;
  std::istringstream list(type.substr(begin + 1, end - begin - 1));
  for (std::string value; std::getline(list, value, ',');) values.push_back(value);
  return values;
}

// Its first line, without what a shell or its script would read as its own.
std::string plain(std::string help) {
  help = help.substr(0, help.find('\n'));
  for (char& c : help) {
    if (std::string_view("'\"`$\\[]:!").find(c) != std::string_view::npos) c = ' ';
  }
  return help;
}

void gather(const CLI::App& word, const std::string& path, std::vector<Place>& places) {
  Place place{.path = path, .words = {}, .options = {}};
  const auto words = word.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* sub : words) {
    place.words.push_back({sub->get_name(), plain(sub->get_description())});
  }
  for (const CLI::Option* option : word.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      place.options.push_back({.name = "--" + name,
                               .help = plain(option->get_description()),
                               .takes_value = option->get_type_size() > 0,
                               .values = values_of(*option)});
    }
  }
  places.push_back(std::move(place));
  for (const CLI::App* sub : words) gather(*sub, path + " " + sub->get_name(), places);
}

std::vector<Place> places_of(const CLI::App& line) {
  std::vector<Place> places;
  gather(line, "", places);
  return places;
}

std::string joined(const std::vector<std::string>& values) {
  std::string text;
  for (const std::string& value : values) text += (text.empty() ? "" : " ") + value;
  return text;
}

std::string function_name(const std::string& program) {
  std::string name = "_" + program;
  for (char& c : name) {
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) c = '_';
  }
  return name;
}

}  // namespace

std::string bash_completion(const CLI::App& line, const std::string& program) {
  const std::vector<Place> places = places_of(line);
  std::string words;
  std::string values;
  std::string known;
  for (const Place& place : places) {
    std::vector<std::string> names;
    for (const Choice& word : place.words) names.push_back(word.name);
    for (const OptionChoice& option : place.options) {
      names.push_back(option.name);
      if (!option.takes_value) continue;
      values += "    '" + place.path + " " + option.name + "') choices='" + joined(option.values) +
                "'" + (option.values.empty() ? " files=1" : "") + " ;;\n";
    }
    known += "    '" + place.path + "') choices='" + joined(names) + "' ;;\n";
    if (!place.path.empty()) words += (words.empty() ? "'" : " | '") + place.path + "'";
  }
  const std::string name = function_name(program);
  return "# bash completion of " + program + ": source <(" + program + " completion bash)\n" +
         name +
         "() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} path='' choices='' files='' i\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    case \"$path ${COMP_WORDS[i]}\" in\n"
         "    " +
         words +
         ") path=\"$path ${COMP_WORDS[i]}\" ;;\n"
         "    esac\n"
         "  done\n"
         "  case \"$path ${COMP_WORDS[COMP_CWORD - 1]}\" in\n" +
         values +
         "    *)\n"
         "    case \"$path\" in\n" +
         known +
         "    esac ;;\n"
         "  esac\n"
         "  if [[ -n $files ]]; then\n"
         "    mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
         "  else\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"$choices\" -- \"$current\")\n"
         "  fi\n"
         "}\n"
         "complete -F " +
         name + " " + program + "\n";
}

std::string zsh_completion(const CLI::App& line, const std::string& program) {
  const std::string name = function_name(program);
  std::string text = "#compdef " + program + "\n\n" + name + "() {\n" +
                     "  local state path='' word\n"
                     "  for word in ${words[2,CURRENT-1]}; do\n"
                     "    case \"$path $word\" in\n"
                     "    ";
  std::string cases;
  bool is_first = true;
  for (const Place& place : places_of(line)) {
    if (!place.path.empty()) {
      text += std::string(std::exchange(is_first, false) ? "'" : " | '") + place.path + "'";
    }
    cases += "    '" + place.path + "')\n";
    if (!place.words.empty()) {
      cases += "      local -a choices=(";
      for (const Choice& word : place.words) cases += " '" + word.name + ":" + word.help + "'";
      cases += ")\n      _describe word choices\n";
    }
    cases += "      _arguments";
    for (const OptionChoice& option : place.options) {
      cases += " '*" + option.name + "[" + option.help + "]";
      if (option.takes_value && option.values.empty()) cases += ": :_files";
      if (!option.values.empty()) cases += ":value:(" + joined(option.values) + ")";
      cases += "'";
    }
    cases += " ;;\n";
  }
  return text + ") path=\"$path $word\" ;;\n    esac\n  done\n  case \"$path\" in\n" + cases +
         "  esac\n}\n\n" +
         "# Loaded from a file of $fpath it is called; sourced, it is made known.\n"
         "if [[ $funcstack[1] == " +
         name + " ]]; then\n  " + name + " \"$@\"\nelse\n  compdef " + name + " " + program +
         "\nfi\n";
}

std::string fish_completion(const CLI::App& line, const std::string& program) {
  std::string text = "# fish completion of " + program + "\n";
  for (const Place& place : places_of(line)) {
    std::string condition;
    std::istringstream path(place.path);
    for (std::string word; path >> word;) {
      condition +=
          (condition.empty() ? "" : "; and ") + std::string("__fish_seen_subcommand_from ") + word;
    }
    std::vector<std::string> names;
    for (const Choice& word : place.words) names.push_back(word.name);
    std::string no_word = condition;
    if (place.path.empty()) no_word = "__fish_use_subcommand";
    if (!place.path.empty() && !names.empty()) {
      no_word += "; and not __fish_seen_subcommand_from " + joined(names);
    }
    const std::string begin = "complete -c " + program;
    for (const Choice& word : place.words) {
      text += begin + " -f -n '" + no_word + "' -a " + word.name + " -d '" + word.help + "'\n";
    }
    for (const OptionChoice& option : place.options) {
      text +=
          begin + " -n '" + no_word + "' -l " + option.name.substr(2) + " -d '" + option.help + "'";
      if (option.takes_value) text += " -r";
      if (!option.values.empty()) text += " -f -a '" + joined(option.values) + "'";
      text += "\n";
    }
  }
  return text;
}

}  // namespace rookery
