// main.cc
//
// scoring server --brokers HOST:PORT --segments 0,1
#include "examples/scoring/scoring_app.h"

int main(int argc, char** argv) { return rookery::main(scoring::scoring_app, argc, argv); }
