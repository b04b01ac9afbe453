#!/bin/sh
# Runs in the unpacked package. GWE_HOME/bin is on the PATH of every hosted application.
set -e
install -m 755 sine.sh "$GWE_HOME/bin/gmq-sine-demo"
echo "gmq-sine-demo $GWE_APP_VERSION is in $GWE_HOME/bin"
