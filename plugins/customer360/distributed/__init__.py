"""Builds models on Spark and compares them with PostgreSQL's: what ``make spark`` runs.

Three steps, the middle one in an environment of its own: ``delivery`` writes what the models read as Parquet,
``spark_build`` builds the same models from it on Spark, ``comparison`` holds the tables against PostgreSQL's.
"""
