"""What a person states of a model, and no record can show."""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

URL = re.compile(r"(https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?([/?]([A-Za-z0-9._~/?=&+:@,-]|%[0-9A-Fa-f]{2})*)?)?")
ATOM, LABEL = r"[A-Za-z0-9_+-]{1,60}", r"[A-Za-z0-9]([A-Za-z0-9-]{0,60}[A-Za-z0-9])?"
MAIL = re.compile(rf"((?=.{{1,64}}@){ATOM}(\.{ATOM})*@(?=.{{1,250}}$){LABEL}(\.{LABEL})*)?")
"""As in RFC 5321, without what hardly anybody has: quotes, and addresses in numbers."""


def _address(form: re.Pattern[str], name: str) -> AfterValidator:
    def check(text: str) -> str:
        if not form.fullmatch(text):
            raise ValueError(f"{text!r} is not {name}")
        return text

    return AfterValidator(check)


Url = Annotated[str, _address(URL, "a web address such as https://example.org/model")]
Mail = Annotated[str, _address(MAIL, "an e-mail address")]


class Stated(BaseModel):
    """Statements for the bill of materials; what is left empty is not guessed but named as missing in the bill.

    An uploader makes them in the definition, under ``stated``; what the signer states goes before
    (``SIGN_BOM_STATEMENTS_FILE``).

    Attributes:
        supplier: The organisation that trains and supplies the model; ``supplier_url`` is its page.
        author: Who answers for the bill, a person or a team; ``contact`` is an e-mail address.
        name: Of the AI system that the model is part of; the definition's ``about.name`` by default.
        license: SPDX identifier or expression that the trained model is given away under.
        domain: Area that it is meant for, such as ``healthcare``.
        sensitivity: Classification of the data set, such as ``public`` or ``confidential``.
        personal_data: What personal or sensitive data it has; ``none`` if none.
        standards: What the system was assessed against.
        security_policy: Address of the policy for reporting vulnerabilities, such as a ``security.txt``.
        advisories: Address of what is known of vulnerabilities of the system (VEX or advisories).
        security_metrics: Name -> value of what was measured of the model's robustness.
        website, repository: Addresses of the model's page and of the repository it is developed in.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    supplier: str = ""
    supplier_url: Url = ""
    author: str = ""
    contact: Mail = ""
    name: str = ""
    license: str = ""
    domain: str = ""
    use_cases: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    limitations: tuple[str, ...] = ()
    tradeoffs: tuple[str, ...] = ()
    risks: Mapping[str, str] = Field(default_factory=dict, description="Ethical risk -> how it is met.")
    sensitivity: str = ""
    personal_data: str = ""
    standards: tuple[str, ...] = ()
    security_policy: Url = ""
    advisories: Url = ""
    security_metrics: Mapping[str, str] = Field(default_factory=dict)
    website: Url = ""
    repository: Url = ""

    def over(self, other: "Stated") -> "Stated":
        """Give these statements, and those of ``other`` where these are empty."""
        return self.model_copy(update={name: value for name, value in other if not getattr(self, name)})
