"""The process that trains, in a sandbox: ``python -m functions.train_on_upload.trainer WORK``."""
