#!/bin/sh
# Runs in the unpacked package. GWE_HOME/bin is on the PATH of every hosted application.
set -e
install -m 755 memory.py "$GWE_HOME/bin/exo-memory-demo"
echo "exo-memory-demo $GWE_APP_VERSION is in $GWE_HOME/bin"
