#!/usr/bin/env bash
# topic_names_test.sh
#
# What a topic_names_test runs: the linter, with the words the rule gives it.

exec "$@"
