"""``python sam_translation.py TEMPLATE...``: what AWS makes of SAM templates by its own translator, seen by cfn-lint.

Both lie in ``.venv/cfn-lint``, beside our packages. An image's address is what ``sam build`` would put in.
"""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

ADDRESS = "111111111111.dkr.ecr.us-east-1.amazonaws.com/all:built"


class NoManagedPolicies:
    """The names of AWS's own policies, of which our templates use none."""

    def load(self) -> dict[str, str]:
        return {}


def translated(text: str) -> str:
    """Give the template as plain CloudFormation."""
    transform = import_module("samtranslator.translator.transform").transform
    document: dict[str, Any] = yaml.safe_load(text)
    for resource in document["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["ImageUri"] = ADDRESS
    plain: str = yaml.safe_dump(transform(document, {}, NoManagedPolicies()))
    return plain


def main(templates: list[str]) -> int:
    plain = []
    for template in map(Path, templates):
        plain.append(template.with_suffix(".plain.yaml"))
        plain[-1].write_text(translated(template.read_text()))
    sys.argv = ["cfn-lint", *templates, *map(str, plain)]
    import_module("cfnlint.runner").main()  # exits with what it finds
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
