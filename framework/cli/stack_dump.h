// stack_dump.h
//
// The stacks of all threads of this process, written to standard error: what TTIN asks for.
#pragma once

namespace rookery {

// Once, before threads are made. Uses one real-time signal (SIGRTMIN + 3).
void install_stack_dump();

// Each thread writes its own stack, one after another. A thread that blocks the signal for a second
// is named and passed by.
void dump_all_stacks();

}  // namespace rookery
