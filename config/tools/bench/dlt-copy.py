"""Copies the table films from one Postgres to another with dlt, as its documentation shows it.

usage: dlt-copy.py BACKEND LOADER_FILE_FORMAT DATASET FOLDER, with `default` for what dlt takes by itself; the databases
are in SOURCE and TARGET, as URLs. BACKEND reads the source, LOADER_FILE_FORMAT is what the target is filled from; FOLDER
is where dlt keeps its files.
"""

import os
import sys

import dlt
from dlt.destinations import postgres
from dlt.sources.sql_database import sql_table

backend, file_format, dataset, folder = sys.argv[1:]
reading = {} if backend == "default" else {"backend": backend}
writing = {} if file_format == "default" else {"loader_file_format": file_format}

pipeline = dlt.pipeline(
    pipeline_name="films",
    destination=postgres(os.environ["TARGET"]),
    dataset_name=dataset,
    pipelines_dir=folder,
)
info = pipeline.run(sql_table(os.environ["SOURCE"], table="films", **reading), **writing)
info.raise_on_failed_jobs()
