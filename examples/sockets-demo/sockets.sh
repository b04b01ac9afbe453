#!/bin/sh
# Records every ten seconds how many TCP connections the gateway has, as the resource sockets, by the functions of the
# library queue-functions, which is an application of its own.
set -u

# The link always names the installed version of the library; it is read again with every start of this program.
. "$GWE_HOME/apps/.current/queue-functions/queue.sh"

while true; do
  sockets=$(awk '$1 == "TCP:" { print $3 }' /proc/net/sockstat)
  queue_record_surely sockets "$sockets"
  sleep 10
done
