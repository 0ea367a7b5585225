#!/bin/sh
# What OSCAR's supervisor calls in the container: results appear in TMP_OUTPUT_DIR all at once, or not at all.
exec noria invoke verify-bom --input "$(dirname "$INPUT_FILE_PATH")" --output "$TMP_OUTPUT_DIR"
