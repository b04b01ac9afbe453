#!/bin/sh
# Installs Gateway Engine on this machine, or brings what is installed to this version: see --help and README.md.
# Plain POSIX shell, for gateways that have busybox only.
set -u

usage() {
  cat <<END
Usage: install.sh [--home DIR] [--no-service] [--no-start]

Installs Gateway Engine from this unpacked package. Configuration, identity, queue and applications of an earlier
installation are kept, and applications go on running.

  --home DIR     where everything is kept: /opt/gateway-engine as root, else ~/.gateway-engine (env: GWE_HOME)
  --no-service   do not install a service; start by hand with DIR/bin/gateway-engine-service start
  --no-start     install only, for an image of a gateway: what is installed starts at its first boot
  -h, --help     show this help

A file THIS_IS_AN_OTAU.txt beside this script says that it is an upgrade: services and links stay as they are.
Exit codes: 0 installed, 1 not installed (the last lines say why), 2 wrong arguments.
END
}

here=$(cd "$(dirname "$0")" && pwd) || exit 1
is_root=false
[ "$(id -u)" -eq 0 ] && is_root=true
if $is_root; then default_home=/opt/gateway-engine; else default_home=${HOME:-/root}/.gateway-engine; fi
home=${GWE_HOME:-$default_home}
service=true
start=true
while [ $# -gt 0 ]; do
  case $1 in
    --home) [ $# -ge 2 ] || { echo "install.sh: --home needs a folder" >&2; exit 2; }; home=$2; shift ;;
    --no-service) service=false ;;
    --no-start) start=false ;;
    -h | --help) usage; exit 0 ;;
    *) echo "install.sh: unknown option $1; see --help" >&2; exit 2 ;;
  esac
  shift
done
case $home in
  /*) ;;
  *) home=$(pwd)/$home ;;
esac
# Links, a service and its environment are for the one home that the system has.
is_system=false
$is_root && [ "$home" = "$default_home" ] && is_system=true
$is_system || service=false
GWE_HOME=$home
export GWE_HOME
is_upgrade=false
[ -e "$here/THIS_IS_AN_OTAU.txt" ] && is_upgrade=true

say() { echo "gateway-engine: $*"; }
fail() {
  say "not installed: $*" >&2
  exit 1
}

check() {
  [ -x "$here/bin/gateway-engine" ] || fail "$here/bin/gateway-engine is missing; unpack the package again, in a folder of its own"
  target=$(cat "$here/target")
  [ "$(uname -s)" = Linux ] || fail "this package is for Linux, and this is $(uname -s)"
  wanted=$(cat "$here/version")
  said=$("$here/bin/gwe" --version 2>&1)
  [ "$said" = "$wanted" ] || fail "its program does not run here. The package is for $target (musl: Alpine and the like; else glibc), this machine is $(uname -m). It said: $said"
  mkdir -p "$home" || fail "cannot make $home; run me as root, or give another folder with --home"
  [ -w "$home" ] || fail "$home cannot be written; run me as root, or give another folder with --home"
  # The new version, the one before, and room to work.
  need=$(($(du -k "$here/bin/gateway-engine" | cut -f1) + 20480))
  # Empty where it cannot be told: then a full disk is met when the files are copied.
  free=$(df -Pk "$home" 2> /dev/null | awk 'NR == 2 { print $4 }')
  [ "${free:-$need}" -ge "$need" ] || fail "$home has $free KiB free, and $need KiB are needed"
}

# Runs one of the hooks of the package, where it can be run.
hook() {
  [ -x "$here/init/$1" ] || return 0
  say "running init/$1"
  (cd "$here/init" && "./$1") || fail "init/$1 ended with status $?"
}

install_engine() {
  "$here/bin/gwe" set-up "$here" || fail "the engine could not be put into $home"
  # Where the package was unpacked in place of the home, its program has been copied.
  [ "$here/bin" = "$home/bin" ] && rm -f "$home/bin/gateway-engine"
  mkdir -p "$home/init" || fail "cannot make $home/init"
  for file in uninstall.sh init/gateway-engine.service init/strict.conf init/S90gateway-engine; do
    [ "$here/$file" = "$home/$file" ] || cp "$here/$file" "$home/$file" || fail "cannot write $home/$file"
  done
  sed "s|@HOME@|$home|g" "$here/init/gateway-engine-service" > "$home/bin/gateway-engine-service.new" &&
    chmod 755 "$home/bin/gateway-engine-service.new" &&
    mv -f "$home/bin/gateway-engine-service.new" "$home/bin/gateway-engine-service" ||
    fail "cannot write $home/bin/gateway-engine-service"
}

install_links() {
  $is_system || return 0
  mkdir -p /usr/local/bin || fail "cannot make /usr/local/bin"
  for name in gwe gdc gmq gwe-supervisord gwe-supervisorctl gwe-platform; do
    ln -sf "$home/bin/$name" "/usr/local/bin/$name" || fail "cannot link /usr/local/bin/$name"
  done
  # A supervisor that was there before keeps its own command.
  link=/usr/local/bin/supervisorctl
  if [ -L "$link" ] || ! command -v supervisorctl > /dev/null 2>&1; then
    ln -sf "$home/bin/gwe-supervisorctl" "$link" || fail "cannot link $link"
  fi
}

install_service() {
  $service || return 0
  if [ -d /etc/systemd/system ] && command -v systemctl > /dev/null 2>&1; then
    sed "s|@HOME@|$home|g" "$here/init/gateway-engine.service" > /etc/systemd/system/gateway-engine.service ||
      fail "cannot write /etc/systemd/system/gateway-engine.service"
    if [ -d /run/systemd/system ]; then systemctl daemon-reload || fail "systemctl daemon-reload failed"; fi
    systemctl enable gateway-engine.service 2>&1 || fail "systemctl enable failed"
    say "starts at boot by systemd: gateway-engine.service"
  elif [ -d /etc/init.d ]; then
    sed "s|@HOME@|$home|g" "$here/init/S90gateway-engine" > /etc/init.d/S90gateway-engine &&
      chmod 755 /etc/init.d/S90gateway-engine || fail "cannot write /etc/init.d/S90gateway-engine"
    # Buildroot and the like run /etc/init.d/S??*; others want links in the folders of their run levels.
    if command -v update-rc.d > /dev/null 2>&1; then
      mv -f /etc/init.d/S90gateway-engine /etc/init.d/gateway-engine &&
        update-rc.d gateway-engine defaults || fail "update-rc.d failed"
      say "starts at boot: /etc/init.d/gateway-engine"
    else
      say "starts at boot: /etc/init.d/S90gateway-engine"
    fi
  else
    service=false
    say "no systemd and no /etc/init.d here: have the system run $home/bin/gateway-engine-service start at boot"
  fi
}

start_service() {
  if $service && [ -d /run/systemd/system ]; then
    systemctl start gateway-engine.service || fail "the service does not start; see: journalctl -u gateway-engine"
  else
    "$home/bin/gateway-engine-service" start || fail "the engine does not start; see $home/log"
  fi
  tries=0
  until "$home/bin/gwe-supervisorctl" -c "$home/etc/supervisord.conf" pid > /dev/null 2>&1; do
    tries=$((tries + 1))
    [ "$tries" -lt 60 ] || fail "the supervisor did not answer within a minute; see $home/log/supervisord.log"
    sleep 1
  done
}

install_apps() {
  for tarball in "$here"/apps_to_install/*.tar.gz; do
    [ -e "$tarball" ] || continue
    "$home/bin/gwe" --install-apps "$tarball" || fail "${tarball##*/} could not be installed"
  done
}

