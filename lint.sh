#!/bin/sh
set -eu
cd "$(dirname "$0")"
. ./scripts/dev/bootstrap.sh
exec node scripts/dev/lint.ts "$@"
