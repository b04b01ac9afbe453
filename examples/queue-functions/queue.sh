# shellcheck shell=sh
# Functions for shell programs on a gateway. Source this file; a plain sh is enough.
#
#   . "$GWE_HOME/apps/.current/queue-functions/queue.sh"
#   queue_record temperature 21.5

# Records a value of now in the gateway's message queue. Fails, and says why on standard error, when it was not taken.
queue_record() {
  queue_cik=$(gwe -C) || return 1
  # Two quotes until the gateway is activated.
  if [ "$queue_cik" = "''" ]; then
    echo 'the gateway is not activated yet' >&2
    return 1
  fi
  gdc --server "${GMQ_URL:-http://127.0.0.1:8090}" record "$queue_cik" "$1" "$(date +%s)" "$2"
}

# The same, tried until it is taken.
queue_record_surely() {
  until queue_record "$1" "$2"; do sleep 2; done
}
