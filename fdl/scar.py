"""Every field of a SCAR function on AWS (grycap/scar e6c8b06: fdl-example.yaml, docs/source, scar/parser/cfgfile.py).

What noria does not act on, such as the API gateway's settings, is kept as it was given.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from fdl.form import Form, Text
from fdl.oscar import Environment, Level, StorageIO
from fdl.storage import StorageProviders

MEBIBYTE = 1024**2

Given = dict[str, Any]


class Container(Form):
    """The image that the script runs in: a name, or a file that ``docker save`` wrote."""

    image: Text = ""
    image_file: Text = ""
    alpine: bool = False
    create_image: bool = True
    timeout_threshold: int = 10
    environment: Environment = Environment()


class Lambda(Form):
    """A function of AWS Lambda; memory in MB, timeout in seconds."""

    name: Annotated[str, Field(min_length=1)]
    boto_profile: Text = "default"
    region: Text = "us-east-1"
    execution_mode: Literal["lambda", "lambda-batch", "batch"] = "lambda"
    memory: int = Field(default=512, gt=0)
    timeout: int = Field(default=300, gt=0)
    description: Text = ""
    runtime: Text = ""
    architectures: tuple[str, ...] = ()
    handler: Text = ""
    layers: tuple[str, ...] = ()
    invocation_type: Text = "RequestResponse"
    asynchronous: bool = False
    preheat: bool = False
    log_type: Text = "Tail"
    log_level: Level = "INFO"
    init_script: Text = ""
    run_script: Text = ""
    container: Container = Container()
    environment: Environment = Environment()
    input: tuple[StorageIO, ...] = ()
    output: tuple[StorageIO, ...] = ()
    storage_providers: StorageProviders = StorageProviders()
    supervisor: Given = Field(default_factory=dict)
    deployment: Given = Field(default_factory=dict)
    file_system: tuple[Given, ...] = ()
    vpc: Given = Field(default_factory=dict)
    tags: dict[str, Text] = Field(default_factory=dict)
    config_path: Text = ""


class Batch(Form):
    """A job of AWS Batch, when the execution mode asks for one; memory in MiB."""

    boto_profile: Text = "default"
    region: Text = "us-east-1"
    vcpus: int = Field(default=1, gt=0)
    memory: int = Field(default=1024, gt=0)
    enable_gpu: bool = False
    state: Text = "ENABLED"
    type: Text = "MANAGED"
    service_role: Text = ""
    environment: Environment = Environment()
    compute_resources: Given = Field(default_factory=dict)
    multi_node_parallel: Given = Field(default_factory=dict)


class ScarFunction(Form):
    """A function and the services around it, as ``functions.aws[]`` has it."""

    function: Lambda = Field(validation_alias="lambda")
    iam: Given = Field(default_factory=dict)
    api_gateway: Given = Field(default_factory=dict)
    cloudwatch: Given = Field(default_factory=dict)
    batch: Batch = Batch()
    s3: Given = Field(default_factory=dict)
    ecr: Given = Field(default_factory=dict)
