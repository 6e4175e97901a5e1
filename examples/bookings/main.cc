// main.cc
//
// The program: `bookings server --brokers HOST:PORT`, routes, dlq, and help.

#include "examples/bookings/bookings_app.h"

int main(int argc, char** argv) { return rookery::main(bookings::bookings_app, argc, argv); }
