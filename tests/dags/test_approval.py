"""What a person's answer means for the drafts that were shown."""

from __future__ import annotations

import pytest
from customer360.orchestration.approval import OPTIONS, divided

APPROVE, REJECT = OPTIONS


@pytest.mark.parametrize(
    ("option", "exceptions", "approved", "rejected"),
    [
        (APPROVE, None, [3, 4, 5], []),
        (APPROVE, "", [3, 4, 5], []),
        (APPROVE, "4", [3, 5], [4]),
        (APPROVE, " 4 , 5,99", [3], [4, 5]),
        (REJECT, "", [], [3, 4, 5]),
        (REJECT, "4", [4], [3, 5]),
    ],
)
def test_the_exceptions_are_decided_the_other_way_and_a_number_that_was_not_shown_counts_for_nothing(
    option, exceptions, approved, rejected
):
    filled = {} if exceptions is None else {"except_drafts": exceptions}
    assert divided([3, 4, 5], {"chosen_options": [option], "params_input": filled}) == (approved, rejected)
