#!/bin/sh
# CC and CFLAGS may name another compiler: CC=aarch64-linux-gnu-gcc ./build.sh
set -e
cd "$(dirname "$0")"
build() { ${CC:-cc} -std=c11 -Wall -Wextra -O2 -s ${CFLAGS:-} "$@" -o c-uptime-demo main.c; }
# A static program needs nothing of the gateway but its kernel. Where the C library cannot be linked so, a dynamic one.
build -static 2>/dev/null || build
