// main.cc
//
// The reminders' server, topics and dead letters, from one command line.

#include "examples/reminders/reminders_app.h"

int main(int argc, char** argv) { return rookery::main(reminders::reminders_app, argc, argv); }
