"""A campaign's folder knows what it was begun with, and is not mixed with anything else."""

from pathlib import Path

import pytest

from functions.profiling.campaign import Campaign, FinishedRun
from functions.runtime.errors import Rejected
from local.cli.profile.folder import CampaignFolder
from tests.unit.profiling.samples import planned

EDGE = {"VM1": "https://oscar.edge"}
CAMPAIGN = Campaign(name="test", application="copying", seed=0, runs=(planned(),))


@pytest.fixture
def folder(tmp_path: Path) -> CampaignFolder:
    """A campaign on a cluster, with one run that has ended."""
    made = CampaignFolder(tmp_path / "campaign")
    made.begin(CAMPAIGN, resume=False, clusters=EDGE)
    made.keep(FinishedRun(name=CAMPAIGN.runs[0].name, requests=(), records=()))
    return made


def test_a_campaign_goes_on_where_it_was_begun(folder: CampaignFolder) -> None:
    folder.begin(CAMPAIGN, resume=True, clusters=EDGE)

    assert folder.finished(CAMPAIGN.runs[0].name) is not None


@pytest.mark.parametrize("clusters", [None, {}, {"VM1": "https://oscar.other"}, {**EDGE, "VM2": "https://oscar.edge"}])
def test_a_campaign_does_not_go_on_elsewhere(folder: CampaignFolder, clusters: dict[str, str] | None) -> None:
    with pytest.raises(Rejected, match="was begun on other clusters"):
        folder.begin(CAMPAIGN, resume=True, clusters=clusters)


def test_a_campaign_of_before_there_were_clusters_goes_on_here(folder: CampaignFolder) -> None:
    (folder.path / "clusters.json").unlink()

    folder.begin(CAMPAIGN, resume=True)

    with pytest.raises(Rejected, match="was begun on other clusters"):
        folder.begin(CAMPAIGN, resume=True, clusters=EDGE)


def test_a_campaign_s_token_is_drawn_once(folder: CampaignFolder, tmp_path: Path) -> None:
    assert folder.token == CampaignFolder(folder.path).token
    assert CampaignFolder(tmp_path / "other").token != folder.token


@pytest.mark.parametrize("content", ["", "../../etc", "0A1B2C3D", "0a1b2c3d4e"])
def test_a_token_that_was_not_drawn_is_refused(folder: CampaignFolder, content: str) -> None:
    (folder.path / "token").write_text(content)

    with pytest.raises(Rejected, match="token is damaged"):
        _ = folder.token
