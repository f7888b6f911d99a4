#!/bin/sh
# simulate_clients.sh [N]: N clients at once, 100 without a number.
exec make -C "$(dirname "$0")/../.." simulate-clients N="${1:-100}"
