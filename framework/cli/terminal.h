// terminal.h
//
// Where words write, whom they may ask, and how long work shows that it goes on.
//
//   Progress progress(terminal, "read", "records");
//   ... progress.at(records, total);
//
//   const Waiting waiting(terminal, "topics reset");   // until the end of the block
//
// Colour: only on a terminal, and not where NO_COLOR is set (no-color.org) or TERM is "dumb".
//
// Thread rules: one thread; Waiting has one of its own.
#pragma once

#include <rookery/base/result.h>
#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/ranks.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace rookery {

struct Terminal {
  // All of it, or an error; kClosed when nobody reads any more.
  std::function<Status(std::string_view)> write;
  std::size_t width = 0;  // columns; 0: no limit
  // Asks a person; null: there is none.
  std::function<bool(const std::string& question)> confirm = {};
  bool is_coloured = false;  // what is written may have colour
  // Shows a line in place of the last one that was shown; empty: takes it away. Null: nobody sees.
  // Called from one thread at a time.
  std::function<void(const std::string& line)> show = {};
  // Work that takes longer is long. Zero: all of it.
  Duration shows_after = std::chrono::milliseconds(500);
  // A line beside the output, about it. Null: nobody is told.
  std::function<void(const std::string& line)> tell = {};
};
// Standard output; asks when both it and standard input are terminals; tells on standard error, and
// shows there when that is a terminal. INT and TERM end the process as they always do, at once, but
// take away what is shown; a broken pipe is an error of `write`.
Terminal standard_terminal();

// The question before something is changed that is not got back. `what`: "redrive writes records";
// `plan`: one line of what would be done, without its end. Errors: kInvalidArgument when there is
// nobody to ask, kState when the answer is no. Call it only without --yes.
Status ask_to_go_on(const Terminal& terminal, const std::string& what, const std::string& plan);

enum class Colour { kDim, kBold, kRed };
// The text in that colour, or as it is when the terminal has none.
std::string coloured(const Terminal& terminal, Colour colour, std::string text);

// A line for long work, on a terminal alone: "read 1200 of 50000 records". First shown after
// shows_after, then at most ten times a second; gone at the end.
class Progress {
 public:
  // `doing`: "read"; `what`: "records".
  Progress(const Terminal& terminal, std::string doing, std::string what);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // total 0: not known.
  void at(std::uint64_t done, std::uint64_t total = 0);
  // Takes the line away, so that something else may be written.
  void hide();

 private:
  const Terminal& terminal_;
  std::string doing_;
  std::string what_;
  TimePoint next_;
  bool is_shown_ = false;
};

// The same for work that does not say how far it is: "topics reset: 4 s". Gone at the end; until
// then nothing else is written, and nobody asked.
class Waiting {
 public:
  Waiting(const Terminal& terminal, std::string what);
  ~Waiting();
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  void show();
  void show_each_second();

  const Terminal& terminal_;
  const std::string what_;
  const TimePoint began_;
  Mutex mutex_{"cli.waiting", ranks::kLeaf};
  ConditionVariable over_{"cli.waiting"};
  bool is_over_ = false;  // guarded by mutex_
  bool is_shown_ = false;
  Thread thread_;  // none: nobody sees
};

}  // namespace rookery
