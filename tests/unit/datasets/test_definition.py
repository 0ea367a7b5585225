import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from functions.datasets.definition import Definition, DefinitionError, read_definition
from functions.datasets.vocabulary import LOSSES, METRICS, OPTIMIZERS
from functions.runtime.errors import Rejected
from tests.datasets_samples import tabular

ROOT = Path(__file__).parents[3]
PLAIN = "columns: {a: float, b: int, c: str}\nlabel: c\ninput_shape: [2]\noutput_shape: [3]\n"
NUMBERS = "columns: {a: float, y: float}\nlabel: y\ninput_shape: [1]\noutput_shape: [1]\n"
PICTURES = "type: image\ninput_shape: [8, 8, 3]\noutput_shape: [1]\n"


Define = Callable[[str], Definition]


@pytest.fixture
def define(tmp_path: Path) -> Define:
    def read(text: str) -> Definition:
        path = tmp_path / "dataset_definition.yaml"
        path.write_text(text)
        return read_definition(path)

    return read


def test_the_references_example_is_read(tmp_path: Path) -> None:
    _, path = tabular(tmp_path, rows=4)

    definition = read_definition(path)

    assert definition.input_shape == (13,)
    assert definition.features[:3] == ("feature1", "feature10", "feature11")
    assert definition.preprocessing.model_dump() == {"normalize": True, "scale": 1.0, "clip": (0.0, 1.0)}
    assert definition.task == "binary"


def test_the_references_example_is_read_as_its_page_prints_it(tmp_path: Path) -> None:
    page = ROOT.parent / "shared" / "reference" / "aibomgen.txt"
    if not page.is_file():
        pytest.skip("../shared is not here")
    _, _, after = page.read_text().partition("**Example `dataset_definition.yaml`:**\n```\n")
    printed = tmp_path / "printed.yaml"
    printed.write_text(after.partition("```")[0])
    _, ours = tabular(tmp_path, rows=4)

    assert read_definition(printed) == read_definition(ours)


def test_the_definition_that_aibomgen_writes_for_pictures_is_read(define: Define) -> None:
    # aibomgen-platform/utils/generate_mnist_test_files.py of idlab-discover/AIBoMGen, as yaml.dump orders it.
    definition = define(
        "image_size:\n- 28\n- 28\ninput_shape:\n- 28\n- 28\n- 3\noutput_shape:\n- 10\n"
        "preprocessing:\n  normalize: true\ntype: image\n"
    )

    assert (definition.form, definition.task, definition.picture_size) == ("image", "multiclass", (28, 28))


