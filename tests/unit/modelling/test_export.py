"""What an ONNX file says is what the fitted model says, and what scikit-learn says of it."""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingRegressor
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
from sklearn.linear_model import Ridge
from sklearn.svm import SVR

from functions.modelling.choosing import fitted
from functions.modelling.families import families
from functions.modelling.features import Base, Features
from functions.modelling.gaussian_process import process
from functions.modelling.graph import Graph, Numbers
from functions.modelling.graph_size import ROWS, rows_at_once
from functions.modelling.intervals import Interval
from functions.modelling.model import Model, PlainTarget
from functions.modelling.regressors import Regressor, Scaling, squared
from functions.modelling.sample import FunctionTimes, Sample
from functions.modelling.support_vectors import Kernel, vectors
from functions.modelling.trees import Ensemble, trees
from functions.models.inspection import inspect
from tests.unit.modelling.tables import measured, sample_of

RANDOM = np.random.default_rng(5)
Z = np.column_stack([RANDOM.uniform(1, 9, 80), RANDOM.uniform(-2, 2, 80), RANDOM.integers(0, 3, 80)])
T = np.sin(Z[:, 0]) + Z[:, 1] ** 2 + 0.3 * Z[:, 2] + 5
NEW = np.column_stack([RANDOM.uniform(0.5, 12, 200), RANDOM.uniform(-3, 3, 200), RANDOM.integers(0, 3, 200)])
FUNCTION = Sample(
    ("load", "warm_time", "cold_time", "idle_time"),
    np.column_stack(
        [np.geomspace(0.01, 9, 40), np.linspace(0.2, 2, 40), np.linspace(3, 0.5, 40) + 2, np.full(40, 600.0)]
    ),
    np.ones(40),
    beyond=(0,),
    function=FunctionTimes(1, 2, 0, 3),
)


def run(content: bytes, x: Numbers) -> list[Numbers]:
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return [np.asarray(each) for each in session.run(None, {"features": x})]


def exported(model: Model, x: Numbers) -> Numbers:
    graph = Graph()
    content = graph.finished({"seconds": model.export(graph)}, columns=x.shape[1], metadata={})
    return run(content, x)[0]


def plain(regressor: Regressor) -> Model:
    features = Features(tuple((Base(place, "plain"),) for place in range(Z.shape[1])))
    return Model("test", features, regressor, PlainTarget())


def as_scikit_learn(name: str) -> tuple[Regressor, Any]:
    scaled = Scaling.of(Z)(Z)
    if name == "ridge":
        return squared(Z, T, alphas=(0.01,))[0], Ridge(alpha=0.01 * len(Z)).fit(scaled, T)
    if name == "process":
        mine = process(Z, T, starts=1)
        noise = WhiteKernel(1e-9)
        # What was found is given again: that the search finds the same is not what is tested here.
        lengths, (middle, spread) = mine.lengths, (T.mean(), T.std())
        kernel = ConstantKernel(1.0, "fixed") * Matern(lengths, "fixed", nu=2.5) + noise
        theirs = GaussianProcessRegressor(kernel, optimizer=None).fit(scaled, (T - middle) / spread)
        theirs.alpha_ = mine.pull
        theirs.X_train_ = mine.rows * lengths
        return mine, _Rescaled(theirs, middle, spread)
    kind: Any = name
    if name in ("rbf", "linear", "poly", "sigmoid"):
        kernels: Kernel = kind
        theirs = SVR(kernel=kernels, C=2.0, epsilon=0.02, gamma=0.1, degree=3)
        return vectors(Z, T, c=2.0, epsilon=0.02, gamma=0.1, kernel=kernels, degree=3), theirs.fit(scaled, T)
    ensemble: Ensemble = kind
    if name == "boosted":
        options = {"n_estimators": 30, "max_depth": 4, "learning_rate": 0.1, "subsample": 0.7}
        return trees(Z, T, ensemble, options=options), GradientBoostingRegressor(**options, random_state=0).fit(Z, T)
    options = {"n_estimators": 20, "min_samples_leaf": 2}
    return trees(Z, T, ensemble, options=options), ExtraTreesRegressor(**options, random_state=0).fit(Z, T)


class _Rescaled:
    def __init__(self, inner: Any, middle: float, spread: float) -> None:
        self.inner, self.middle, self.spread = inner, middle, spread

    def predict(self, z: Numbers) -> Numbers:
        return np.asarray(self.middle + self.spread * self.inner.predict(z))


@pytest.mark.parametrize("name", ["ridge", "process", "rbf", "linear", "poly", "sigmoid", "boosted", "extra"])
def test_a_regression_says_the_same_in_scikit_learn_in_numpy_and_in_onnx(name: str) -> None:
    mine, theirs = as_scikit_learn(name)
    model = plain(mine)

    expected = np.maximum(theirs.predict(NEW if name in ("boosted", "extra") else Scaling.of(Z)(NEW)), 1e-9)

    np.testing.assert_allclose(model.predict(NEW), expected, rtol=1e-6)
    np.testing.assert_allclose(exported(model, NEW), expected, rtol=1e-6)


@pytest.mark.parametrize("sample", [sample_of(measured(repeats=1)), FUNCTION], ids=["cores", "function"])
def test_every_family_says_the_same_as_its_file_also_beyond_what_was_measured(sample: Sample, tmp_path: Path) -> None:
    names = []
    for family in families(sample):
        model = fitted(family, sample)
        x = np.vstack([sample.x, sample.x * 1.7])

        file = tmp_path / "model.onnx"
        graph = Graph()
        file.write_bytes(graph.finished({"seconds": model.export(graph)}, columns=x.shape[1], metadata={}))

        np.testing.assert_allclose(run(file.read_bytes(), x)[0], model.predict(x), rtol=1e-7, err_msg=family.name)
        inspect(file)
        assert rows_at_once(file.read_bytes(), file.name) == ROWS[0]
        names.append(family.name)
    assert len(names) > 9


def test_a_file_has_the_bounds_too_and_they_are_wider_outside() -> None:
    sample = sample_of(measured())
    interval = Interval.of(sample.x, inside=np.linspace(-0.1, 0.2, 50), beyond=np.linspace(-0.4, 0.4, 50))
    model = fitted(next(families(sample)), sample)
    graph = Graph()
    seconds = model.export(graph)
    lower, upper = interval.export(graph, seconds)
    content = graph.finished({"seconds": seconds, "lower": lower, "upper": upper}, columns=2, metadata={"a": "b"})
    x = np.array([[2.0, 4.0], [16.0, 4.0]])

    found = run(content, x)

    low, high = interval.around(x, found[0])
    np.testing.assert_allclose(found[1], low)
    np.testing.assert_allclose(found[2], high)
    assert (found[2] / found[1])[1] > 1.5 * (found[2] / found[1])[0]


def test_equal_measurements_give_equal_bytes() -> None:
    def content() -> bytes:
        sample, graph = sample_of(measured()), Graph()
        made = fitted(list(families(sample))[-1], sample).export(graph)
        return graph.finished({"seconds": made}, columns=2, metadata={"b": "1", "a": "2"})

    assert content() == content()


def test_words_are_ones_and_zeros() -> None:
    features = Features(((Base(0, "is", 2.0),), (Base(0, "is", 2.0), Base(1, "log", 1.0))))
    x = np.array([[0.0, 1.0], [2.0, np.e - 1]])

    np.testing.assert_allclose(features.of(x), [[0, 0], [1, 1]])
