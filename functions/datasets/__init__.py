"""Data sets that strangers upload: what they are said to be, and what they are.

A data set comes with ``dataset_definition.yaml``, read by ``definition.read_definition``. Its fields are those of
AIBoMGen (``columns``, ``label``, ``input_shape``, ``output_shape``, ``preprocessing``) and, all optional, how it is
split and trained. Nothing in it is executed; nothing is repaired in silence either: what does not fit is refused with
the line, row or column where it stands.

    columns:
      feature1: float          # float, int or bool; a feature is a number. The order here is the order in the model
      feature2: float
      label: int               # float, int, bool or str
    label: label
    input_shape: [2]
    output_shape: [1]
    preprocessing: {normalize: true, scale: 1.0, clip: [0.0, 1.0]}   # done in this order

``arrays.read`` then reads the data set itself, by the ending of its name:

- ``.csv``: a header and one row a sample; ``,``, ``;`` or a tab between cells (seen in the header, or ``delimiter:``).
- ``.parquet``: the same columns; numbers, booleans and text only.
- ``.npz``: arrays ``x`` (N, *input_shape) and ``y`` (N,) or, where ``columns`` are given, one (N,) array for each.
- ``.zip``: a folder a class with PNG, JPEG, WebP or BMP pictures of ``input_shape``'s size (or ``resize: true``).

Classes are numbered in sorted order of what stands in the label. Whole numbers from 0 to one less than the outputs
number themselves; other labels must be exactly as many as there are outputs, or be listed in ``classes``.

``splits.split`` parts the rows; ``preprocessing.prepare`` learns mean and deviation from the training part alone.
Nothing here imports a framework; this package and ``definition`` import no numpy either.
"""
