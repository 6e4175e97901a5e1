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

// The places but the first, between `by`, each in quotes.
std::string quoted_paths(const std::vector<Place>& places, const std::string& by) {
  std::string text;
  for (const Place& place : places) {
    if (!place.path.empty()) text += (text.empty() ? "'" : by + "'") + place.path + "'";
  }
  return text;
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
  const std::vector<Place> places = places_of(line);
  std::string cases;
  for (const Place& place : places) {
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
    cases += " '*: :' ;;\n";
  }
  // What follows the words is completed as the arguments of a command of its own.
  return "#compdef " + program + "\n\n" + name +
         "() {\n"
         "  local place='' word\n"
         "  integer at=1 last=1\n"
         "  for word in ${words[2,CURRENT-1]}; do\n"
         "    at+=1\n"
         "    case \"$place $word\" in\n"
         "    " +
         quoted_paths(places, " | ") +
         ") place=\"$place $word\" last=at ;;\n    esac\n  done\n"
         "  words=(\"${(@)words[last,-1]}\")\n"
         "  (( CURRENT -= last - 1 ))\n"
         "  case \"$place\" in\n" +
         cases + "  esac\n}\n\n" +
         "# Loaded from a file of $fpath it is called; sourced, it is made known.\n"
         "if [[ $funcstack[1] == " +
         name + " ]]; then\n  " + name + " \"$@\"\nelse\n  compdef " + name + " " + program +
         "\nfi\n";
}

std::string fish_completion(const CLI::App& line, const std::string& program) {
  const std::vector<Place> places = places_of(line);
  const std::string is_at = "_" + function_name(program) + "_is_at";
  std::string text = "# fish completion of " + program + "\n" +
                     "# Whether these are the words of the line so far: ' topics health' or ''.\n" +
                     "function " + is_at +
                     "\n"
                     "  set -l typed (commandline -opc)\n"
                     "  set -e typed[1]\n"
                     "  set -l place ''\n"
                     "  for word in $typed\n"
                     "    switch \"$place $word\"\n"
                     "      case " +
                     quoted_paths(places, " ") +
                     "\n"
                     "        set place \"$place $word\"\n"
                     "    end\n"
                     "  end\n"
                     "  test \"$place\" = \"$argv[1]\"\n"
                     "end\n"
                     "complete -c " +
                     program + " -f\n";
  for (const Place& place : places) {
    const std::string begin =
        "complete -c " + program + " -n '" + is_at + " \"" + place.path + "\"'";
    for (const Choice& word : place.words) {
      text += begin + " -a " + word.name + " -d '" + word.help + "'\n";
    }
    for (const OptionChoice& option : place.options) {
      text += begin + " -l " + option.name.substr(2) + " -d '" + option.help + "'";
      if (option.takes_value) text += option.values.empty() ? " -r -F" : " -x";
      if (!option.values.empty()) text += " -a '" + joined(option.values) + "'";
      text += "\n";
    }
  }
  return text;
}

}  // namespace rookery
