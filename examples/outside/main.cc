// main.cc
//
// The program: `billing server --brokers HOST:PORT`, routes, dlq, and help.

#include "billing_app.h"

int main(int argc, char** argv) { return rk::main(billing_app, argc, argv); }
