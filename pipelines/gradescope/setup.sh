#!/usr/bin/env bash
# Gradescope runs this once, when the autograder's container is built. The container needs Python 3.11 or later.
set -euo pipefail
source=/autograder/source
apt-get update
apt-get install --yes --no-install-recommends python3 python3-venv
python3 -m venv "$source/venv"
"$source/venv/bin/pip" install "$source[course]"
ln -s "$source/venv/bin/autograder" /usr/local/bin/autograder
