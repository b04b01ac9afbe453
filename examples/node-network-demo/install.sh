#!/bin/sh
# The gateway needs a Node.js; the program itself runs from this package.
version=$(node --version) || { echo 'node-network-demo needs Node.js 22 or later in the PATH of this gateway' >&2; exit 1; }
major=${version#v}
if [ "${major%%.*}" -lt 22 ]; then
  echo "node-network-demo needs Node.js 22 or later; this gateway has $version" >&2
  exit 1
fi
echo "node-network-demo $GWE_APP_VERSION runs on Node.js $version"
