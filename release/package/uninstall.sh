#!/bin/sh
# Removes Gateway Engine from this machine. Plain POSIX shell.
set -u

usage() {
  cat <<END
Usage: uninstall.sh [--home DIR] [--purge]

Stops Gateway Engine and all applications it runs, and removes its service, links and programs. Kept are configuration
and identity (etc/), the queue and the journal (var/), applications and their data (apps/, data/) and logs: installing
again goes on with them.

  --home DIR   what to remove: the home that this script is in, else /opt/gateway-engine as root, ~/.gateway-engine
               (env: GWE_HOME)
  --purge      remove all of that, too
  -h, --help   show this help
END
}

here=$(cd "$(dirname "$0")" && pwd) || exit 1
if [ "$(id -u)" -eq 0 ]; then default_home=/opt/gateway-engine; else default_home=${HOME:-/root}/.gateway-engine; fi
home=${GWE_HOME:-$default_home}
[ -d "$here/engine" ] && home=$here
purge=false
while [ $# -gt 0 ]; do
  case $1 in
    --home) [ $# -ge 2 ] || { echo "uninstall.sh: --home needs a folder" >&2; exit 2; }; home=$2; shift ;;
    --purge) purge=true ;;
    -h | --help) usage; exit 0 ;;
    *) echo "uninstall.sh: unknown option $1; see --help" >&2; exit 2 ;;
  esac
  shift
done
# Nothing but a home of the engine is removed, whatever was given.
[ -d "$home/engine" ] && [ -d "$home/etc" ] || { echo "uninstall.sh: $home is no home of Gateway Engine" >&2; exit 1; }
GWE_HOME=$home
export GWE_HOME

if [ "$(id -u)" -eq 0 ] && grep -qs "=$home/bin/gwe-supervisord " /etc/systemd/system/gateway-engine.service; then
  if [ -d /run/systemd/system ]; then systemctl disable --now gateway-engine.service
  else systemctl disable gateway-engine.service; fi
  rm -rf /etc/systemd/system/gateway-engine.service /etc/systemd/system/gateway-engine.service.d
  [ -d /run/systemd/system ] && systemctl daemon-reload
fi
[ -x "$home/bin/gateway-engine-service" ] && "$home/bin/gateway-engine-service" stop
for script in /etc/init.d/S90gateway-engine /etc/init.d/gateway-engine; do
  grep -qs "exec $home/bin/" "$script" || continue
  rm -f "$script"
  command -v update-rc.d > /dev/null 2>&1 && update-rc.d gateway-engine remove
done
for name in gwe gdc gmq gwe-supervisord gwe-supervisorctl gwe-platform supervisorctl; do
  link=/usr/local/bin/$name
  case $(readlink "$link" 2> /dev/null) in "$home"/bin/*) rm -f "$link" ;; esac
done
if $purge; then
  rm -rf "$home" || exit 1
  echo "gateway-engine: $home is removed"
else
  rm -rf "$home/bin" "$home/engine" "$home/init" "$home/run" "$home/uninstall.sh"
  echo "gateway-engine: removed; configuration, queue, applications and logs are kept in $home"
fi
