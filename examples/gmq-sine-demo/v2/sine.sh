#!/bin/bash
# Posts a sine wave to the gateway's message queue: one value a second, as the resource sine-data.
# Version 2: the same wave with its third harmonic, so that the new version shows on the chart.
# Needs bash and awk only. The queue stores the value on disk before it answers 204, and delivers it.
set -u

queue=${GMQ_URL:-http://127.0.0.1:8090}
address=${queue#http://}
address=${address%%/*}
host=${address%:*}
port=${address##*:}

value_at() {
  awk -v t="$1" 'BEGIN { turn = 8 * atan2(1, 1) * t / 60; printf "%.3f", 10 * sin(turn) + 4 * sin(3 * turn) }'
}

# Writes to the queue exactly as one would write to the platform. Prints the status of the answer.
post() {
  local body="sine-data=$1" status=''
  {
    printf 'POST /onep:v1/stack/alias HTTP/1.1\r\nHost: %s\r\nX-Exosite-CIK: %s\r\n' "$address" "$cik" &&
      printf 'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %s\r\n' "${#body}" &&
      printf 'Connection: close\r\n\r\n%s' "$body"
  } >&3 && read -r -t 10 _ status _ <&3
  echo "${status:-none}"
}

cik="''"
renew=0
count=0
while true; do
  # The engine obtains the key when the gateway is activated, and may obtain another one later.
  if [ "$SECONDS" -ge "$renew" ]; then
    cik=$(gwe -C)
    renew=$((SECONDS + 300))
  fi
  if [ "$cik" = "''" ] || [ -z "$cik" ]; then
    echo 'waiting for the gateway to be activated'
    renew=0
    sleep 5
    continue
  fi

  now=$(date +%s)
  value=$(value_at "$now")
  if { exec 3<>"/dev/tcp/$host/$port"; } 2>/dev/null; then
    status=$(post "$value")
    exec 3<&- 3>&-
  else
    status='none'
  fi
  count=$((count + 1))
  if [ "$status" != 204 ]; then
    echo "sine-data=$value was not taken by the queue at $address: status $status"
  elif [ $((count % 10)) -eq 1 ]; then
    echo "sine-data=$value, $count values so far"
  fi

  # Until the next second begins.
  while [ "$(date +%s)" -eq "$now" ]; do sleep 0.1; done
done
