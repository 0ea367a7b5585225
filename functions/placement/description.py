"""What a system's JSON file says, in the form that SPACE4AI-D reads today (continuum.md 2.10)."""

from typing import Annotated

from pydantic import ConfigDict, Field

from functions.continuum.model import Model, Name, NodeCount, NotNegative, Positive, Probability, Text
from functions.placement.behaviours import MOST_PREDICTED


class PartitionText(Model):
    """One partition."""

    next: tuple[Name, ...] = Field(description="The partition that follows, or the components that do.")
    early_exit_probability: Probability = 0.0
    data_size: tuple[NotNegative, ...] = Field(description="What is sent to each of next.")


class NodeText(Model):
    """One type of edge node or virtual machine."""

    number: NodeCount = Field(description="The most that can be had.")
    cost: NotNegative = Field(description="Money an hour of one node.")
    memory: Positive = Field(description="MB of one node.")
    n_cores: Positive = 1
    description: Text | None = ""


class FunctionText(Model):
    """One configuration of a function as a service."""

    cost: NotNegative = Field(description="Money an hour of one instance that is busy.")
    memory: Positive = Field(description="MB of one instance.")
    idle_time_before_kill: NotNegative = Field(description="Seconds.")
    description: Text | None = ""


class FunctionLayerText(Model):
    """A layer of functions; every other name than ``transition_cost`` is one."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, FunctionText] = Field(init=False)

    transition_cost: NotNegative = 0.0

    @property
    def functions(self) -> dict[str, FunctionText]:
        """The configurations by name."""
        return self.__pydantic_extra__ or {}


class CandidateText(Model):
    """A resource that a partition may run on."""

    resource: Name
    memory: NotNegative = Field(description="MB of the container.")


class PerformanceText(Model):
    """How a partition behaves on one resource; times in seconds."""

    model: Name
    demand: Positive | None = None
    demand_warm: Positive | None = Field(default=None, alias="demandWarm")
    demand_cold: Positive | None = Field(default=None, alias="demandCold")
    mean_time: Positive | None = Field(default=None, alias="meanTime")
    regressor_file: Text | None = None
    seconds: Annotated[tuple[Positive, ...], Field(min_length=1, max_length=MOST_PREDICTED)] | None = Field(
        default=None, description="On 1, 2, 3... nodes, as a learnt model says; nobody else writes or reads it."
    )


class LocalText(Model):
    """A constraint on one component."""

    local_res_time: Positive = Field(description="Seconds that it may take.")


class GlobalText(Model):
    """A constraint on components that follow one another."""

    components: tuple[Name, ...] = Field(min_length=1)
    global_res_time: Positive = Field(description="Seconds that they may take together.")


class DomainText(Model):
    """A network that joins layers."""

    layers: tuple[Name, ...] = Field(alias="computationalLayers", min_length=1)
    access_delay: NotNegative = Field(alias="AccessDelay", description="Seconds.")
    bandwidth: Positive = Field(alias="Bandwidth", description="kbit/s.")


class FollowersText(Model):
    """The components that follow one, and the share of its requests that goes on to each."""

    next: tuple[Name, ...]
    transition_probability: tuple[Probability, ...]


Partitions = dict[Name, PartitionText]
Deployments = Annotated[dict[Name, Partitions], Field(min_length=1)]
Nodes = dict[Name, NodeText]


class SystemText(Model):
    """A whole file."""

    components: dict[Name, Deployments] = Field(alias="Components", min_length=1, max_length=1000)
    edge: dict[Name, Nodes] = Field(default={}, alias="EdgeResources")
    cloud: dict[Name, Nodes] = Field(default={}, alias="CloudResources")
    faas: dict[Name, FunctionLayerText] = Field(default={}, alias="FaaSResources")
    compatibility: dict[Name, dict[Name, tuple[CandidateText, ...]]] = Field(alias="CompatibilityMatrix")
    performance: dict[Name, dict[Name, dict[Name, PerformanceText]]] = Field(alias="Performance")
    load: NotNegative | None = Field(default=None, alias="Lambda", description="Requests a second that arrive.")
    local: dict[Name, LocalText] = Field(default={}, alias="LocalConstraints")
    paths: dict[Name, GlobalText] = Field(default={}, alias="GlobalConstraints")
    domains: dict[Name, DomainText] = Field(default={}, alias="NetworkTechnology")
    graph: dict[Name, FollowersText] = Field(alias="DirectedAcyclicGraph")
    hours: Positive = Field(default=1.0, alias="Time", description="Hours that the costs are summed over.")