def test_every_wrong_field_is_named_with_its_line_and_the_nearest_right_name(define: Define) -> None:
    text = """\
        columns: {a: flaot, b: int, c: str}
        lable: c
        input_shape: 2
        output_shape: [0]
        epoch: 3
        batch_size: many
        optimizer: {name: adm, learning_rte: 0.1}
        loss: crossentrpy
        metrics: [acuracy]
        preprocessing: {normalise: true}
        split: {test: 1.5}
        seed: -1
        """

    with pytest.raises(DefinitionError) as refusal:
        define(text)

    assert refusal.value.message.removeprefix("dataset_definition.yaml: ").split("; line ") == [
        "line 1: columns.a is 'flaot', not 'float', 'int', 'str' or 'bool'; did you mean float?",
        "2: lable is not a field; did you mean label?",
        "3: input_shape must be a list, not 2",
        "4: output_shape.0 must be at least 1, not 0",
        "5: epoch is not a field; did you mean epochs?",
        "6: batch_size must be a whole number, not 'many'",
        "7: optimizer.name: 'adm' is not an optimizer here; did you mean adam?",
        "7: optimizer.learning_rte is not a field; did you mean learning_rate?",
        "8: loss: 'crossentrpy' is not a loss here; did you mean crossentropy?",
        "9: metrics.0: 'acuracy' is not a metric here; did you mean accuracy?",
        "10: preprocessing.normalise is not a field; did you mean normalize?",
        "11: split.test must be less than 1.0, not 1.5",
        "12: seed must be at least 0, not -1",
    ]
    assert [problem.line for problem in refusal.value.problems] == [1, 2, 3, 4, 5, 6, 7, 7, 8, 9, 10, 11, 12]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("input_shape: [1]\n", "line 1: output_shape is missing: shape of one prediction"),
        (PLAIN.replace("label: c", "label: d"), "line 2: label is 'd', which is not among the columns"),
        (PLAIN.replace("label: c\n", ""), "line 1: label is missing: the column that is learned"),
        (PLAIN.replace("[2]", "[3]"), "line 3: input_shape .3. takes 3 numbers, but there are 2 feature columns"),
        (PLAIN.replace("a: float", "a: str"), "line 1: columns.a is str; a feature is a number"),
        (PLAIN.replace("[3]", "[3, 3]") + "task: multiclass", "output_shape .3, 3. does not fit a multiclass task"),
        (PLAIN.replace("[3]", "[1]") + "loss: mse", "line 1: columns.c is str; a regression learns a float or an int"),
        (PLAIN + "task: binary", "line 4: output_shape .3. does not fit a binary task"),
        (PLAIN + "task: binary\nloss: mse", "loss mean_squared_error is for regression, but the task is binary"),
        (PLAIN + "metrics: [mse]", "metric mean_squared_error is not of a multiclass task; there are accuracy"),
        (PLAIN + "metrics: [acc, accuracy]", "metric accuracy is listed 2 times"),
        (PLAIN + "split: {validation: 0.6, test: 0.4}", "line 5: split: validation 0.6 and test 0.4 leave no rows"),
        (PLAIN + "classes: [x, y]", "line 5: classes has 2 entries, but the model tells 3 apart"),
        (PLAIN + "classes: [x, y, x]", "line 5: classes has 'x' twice"),
        (PLAIN + "classes: [x, y, zed]\nclass_weights: {x: 1, y: 1, zad: 1}", "'zad', which is not a class; did you"),
        (PLAIN + "classes: [x, y, z]\nclass_weights: {x: 1, y: 1}", "class_weights has no weight for class 'z'"),
        (PLAIN + "class_weights: {x: 0}", "line 5: class_weights.x must be greater than 0"),
        (PLAIN + "class_weights: ballanced", "did you mean balanced"),
        (PLAIN + "early_stopping: {patience: 3, monitor: val_auc}", "is val_auc, but auc is not among the metrics"),
        (PLAIN + "early_stopping: {patience: 3}\nsplit: {validation: 0}", "is val_loss, but split.validation is 0"),
        (PLAIN + "early_stopping: {}", "early_stopping.patience is missing"),
        (PLAIN + "optimizer: {name: sgd, beta_1: 0.9}", "optimizer.beta_1 is not a setting of sgd, which has learning"),
        (PLAIN + "preprocessing: {clip: [1, 0]}", "preprocessing.clip .1, 0. leaves a single value or none"),
        (PLAIN + "preprocessing: {scale: 0}", "preprocessing.scale is 0"),
        (PLAIN + "preprocessing: {scale: true}", "preprocessing.scale must be a number, not True"),
        (PLAIN + "epochs: 3.5", "epochs must be a whole number, not 3.5"),
        (PLAIN + "epochs: '3'", "epochs must be a whole number, not '3'"),
        (PLAIN + "model: ../m.keras", "model must be a file's name without its folder"),
        (PLAIN + "model: m.pkl", "model is 'm.pkl'; it must end with .keras"),
        (PLAIN + "model: m.safetensors", "architecture is missing: a .safetensors file has weights and no layers"),
        (PLAIN + "dataset: d.tfrecord", "dataset is 'd.tfrecord'; it must end with .csv"),
        (PLAIN + "dataset: d.csv\ntype: npz", "type is npz, but the dataset's name ends with .csv"),
        (PLAIN + "dataset: d.npz\ndelimiter: ;", "delimiter is of CSV files"),
        (PLAIN + "type: tfrecord", "line 5: type is 'tfrecord', not"),
        (PLAIN + "sha256: {d.csv: 12ab}", "sha256.d.csv must be 64 hexadecimal digits"),
        (
            PLAIN + f"model: m.keras\ndataset: d.csv\nsha256: {{e.csv: {'a' * 64}}}",
            "'e.csv', which is neither model nor",
        ),
        (PLAIN + "about: {license: 'MIT; DROP'}", "about.license must be an SPDX expression"),
        (PLAIN + "about: {name: 2024}", "about.name must be text, not 2024; put it in quotes"),
        (PLAIN + "resize: true", "line 5: resize is of pictures; this is a table"),
        (
            PLAIN.replace("[2]", "[1, 2]") + "type: image",
            "columns are of tables; a zip of pictures has a folder for each class",
        ),
        ("type: csv\ninput_shape: [1]\noutput_shape: [1]\n", "columns is missing"),
        (PICTURES.replace("3]", "7]"), "input_shape .8, 8, 7. is of no picture"),
        (PICTURES + "image_size: [9, 8]", "image_size is .9, 8., but input_shape has .8, 8."),
        (PICTURES + "task: regression", "pictures in folders have classes"),
        (NUMBERS + "class_weights: balanced", "class_weights needs classes, and a regression has none"),
        (NUMBERS + "split: {stratify: true}", "split.stratify needs classes"),
        (
            NUMBERS.replace("output_shape: [1]", "output_shape: [2]") + "task: multiclass",
            "columns.y is float; classes are int, str or bool",
        ),
        (NUMBERS.replace("output_shape: [1]", "output_shape: [2]"), "output_shape .2. does not fit one label column"),
        (PLAIN + "architecture: {layers: [{kind: liner}]}", "liner is not a kind of layer here; did you mean linear"),
    ],
)
def test_fields_that_do_not_fit_are_named(define: Define, text: str, sentence: str) -> None:
    with pytest.raises(DefinitionError, match=sentence) as refusal:
        define(text)

    assert len(refusal.value.problems) == 1


