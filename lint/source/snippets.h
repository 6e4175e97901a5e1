// snippets.h
//
// Rule snippet: code in a document is code that a test compiles.
//
// Each block marked cpp is preceded by a comment that names a source; the block's lines must stand
// in that source one after the other (indentation as a whole may differ), and the BUILD file beside
// the source must name it.
//
//   <!-- snippet: examples/outside/billing_app.h -->
//   ```cpp
//   ...
//   ```

#pragma once

#include <string>
#include <string_view>

#include "lint/finding.h"
#include "lint/source/tree.h"

namespace rookery::lint {

Findings check_snippets(const std::string& path, std::string_view text, const ReadFile& read);

}  // namespace rookery::lint
