#!/bin/sh
# Runs in the unpacked package. The program may have been built before packing; where it is missing, or is for another
# processor, it is built here.
set -e
if [ -x c-uptime-demo ] && ./c-uptime-demo --version >/dev/null 2>&1; then
  origin='as it was packed'
elif command -v cc >/dev/null; then
  ./build.sh
  origin="built here by $(cc --version | head -n 1)"
else
  echo "c-uptime-demo was not built for this gateway ($(uname -m)), and there is no C compiler (cc) here" >&2
  exit 1
fi
# A program that runs cannot be written to, but another file can take its name.
install -m 755 c-uptime-demo "$GWE_HOME/bin/c-uptime-demo.new"
mv "$GWE_HOME/bin/c-uptime-demo.new" "$GWE_HOME/bin/c-uptime-demo"
echo "c-uptime-demo $GWE_APP_VERSION is in $GWE_HOME/bin, $origin"
