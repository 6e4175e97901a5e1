#!/usr/bin/env bash
# sarif_schema_test.sh
#
# Runs sarif_schema_test.py with Debian's Python, which is where python3-jsonschema is.
#
#   sarif_schema_test.sh SCRIPT ROOKERY_LINT SCHEMA

set -euo pipefail
script=$(readlink -f "$1") program=$(readlink -f "$2") schema=$(readlink -f "$3")
cd "$TEST_TMPDIR"
exec /usr/bin/python3 "$script" "$program" "$schema"
