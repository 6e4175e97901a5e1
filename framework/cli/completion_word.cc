// completion_word.cc
//
// The completion command in a program.
#include <CLI/CLI.hpp>

#include <cstdio>
#include <memory>
#include <string>

#include "framework/cli/words.h"

#include <rookery/cli/completion.h>

namespace rookery {

void add_completion_word(const WordContext& context) {
  CLI::App* word = context.line.add_subcommand("completion", kCompletionHelp);
  const auto shell = std::make_shared<std::string>();
  word->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  word->footer(
      "Examples, for a program named billing:\n"
      "  source <(billing completion bash)          # in ~/.bashrc\n"
      "  billing completion zsh > ~/.zfunc/_billing\n"
      "  billing completion fish > ~/.config/fish/completions/billing.fish");
  word->callback([context, shell] {
    for (const Command& command : context.options.commands) {
      if (!command.add_options) continue;
      CLI::App& own = *context.line.get_subcommand(command.name);
      own.set_help_flag("-h,--help", "Print this help message and exit");
      command.add_options(own);
    }
    const std::string path = context.line.get_name();
    const std::string program = path.substr(path.rfind('/') + 1);
    const auto make = *shell == "bash"  ? bash_completion
                      : *shell == "zsh" ? zsh_completion
                                        : fish_completion;
    std::fputs(make(context.line, program).c_str(), stdout);
  });
}

}  // namespace rookery
