#!/usr/bin/env bash
# Let Schemathesis ask a sandbox whatever its document allows, and much that it does not; no answer may be a 500, and
# each has to be as the document says. Schemathesis is installed apart: its pytest plugin is not wanted in every run.
set -euo pipefail
cd "$(dirname "$0")/.."
python=$1 apart=${2:-.venv-schemathesis}

test -x "$apart/bin/schemathesis" || {
    "$python" -m venv "$apart"
    "$apart/bin/python" -m pip install --quiet --quiet --disable-pip-version-check 'schemathesis>=4.10,<5'
}

# Refusals with 200, so that a 500 is one of the sandbox's own.
log=$(mktemp)
"$python" -u -m capillary_async sandbox --port 0 --error-status ok > "$log" &
sandbox=$!
trap 'kill "$sandbox"; rm "$log"' EXIT
until grep -q CAPILLARY_PASSWORD "$log"; do sleep 0.1; done
source "$log"

login=$(printf '%s:%s' "$CAPILLARY_TILL" "$(printf %s "$CAPILLARY_PASSWORD" | md5sum | cut -d ' ' -f 1)" | base64 -w 0)
SCHEMATHESIS_HOOKS=hooks PYTHONPATH=openapi "$apart/bin/schemathesis" run "$CAPILLARY_BASE_URL/openapi.json" \
    --header "Authorization: Basic $login" --max-examples "${EXAMPLES:-20}" --phases examples,coverage,fuzzing \
    --checks not_a_server_error,status_code_conformance,as_documented
