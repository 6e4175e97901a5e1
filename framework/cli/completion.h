// completion.h
//
// Completion for shells, made of the command line itself: every word, its options, and the values
// of those that take one of several.
//
//   source <(billing completion bash)
//   billing completion zsh > ~/.zfunc/_billing
//   billing completion fish > ~/.config/fish/completions/billing.fish
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace rookery {

inline constexpr const char* kCompletionHelp =
    "print a script that completes words and options in bash, zsh or fish";

// `program`: the name that is typed, without its folder.
std::string bash_completion(const CLI::App& line, const std::string& program);
std::string zsh_completion(const CLI::App& line, const std::string& program);
std::string fish_completion(const CLI::App& line, const std::string& program);

}  // namespace rookery