# In an image nothing may go on that belongs to the machine it is made on: only the supervisor runs, and only meanwhile.
install_apps_in_image() {
  ls "$here"/apps_to_install/*.tar.gz > /dev/null 2>&1 || return 0
  conf=$home/etc/supervisord.image.conf
  sed '/^\[program:/,/^$/ s/^command = .*/&\nautostart = false/' "$home/etc/supervisord.conf" > "$conf" || fail "cannot write $conf"
  "$home/bin/gwe-supervisord" -c "$conf" || fail "the supervisor does not start; see $home/log/supervisord.log"
  install_apps
  "$home/bin/gwe-supervisorctl" -c "$conf" shutdown || fail "the supervisor does not end"
  while [ -e "$home/run/supervisord.pid" ]; do sleep 1; done
  rm -f "$conf"
}

summary() {
  echo
  echo "Installation summary"
  echo "  home:       $home"
  echo "  target:     $target"
  for name in gwe gmq gdc gwe-supervisord; do
    printf '  %-11s %s\n' "$name:" "$("$home/bin/$name" --version 2>&1)"
  done
  $start || { echo "  not started: it starts at the next boot"; return 0; }
  echo "Self test"
  tries=0
  while :; do
    status=$("$home/bin/gwe-supervisorctl" -c "$home/etc/supervisord.conf" status 2>&1)
    # Without an identity yet, gwe cannot run: gwe enroll gives it one.
    echo "$status" | grep -q '^gmq .*RUNNING' && break
    tries=$((tries + 1))
    [ "$tries" -lt 30 ] || fail "the queue does not run: $status"
    sleep 1
  done
  echo "$status" | sed 's/^/  /'
  if ! "$home/bin/gwe" -g | grep -q "^cik *= *[^' ]"; then
    echo "Next: bring this gateway to its platform with"
    echo "  $($is_system || echo "$home/bin/")gwe enroll --server https://PLATFORM --product PRODUCT"
  fi
}

main() {
  say "$(date '+%Y-%m-%d %H:%M:%S') installing from $here into $home"
  check
  hook init.sh
  hook pre_install_commands.sh
  install_engine
  $is_upgrade || install_links
  $is_upgrade || install_service
  if $start; then
    start_service
    install_apps
  else
    install_apps_in_image
  fi
  hook post_install_commands.sh
  summary
  say "$(cat "$here/version") is installed"
}

mkdir -p "$home" 2> /dev/null
log=$here/gwe_install_$(date '+%Y%m%d_%H%M%S').log
(: > "$log") 2> /dev/null || log=$home/gwe_install.log
(: > "$log") 2> /dev/null || log=/dev/null
# Shown and logged; the exit status is that of main, whatever tee does.
exec 4>&1
status=$({ { (main) 2>&1 3>&- 4>&-; echo $? >&3; } | tee "$log" >&4; } 3>&1)
exit "$status"
