// simulate_command.cc
//
// Words as campaign_main() wants them.

#include "simulations/explorer/simulate_command.h"

#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rookery::testing {

Command simulate_command(Program program) {
  // What the C library keeps of argv[0].
  program.called_as = std::string(program_invocation_name) + " simulate";
  const auto shared = std::make_shared<const Program>(std::move(program));
  return {.name = "simulate",
          .help = "run under faults on an in-process Kafka, seed by seed",
          .run =
              [shared](std::vector<std::string> words) {
                words.insert(words.begin(), "simulate");
                std::vector<char*> arguments;
                for (std::string& word : words) arguments.push_back(word.data());
                return campaign_main(static_cast<int>(arguments.size()), arguments.data(), *shared);
              },
          .add_options = [shared](CLI::App& word) { add_campaign_options(word, *shared); }};
}

}  // namespace rookery::testing
