#!/usr/bin/env bash
# mirdata asks for the clients of four clouds, which no dataset needs.
set -euo pipefail
pip install --no-deps mirdata==1.0.0
