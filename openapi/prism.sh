#!/usr/bin/env bash
# Let Prism serve the document, and the client read what it serves.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PWD/.prism/node_modules/.bin:$PATH"

if ! command -v prism > /dev/null; then
    command -v npm > /dev/null || { echo "npm is not installed, so Prism is skipped"; exit; }
    npm install --silent --prefix .prism @stoplight/prism-cli
fi
PRISM=yes "$1" -m pytest -rs tests/openapi/test_prism.py
