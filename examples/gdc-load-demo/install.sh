#!/bin/sh
# Runs in the unpacked package. GWE_HOME/bin is on the PATH of every hosted application.
set -e
install -m 755 load.sh "$GWE_HOME/bin/gdc-load-demo"
echo "gdc-load-demo $GWE_APP_VERSION is in $GWE_HOME/bin"