def test_what_does_not_fit_is_told_together_with_what_is_wrong_by_itself(define: Define) -> None:
    with pytest.raises(DefinitionError) as refusal:
        define(PLAIN.replace("label: c", "label: d") + "epochs: 0\nsplit: {validation: 0.5, test: 0.5}\n")

    assert [problem.place[0] for problem in refusal.value.problems] == ["label", "epochs", "split"]


def test_thousands_of_wrong_fields_are_refused_with_the_first_of_them(define: Define) -> None:
    with pytest.raises(DefinitionError, match="and more") as refusal:
        define("columns:\n" + "".join(f"  c{number}: flot\n" for number in range(9000)))

    assert len(refusal.value.message) < 6000


@pytest.mark.parametrize(
    ("text", "task"),
    [
        (PLAIN, "multiclass"),
        (PLAIN.replace("[3]", "[1]"), "binary"),
        (NUMBERS, "regression"),
        (NUMBERS + "loss: bce", "binary"),
        (NUMBERS.replace("y: float", "y: int"), "binary"),
        (NUMBERS.replace("y: float", "y: int") + "loss: mae", "regression"),
        (NUMBERS.replace("y: float", "y: int") + "task: regression", "regression"),
        (PICTURES.replace("[1]", "[10]"), "multiclass"),
        ("input_shape: [4]\noutput_shape: [8, 8]", "regression"),
    ],
)
def test_the_task_is_told_from_loss_label_and_output(define: Define, text: str, task: str) -> None:
    assert define(text).task == task


