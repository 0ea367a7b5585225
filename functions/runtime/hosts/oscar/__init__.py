"""The OSCAR host: one job of a service, called by its script between what OSCAR's supervisor does.

The supervisor (faas-supervisor 1.5.8) uploads whatever lies in ``TMP_OUTPUT_DIR`` and never looks at the script's exit
status, and OSCAR never runs a job again. So the host tries again itself, and who is to see a failure finds an object
``*.failure.json``. With a ledger (``NORIA_LEDGER``) the engine does what it does on every host, uploads included, and
leaves nothing for the supervisor; without one, results appear in ``TMP_OUTPUT_DIR`` all at once, or not at all.
"""
