#!/bin/sh
# Runs in the unpacked package: puts the modules where every Python program on the gateway may find them.
set -e
target="$GWE_HOME/lib/python"
mkdir -p "$target"
rm -rf "$target/.exo.new"
cp -R exo "$target/.exo.new"
rm -rf "$target/exo"
mv "$target/.exo.new" "$target/exo"
PYTHONPATH="$target" python3 -c 'import exo.api, exo.device; print("exo", exo.__version__, "is in", exo.__path__[0])'
