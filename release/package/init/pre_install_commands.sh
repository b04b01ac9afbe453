#!/bin/sh
# Before the engine is installed.
# Runs in this folder, as whoever runs install.sh, with GWE_HOME set. A status other than 0 ends the installation.
exit 0
