"""What a person may state."""

import pytest
from pydantic import ValidationError

from functions.training.stated import Stated


@pytest.mark.parametrize("field", ["supplier_url", "security_policy", "advisories", "website", "repository"])
@pytest.mark.parametrize("text", ["example.org", "https://[x", "https://example.org/a b", "https://example.org/%zz"])
def test_what_is_no_web_address_is_refused_before_a_bill_is_made_of_it(field: str, text: str) -> None:
    with pytest.raises(ValidationError, match="is not a web address"):
        Stated.model_validate({field: text})


def test_what_is_no_mail_address_is_refused() -> None:
    with pytest.raises(ValidationError, match="is not an e-mail address"):
        Stated(contact="models at example.org")


def test_a_statement_that_there_is_no_place_for_is_refused() -> None:
    with pytest.raises(ValidationError, match="licence"):
        Stated.model_validate({"licence": "MIT"})
