"""Airflow: the steps of the DAGs, their parameters, and a local Airflow to run them in."""
