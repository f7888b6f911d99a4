#!/bin/sh
# long_run.sh [HOURS]: a mixed load for so many hours, 24 without a number.
exec make -C "$(dirname "$0")/../.." long-run HOURS="${1:-24}"
