#!/bin/sh
# Records the gateway's load every ten seconds as the resource load, by gdc and through the gateway's message queue: what
# cannot be delivered now is delivered later, with the time at which it was measured.
# Options of gdc: see gdc --help. A plain sh is enough.
set -u

export GDC_SERVER="${GMQ_URL:-http://127.0.0.1:8090}"
interval=10

cik="''"
left=0
count=0
while true; do
  # The engine obtains the key when the gateway is activated, and may obtain another one later.
  if [ "$left" -le 0 ]; then
    cik=$(gwe -C) || cik="''"
    left=30
  fi
  if [ "$cik" = "''" ]; then
    echo 'waiting for the gateway to be activated'
    left=0
    sleep 5
    continue
  fi

  now=$(date +%s)
  read -r load _ </proc/loadavg
  # gdc says on standard error what went wrong, which is in the log then.
  if gdc record "$cik" load "$now" "$load"; then
    count=$((count + 1))
    [ $((count % 30)) -ne 1 ] || echo "load=$load, $count values so far"
  fi
  left=$((left - 1))
  sleep "$interval"
done