def test_names_are_known_as_keras_torch_and_people_write_them(define: Define) -> None:
    definition = define(
        PLAIN + "loss: SparseCategoricalCrossentropy\nmetrics: [ACC, f1-score]\noptimizer: AdamW\n"
        "early_stopping: {monitor: val_acc, patience: 2}\n"
    )

    assert definition.loss == "sparse_categorical_crossentropy"
    assert definition.metrics == ("accuracy", "f1")
    assert definition.optimizer.name == "adamw"
    assert definition.early_stopping is not None
    assert definition.early_stopping.monitor == "val_accuracy"
    assert definition.early_stopping.wants_more


def test_an_optimizer_has_all_its_settings_and_no_other(define: Define) -> None:
    definition = define(PLAIN + "optimizer: {name: sgd, momentum: 0.9}\n")

    assert definition.optimizer.settings() == {"learning_rate": 0.01, "momentum": 0.9, "nesterov": False}


@pytest.mark.parametrize("words", [LOSSES, METRICS])
def test_no_name_stands_for_two_things(words: dict[str, tuple[str, ...]]) -> None:
    spellings = [spelling for name, others in words.items() for spelling in (name, *others)]

    assert len(set(spellings)) == len(spellings)


def test_a_definition_outlives_its_journey_as_json(define: Define) -> None:
    definition = define(
        PLAIN + "classes: [x, 2, z]\nclass_weights: {x: 1, '2': 2, z: 0.5}\nepochs: 3\nseed: 7\n"
        "optimizer: {name: sgd, momentum: 0.9}\nearly_stopping: {patience: 2}\nabout: {license: CC-BY-4.0}\n"
        f"sha256: {{d.csv: {'a0' * 32}}}\npreprocessing: {{clip: [0, 1], scale: 2}}\n"
    )

    assert Definition.model_validate_json(definition.model_dump_json()) == definition


def test_a_definition_made_in_python_is_checked_as_one_from_a_file() -> None:
    with pytest.raises(ValueError, match="takes 3 numbers, but there is 1 feature column"):
        Definition.model_validate(
            {"columns": {"a": "float", "y": "int"}, "label": "y", "input_shape": [3], "output_shape": [1]}
        )


def test_the_defaults_of_the_optimizers_are_settings_that_a_definition_may_have() -> None:
    for name, settings in OPTIMIZERS.items():
        definition = Definition.model_validate(
            {"input_shape": [1], "output_shape": [1], "optimizer": {"name": name, **settings}}
        )
        assert definition.optimizer.settings() == settings


def test_reading_a_definition_loads_no_numpy_and_no_framework() -> None:
    code = (
        "import sys, functions.datasets.definition as d\n"
        "loaded = {'numpy', 'pyarrow', 'PIL', 'keras', 'tensorflow', 'torch', 'h5py'} & set(sys.modules)\n"
        "sys.exit(f'loaded: {loaded}' if loaded else 0)"
    )

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_no_module_of_data_sets_imports_a_framework() -> None:
    code = (
        "import sys, pkgutil, importlib, functions.datasets as package\n"
        "for each in pkgutil.iter_modules(package.__path__):\n"
        "    importlib.import_module(f'functions.datasets.{each.name}')\n"
        "loaded = {'keras', 'tensorflow', 'torch', 'h5py', 'pandas', 'onnx'} & set(sys.modules)\n"
        "sys.exit(f'loaded: {loaded}' if loaded else 0)"
    )

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_a_file_that_is_not_text_is_refused_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "dataset_definition.yaml"
    path.write_bytes(b"input_shape: [1]\nlabel: caf\xe9\n")

    with pytest.raises(Rejected, match="line 2: it is not UTF-8 text"):
        read_definition(path)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("loss: categorical_crossentropy_\n", "did you mean categorical_crossentropy?"),
        ("early_stopping: {monitor: val_los, patience: 2}\n", "did you mean val_loss?"),
    ],
)
def test_a_word_that_is_almost_right_is_not_taken_for_the_right_one(tmp_path: Path, more: str, said: str) -> None:
    _, definition = tabular(tmp_path, more=more)

    with pytest.raises(DefinitionError) as refused:
        read_definition(definition)

    assert said in refused.value.message
