"""The small application with a campaign that has measured it, fitted: models for Pi and VM1, queues for VM2."""

from collections.abc import Mapping
from pathlib import Path

from functions.modelling.application import Destination, Made, campaign_of, publish_campaign
from tests.unit.modelling.campaigns import Demands, campaign
from tests.unit.optimize.samples import DEMANDS, TREE, write

PARAMETERS = """\
input_files: {filename: a.jpg}
synchronous: {intervals: [{throughput: 60, duration_seconds: 10}]}
components: {blur: {parallelism: [2, 1]}}
run: {campaign_dir: TEST, test_synchronously: true}
"""
MEASURED = {(name, each): demands[each] for name, demands in DEMANDS.items() for each in ("Pi", "VM1")}


def application(
    folder: Path, files: Mapping[str, str] = TREE, *, measured: Demands = MEASURED, requests: int = 100
) -> Path:
    """Write the application with its campaign, fit what was measured, and give its folder."""
    tree = "common_config/application_dag.yaml" in files
    place = folder / "oscarp" if tree else folder
    write(files, folder)
    place.mkdir(exist_ok=True)
    (place / "run_parameters.yaml").write_text(PARAMETERS)
    campaign(place / "TEST", measured, requests=requests)
    fitted(folder)
    return folder


def fitted(folder: Path) -> Made:
    """Fit what a campaign has measured, as ``noria fit`` does."""

    def place(name: str) -> Path:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        return folder / name

    return publish_campaign(campaign_of(folder), Destination.of(folder), place)
