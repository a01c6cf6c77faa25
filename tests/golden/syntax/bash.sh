#!/usr/bin/env bash
# Packs the day's readings.
set -euo pipefail

source "$(dirname "$0")/lib/log.sh"
. ./units.sh
source lib/store.sh || exit 1

# Where they lie.
readonly READINGS_DIR=/var/lib/tides
export TZ=UTC HARBOUR_NAME="pier"
declare -r LIMIT=10
declare -A heights
verbose=0
alias lst='ls -lt'

# Prints the highest reading.
#
# $1 a day
highest() {
  local day=$1 best
  for file in "$READINGS_DIR/$day"/*.csv; do
    best=$(sort_by_height "$file" | tail -n "${LIMIT:-1}")
    [[ -n $best ]] || continue
  done
  printf '%s\n' "$best"
}

function pack_all {
  local archive
  archive="$READINGS_DIR/$(date +%F).tar"
  while read -r day; do
    highest "$day" > "$archive"
  done < days.txt
  case "$1" in
    start) log_info "packed ${archive}" ;;
    *) usage && return 2 ;;
  esac
}

function in_a_shell() (
  cd "$READINGS_DIR"
  export IN_SHELL=1
)

if [ "$verbose" -gt 0 ]; then
  trap 'rm -f "$archive"' EXIT
  pack_all start
fi
