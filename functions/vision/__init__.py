"""Pictures, faces in them and the models that find them: what the vision functions share."""
