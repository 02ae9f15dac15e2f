#!/usr/bin/env bash
# The package asks for an old TensorFlow; its layers work with tf_keras, which is Keras 2 for new ones.
set -euo pipefail
pip install --no-deps sxmp-mule==1.1.2
