#!/bin/sh
# First of all: what the machine needs before anything is installed, for instance a mount or a kernel module.
# Runs in this folder, as whoever runs install.sh, with GWE_HOME set. A status other than 0 ends the installation.
exit 0
