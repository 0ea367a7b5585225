from pathlib import Path

import pytest

from functions.modelling.amllibrary import parse, read_configuration, request_of
from functions.modelling.card import Card
from functions.modelling.fitting import fit
from functions.modelling.requests import Request
from functions.modelling.table_reading import read_table
from functions.runtime.errors import Rejected
from tests.unit.modelling.tables import CASES, INPUTS, measured

EXAMPLES = sorted((CASES / "example_configurations").glob("*.ini"))
TEXT = """# a comment
[General]
run_num = 2
techniques = ['LRRidge', 'RandomForest']  # 'XGBoost'
hp_selection = KFold
validation = HoldOut
hold_out_ratio = 0.25
folds = 5
y = "runtime"

[DataPreparation]
input_path = inputs/blur.csv
inverse = ['cores']
log = [*]
product_max_degree = 2

[LRRidge]
alpha = ['loguniform(0.01, 1)']

[RandomForest]
n_estimators = [5]
criterion = ['mse']
max_depth = ['quniform(3,6,1)']
max_features = ['auto']
"""


def request(text: str = TEXT) -> Request:
    return request_of(parse(text, source="aMLLibrary-config.ini"))


def card(text: str = TEXT) -> Card:
    return next(iter(fit(measured(), request(text)))).card


def test_a_configuration_says_what_is_fitted_and_how_it_is_tested() -> None:
    read = request()

    assert (read.target, read.purpose) == ("runtime", "inside")
    assert (read.validation.share, read.validation.runs) == (0.25, 2)
    assert (read.preparation.inverse, read.preparation.log, read.preparation.products) == (("cores",), ("*",), 2)
    assert [each.name for each in read.techniques] == ["LRRidge", "RandomForest"]


def test_old_names_and_distributions_are_values_to_try() -> None:
    ridge, forest = request().techniques

    assert ridge.settings["alpha"] == pytest.approx([0.01, 0.0316, 0.1, 0.316, 1], rel=1e-2)
    assert forest.settings["criterion"] == ["squared_error"]
    assert forest.settings["max_features"] == [1.0]
    assert forest.settings["max_depth"] == [3, 4, 5, 6]


def test_the_techniques_that_are_named_are_compared_and_no_other() -> None:
    made = card()

    assert {each.family.partition(" ")[0] for each in made.tried} == {"LRRidge", "RandomForest"}
    assert made.errors.tested is not None
    assert made.errors.tested < 10
    assert made.errors.tested_on == "25% at random"


@pytest.mark.parametrize("technique", ["DecisionTree", "LRRidge", "NNLS", "RandomForest", "Stepwise", "SVR", "XGBoost"])
def test_every_technique_that_can_be_fitted_is(technique: str) -> None:
    assert card(f"[General]\ntechniques = ['{technique}']\ny = runtime\n").family.startswith(technique)


def test_ernest_s_features_are_those_of_the_paper() -> None:
    text = "[General]\ntechniques = ['NNLS']\ny = runtime\n[DataPreparation]\nernest = True\n"
    text += "rename_columns = {'data_size': 'datasize'}\n"

    fitted = next(iter(fit(measured(noise=0.001), request(text))))

    assert len(fitted.model.features.terms) == 3
    assert fitted.card.errors.inside is not None
    assert fitted.card.errors.inside < 40


def test_what_is_not_done_as_there_is_said() -> None:
    text = TEXT.replace("'RandomForest']", "'NeuralNetwork']").replace("[RandomForest]", "[XGBoost]\ngamma = [0]\n#")

    warnings = request(text.partition("n_estimators")[0]).warnings

    assert "aMLLibrary-config.ini: line 4: NeuralNetwork is not tried: nothing here fits it" in warnings
    assert any("XGBoost.gamma is not used" in each for each in warnings)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("[LRRidge]", "[LRRige]", "line 17: there is no section 'LRRige'; did you mean LRRidge?"),
        ("run_num", "run_nm", "line 3: General has no field 'run_nm'; did you mean run_num?"),
        ("'LRRidge',", "'LRidge',", "line 4: there is no technique 'LRidge'; did you mean LRRidge?"),
        ("validation = HoldOut", "validation = Holdout", "line 6: General.validation .* did you mean HoldOut?"),
        ("hold_out_ratio = 0.25", "hold_out_ratio = 1.5", "line 7: General.hold_out_ratio is 1.5, not between 0 and 1"),
        ("hold_out_ratio = 0.25", "", "validation = HoldOut needs General.hold_out_ratio"),
        ("validation = HoldOut", "validation = Extrapolation", "needs General.extrapolation_columns"),
        ("['cores']", "[1]", "line 13: DataPreparation.inverse .* not a list of names"),
        ("['cores']", "__import__('os').system('true')", "line 13: DataPreparation.inverse"),
        ("['cores']", "[" * 5000, "line 13: DataPreparation.inverse"),
        ("product_max_degree = 2", "product_max_degree = 'two'", "line 15: .* not a number"),
        ("product_max_degree = 2", "product_max_degree = 0", "line 15: .* is 0, but is at least 1"),
        ("loguniform(0.01, 1)", "loguniform(0, 1)", "line 18: alpha is .* whose numbers make no distribution"),
        ("loguniform(0.01, 1)", "lognormal(0, 1)", "line 18: alpha is .* a distribution that is not read"),
        ("['mse']", "[]", "line 22: RandomForest.criterion has no value to try"),
        ("run_num = 2", "run_num = 2\nrun_num = 3", "line 4: General.run_num is there twice"),
        ("[General]", "", "line 3: 'run_num = 2' stands before the first section"),
        ("run_num = 2", "run_num 2", "line 3: 'run_num 2' is no field"),
    ],
)
def test_a_wrong_line_is_named_with_the_nearest_right_word(old: str, new: str, sentence: str) -> None:
    with pytest.raises(Rejected, match=f"^aMLLibrary-config.ini: .*{sentence}") as failure:
        request(TEXT.replace(old, new, 1))

    assert len(str(failure.value)) < 300


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("inverse = ['cores']", "inverse = ['core']", "core, which is no input; did you mean cores?"),
        ("product_max_degree = 2", "product_max_degree = 9", "products of degree 9 are more than"),
        ("y = \"runtime\"", "y = \"run\"", "there is no column 'run'"),
        ("alpha = ['loguniform(0.01, 1)']", "alpha = ['much']", "LRRidge.*alpha"),
        ("criterion = ['mse']", "criterion = ['gini']", "RandomForest.*criterion"),
        ("n_estimators = [5]", "n_estimators = [-5]", "RandomForest.*n_estimators"),
    ],
)  # fmt: skip
def test_values_that_do_not_fit_the_table_or_the_technique_are_refused(old: str, new: str, sentence: str) -> None:
    with pytest.raises(Rejected, match=sentence):
        card(TEXT.replace(old, new))


@pytest.mark.skipif(not EXAMPLES, reason="../shared is not here")
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_published_example_is_fitted(path: Path) -> None:
    text = path.read_text()
    name = text.partition("inputs/")[2].partition(".csv")[0]
    table = read_table(INPUTS / f"{name}.csv")
    if len(table) > 200:
        table = table.where(table.lines % (len(table) // 100) == 0)

    (fitted,) = fit(table, read_configuration(path))

    assert fitted.card.errors.inside is not None
    assert fitted.card.errors.inside < 30
