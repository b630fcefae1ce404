# shellcheck shell=sh
# Sourced by the entrypoints in the project's folder: installs what is missing, then puts the project's own Node and
# tools first on PATH. Everything it says goes to stderr, so that a command's --json stays clean.

stamp=node_modules/.lock-installed

# Before PATH is changed: npm ci deletes the Node that lies in node_modules.
if ! cmp -s package-lock.json "$stamp"; then
  if ! command -v npm >/dev/null; then
    echo 'soakrig: npm is missing. Install Node 20 or newer (with npm); the right Node is then fetched by npm.' >&2
    exit 106
  fi
  echo 'soakrig: installing dependencies' >&2
  npm ci --loglevel=error --no-audit --no-fund >&2 || {
    echo 'soakrig: npm ci failed, see above' >&2
    exit 106
  }
fi

PATH="$PWD/node_modules/.bin:$PATH"
export PATH

if ! node -e 'process.exit(parseInt(process.versions.node) >= 24 ? 0 : 1)' 2>/dev/null; then
  echo "soakrig: Node 24 does not run here (found $(node -v 2>/dev/null || echo none)). The npm package 'node' fetches it in its" >&2
  echo "soakrig: install script: allow install scripts (npm config get ignore-scripts) and run this again, or install Node 24." >&2
  exit 106
fi

# Only now, so that an install without a working Node is tried again.
cmp -s package-lock.json "$stamp" || cp package-lock.json "$stamp"
