"""Airflow imports this module whenever it starts: the place to refuse a start."""

import sys

from airflow.configuration import conf
from customer360.orchestration.keys import refuse_default_keys

refuse_default_keys(sys.argv, lambda section, key: conf.get(section, key, fallback=None))
