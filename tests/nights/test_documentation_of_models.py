"""The data dictionary and dbt's documentation, after a night."""

from __future__ import annotations

import json

import pytest
from customer360 import build, pages, pipeline
from customer360.publish import read_specification
from customer360.settings import Settings

pytestmark = pytest.mark.nightly


def test_the_dictionary_has_every_published_table_and_marks_what_is_personal(sample_night: pipeline.Run):
    page = pages.data_dictionary(sample_night.settings)
    tables = read_specification(build.manifest_path(sample_night.settings))
    for table in tables:
        assert f"<code>{table.schema_name}.{table.name}</code>" in page
    columns = [column for table in tables for column in table.columns]
    assert page.count("<td><code>") == len(columns) * 2
    personal = page.count('<span class="mark warn">') - page.count('<span class="mark warn">personal data</span>')
    assert personal == sum(column.pii is not None for column in columns) > 50


def test_the_models_are_documented_once_until_they_change(sample_night: pipeline.Run, settings: Settings):
    assert pipeline.document(sample_night)
    page = pages.dbt_docs(sample_night.settings)
    assert '"MANIFEST.JSON INLINE DATA"' not in page
    assert json.dumps("model.customer360.care__customers") in page
    assert not pipeline.document(sample_night)

    build.docs_path(settings).with_suffix(".fingerprint").write_text("of other models")
    assert pipeline.document(sample_night)
