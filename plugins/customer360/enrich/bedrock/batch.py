"""Segments in batch jobs, at half the price and within a day: for backfills.

A job is written down before Bedrock is asked for it, under a token that makes asking twice the same as
once, so whatever is cut short goes on where it stopped. Its files are in S3 and know customers by refs
alone; which customer a ref stands for is in the warehouse.
"""

from __future__ import annotations

import json
import logging
import tempfile
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any
from urllib.parse import urlsplit

import psycopg
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from psycopg.rows import class_row

from customer360.enrich.answers import EnrichError, SegmentAnswer
from customer360.enrich.bedrock.capabilities import Usage, capability_of
from customer360.enrich.bedrock.classifier import BedrockClassifier, judged, packs
from customer360.enrich.bedrock.client import Reply, name_at, reply_in
from customer360.enrich.bedrock.question import Question
from customer360.enrich.bedrock.segments import SegmentPurpose
from customer360.enrich.calls import LlmCall
from customer360.enrich.features import CustomerFeatures
from customer360.enrich.step import Written, to_ask_about, writing
from customer360.enrich.steps import segment_step
from customer360.warehouse import Warehouse

MINIMUM_RECORDS, MAXIMUM_RECORDS = 100, 50_000
"""What Bedrock takes as one job."""

_PURPOSE = "segment_batch"
_ENDED = {"Completed", "PartiallyCompleted", "Stopped", "Expired", "Failed"}
_INPUT = "input.jsonl"

_INSERT = """
insert into ops.llm_batch_jobs (
    run_id, as_of_date, model_id, model, prompt_version, endpoint, request_token, folder, records, customers
)
values (
    %(run)s, %(day)s, %(model_id)s, %(model)s, %(version)s, %(endpoint)s, %(token)s, %(folder)s, %(records)s,
    %(customers)s
)
returning *
"""
_COPY = "copy ops.llm_batch_customers (job_id, record_id, ref, customer_key, input_hash) from stdin"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BatchPlace:
    """Where jobs work: an ``s3://`` folder, and the role that lets Bedrock read and write there."""

    folder: str | None
    role_arn: str | None

    def required(self) -> BatchPlace:
        """Itself. Raises EnrichError when a part is not set."""
        if not self.folder or not self.role_arn:
            raise EnrichError(
                "A batch job needs a place: set CUSTOMER360_BEDROCK_BATCH_FOLDER to s3://bucket/prefix and "
                "CUSTOMER360_BEDROCK_BATCH_ROLE_ARN to a role that lets Bedrock read and write there."
            )
        return self


@dataclass(frozen=True, kw_only=True)
class BatchJob:
    """A row of ops.llm_batch_jobs."""

    job_id: int
    run_id: int
    as_of_date: date
    model_id: str
    model: str
    prompt_version: str
    endpoint: str
    request_token: str
    folder: str
    records: int
    customers: int
    job_arn: str | None
    status: str
    message: str | None
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class Collected:
    """What became of a job: ``state`` as Bedrock calls it, answers by status, and dollars; none while it goes on."""

    job_id: int
    state: str
    statuses: dict[str, int]
    dollars: Decimal


@dataclass(frozen=True)
class _Asked:
    """A customer in a record; all that an answer is kept with."""

    customer_key: int
    input_hash: str

    @property
    def key(self) -> int:
        return self.customer_key


@dataclass
class SegmentBatches:
    """Starts batch jobs about customers' segments and keeps what comes of them.

    ``classifier``: the model as it is asked without a batch; answers of both count for each other.
    """

    warehouse: Warehouse
    classifier: BedrockClassifier[CustomerFeatures, SegmentAnswer]

    def __post_init__(self) -> None:
        session = self.classifier.client.session
        config = Config(retries={"mode": "standard", "total_max_attempts": 5})
        try:
            self._bedrock = session.client("bedrock", config=config)
            self._s3 = session.client("s3", config=config)
        except BotoCoreError as error:
            raise EnrichError(f"Bedrock cannot be asked: {error} Set AWS_REGION and the like, as for boto3.") from error

    def start(self, place: BatchPlace, *, run_id: int, as_of_date: date, budget: Decimal | None = None) -> BatchJob:
        """Ask about all customers that changed, as many as ``budget`` dollars may cost at most, in one job.

        Where all of them are in a job that is under way, it is that one: starting twice starts one.
        Raises EnrichError when they are too few, the model cannot answer in batches or Bedrock refuses.
        """
        place.required()
        with _in_one_sentence():
            return self._start(place, run_id, as_of_date, budget)

    def collect(self) -> list[Collected]:
        """Keep the answers of every job that has ended, in the name of the run that started it. Raises EnrichError."""
        with _in_one_sentence(), writing(self.warehouse) as connection:
            return [self._collect(connection, job) for job in self._jobs(connection, "submitted")]

    def _start(self, place: BatchPlace, run_id: int, as_of_date: date, budget: Decimal | None) -> BatchJob:
        if not self.classifier.client.capability.structured_output:
            raise EnrichError(
                f"Batch jobs take no tools, which {self.classifier.client.model_id} needs to answer; use another model."
            )
        with writing(self.warehouse) as connection, tempfile.TemporaryFile() as file:
            self._submit_prepared(connection, place)
            total = self._number_changed(as_of_date)
            if total < MINIMUM_RECORDS and (under_way := self._jobs(connection, "submitted")):
                return under_way[-1]
            size = self._pack_size(total)
            customers = to_ask_about(self.warehouse, segment_step(self.classifier), as_of_date)
            asked = self._write_records(file, packs(customers, size), budget)
            if len(asked) < MINIMUM_RECORDS:
                raise EnrichError(
                    f"The budget of {budget} dollars pays for {len(asked)} requests at most, and a batch job needs "
                    f"{MINIMUM_RECORDS}; raise it, or ask without a batch."
                )
            token = uuid.uuid4().hex
            folder = f"{(place.folder or '').rstrip('/')}/{token}"
            file.seek(0)
            self._s3.upload_fileobj(file, *_bucket_and_key(f"{folder}/{_INPUT}"))
            job = self._prepare(connection, asked, run_id=run_id, as_of_date=as_of_date, token=token, folder=folder)
            return self._submit(connection, job, place)

    def _number_changed(self, as_of_date: date) -> int:
        return sum(1 for _ in to_ask_about(self.warehouse, segment_step(self.classifier), as_of_date))

    def _pack_size(self, total: int) -> int:
        if total < MINIMUM_RECORDS:
            raise EnrichError(
                f"A batch job needs {MINIMUM_RECORDS} requests, and {total} customers are new or changed; "
                "ask without a batch: customer360 segment --classifier bedrock."
            )
        return min(self.classifier.purpose.pack_size, total // MINIMUM_RECORDS)

    def _write_records(self, file: IO[bytes], all_packs: Any, budget: Decimal | None) -> dict[str, dict[str, _Asked]]:
        """Write a line for each request and say what it asks, as far as the budget goes."""
        client, dollars = self.classifier.client, Decimal(0)
        asked: dict[str, dict[str, _Asked]] = {}
        for number, pack in zip(range(1, MAXIMUM_RECORDS + 1), all_packs, strict=False):
            question = self.classifier.purpose.question(pack)
            dollars += client.capability.dollars(client.at_most(question), client.model_id, in_batch=True)
            if budget is not None and dollars > budget:
                break
            record_id = f"R{number:010d}"
            line = {"recordId": record_id, "modelInput": client.request(question)}
            file.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")
            asked[record_id] = {ref: _Asked(c.customer_key, c.input_hash) for ref, c in question.subjects.items()}
        return asked

    def _prepare(
        self,
        connection: psycopg.Connection,
        asked: dict[str, dict[str, _Asked]],
        *,
        run_id: int,
        as_of_date: date,
        token: str,
        folder: str,
    ) -> BatchJob:
        values = {
            "run": run_id,
            "day": as_of_date,
            "model_id": self.classifier.client.model_id,
            "model": name_at(self.classifier.client.model_id, self._endpoint),
            "version": self.classifier.prompt_version,
            "endpoint": self._endpoint,
            "token": token,
            "folder": folder,
            "records": len(asked),
            "customers": sum(map(len, asked.values())),
        }
        with connection.cursor(row_factory=class_row(BatchJob)) as cursor:
            job = cursor.execute(_INSERT, values).fetchone()
        assert job is not None
        with connection.cursor().copy(_COPY) as copy:
            for record_id, refs in asked.items():
                for ref, customer in refs.items():
                    copy.write_row((job.job_id, record_id, ref, customer.customer_key, customer.input_hash))
        connection.commit()
        return job

    def _submit_prepared(self, connection: psycopg.Connection, place: BatchPlace) -> None:
        """Ask for jobs that were written down, but whose process ended before it knew that Bedrock has them."""
        for job in self._jobs(connection, "prepared"):
            self._submit(connection, job, place)

    def _submit(self, connection: psycopg.Connection, job: BatchJob, place: BatchPlace) -> BatchJob:
        try:
            created = self._bedrock.create_model_invocation_job(
                jobName=f"customer360-{job.request_token}",
                clientRequestToken=job.request_token,
                roleArn=place.role_arn,
                modelId=job.model_id,
                modelInvocationType="Converse",
                inputDataConfig={"s3InputDataConfig": {"s3Uri": f"{job.folder}/{_INPUT}", "s3InputFormat": "JSONL"}},
                outputDataConfig={"s3OutputDataConfig": {"s3Uri": f"{job.folder}/output/"}},
            )
        except ClientError as error:
            _end(connection, job, "failed", str(error))
            connection.commit()
            raise EnrichError(f"Bedrock refuses the batch job: {error}; mend that and start another.") from error
        connection.execute(
            "update ops.llm_batch_jobs set status = 'submitted', job_arn = %s where job_id = %s",
            [created["jobArn"], job.job_id],
        )
        connection.commit()
        [submitted] = [known for known in self._jobs(connection, "submitted") if known.job_id == job.job_id]
        return submitted

    def _jobs(self, connection: psycopg.Connection, status: str) -> list[BatchJob]:
        with connection.cursor(row_factory=class_row(BatchJob)) as cursor:
            return cursor.execute(
                "select * from ops.llm_batch_jobs where status = %s order by job_id", [status]
            ).fetchall()

    def _collect(self, connection: psycopg.Connection, job: BatchJob) -> Collected:
        details = self._details(job)
        state = details["status"]
        if state not in _ENDED:
            return Collected(job.job_id, state, {}, Decimal(0))
        asked = _asked_in(connection, job)
        why = f"The batch job ended as {state} without an answer. {details.get('message', '')}".strip()
        answers, calls = self._answers(job, asked, why)
        common = {"run_id": job.run_id, "as_of_date": job.as_of_date, "source": "bedrock", "model": job.model}
        written = Written(connection, "customer_segments", common | {"prompt_version": job.prompt_version})
        written.asked_about([customer for refs in asked.values() for customer in refs.values()])
        # In the transaction of the answers: collecting that is cut short is repeated whole.
        _end(connection, job, "collected", state)
        written.keep(answers, calls)
        log.info("batch job %s: %s, %s", job.job_id, state, dict(written.statuses))
        return Collected(job.job_id, state, dict(written.statuses), written.dollars)

    def _details(self, job: BatchJob) -> dict[str, Any]:
        try:
            return self._bedrock.get_model_invocation_job(jobIdentifier=job.job_arn)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            return {"status": "Failed", "message": "Bedrock does not know it any more."}

    def _answers(
        self, job: BatchJob, asked: dict[str, dict[str, _Asked]], why: str
    ) -> tuple[list[SegmentAnswer], list[LlmCall]]:
        answers, calls, seen = [], [], set()
        for line in self._output(job):
            record_id = line.get("recordId")
            if record_id not in asked or record_id in seen:
                continue
            seen.add(record_id)
            said, call = self._read(job, asked[record_id], line)
            answered = {answer.customer_key for answer in said}
            status, reason = ("failed" if call.status == "failed" else "invalid"), call.problem or ""
            answers += said + [
                SegmentAnswer(customer_key=customer.key, status=status, reason=reason)
                for customer in asked[record_id].values()
                if customer.key not in answered
            ]
            calls.append(call)
        answers += [
            SegmentAnswer(customer_key=customer.key, status="failed", reason=why)
            for record_id, refs in asked.items()
            if record_id not in seen
            for customer in refs.values()
        ]
        return answers, calls

    def _read(
        self, job: BatchJob, refs: dict[str, _Asked], line: dict[str, Any]
    ) -> tuple[list[SegmentAnswer], LlmCall]:
        question: Question[Any] = Question("", "", "", refs, 0)
        if "modelOutput" in line:
            reply = reply_in(line["modelOutput"])
            answers, status, problem = judged(SegmentPurpose(), question, reply)
        else:
            error = line.get("error", {})
            reply = Reply(None, None, Usage(), None, 0, 0)
            answers, status = [], "failed"
            problem = f"The batch job has an error: {error.get('errorCode')} {error.get('errorMessage', '')}".strip()
        call = LlmCall(
            purpose=_PURPOSE,
            model=job.model_id,
            prompt_version=job.prompt_version,
            endpoint=job.endpoint,
            request_id=line.get("recordId"),
            status=status,
            problem=problem,
            customers=len(refs),
            answers=len(answers),
            **reply.usage.model_dump(),
            dollars=capability_of(job.model_id).dollars(reply.usage, job.model_id, in_batch=True),
            latency_ms=0,
            retries=0,
        )
        return answers, call

    def _output(self, job: BatchJob) -> Iterator[dict[str, Any]]:
        """The lines of the job's output, in whatever order they are; a line that is cut off ends it."""
        bucket, prefix = _bucket_and_key(f"{job.folder}/output/")
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for item in page.get("Contents", []):
                if item["Key"].endswith(f"{_INPUT}.out"):
                    body = self._s3.get_object(Bucket=bucket, Key=item["Key"])["Body"]
                    for line in body.iter_lines():
                        try:
                            yield json.loads(line)
                        except ValueError:
                            log.warning("batch job %s: a line of its output is not JSON and is left out", job.job_id)

    @property
    def _endpoint(self) -> str:
        """The host that answers: Bedrock's, or whatever stands in for it or for S3."""
        hosts = [urlsplit(client.meta.endpoint_url).hostname or "" for client in (self._bedrock, self._s3)]
        return next((host for host in hosts if name_at("", host)), hosts[0])


@contextmanager
def _in_one_sentence() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, Boto3Error, ClientError) as error:
        raise EnrichError(f"The batch job cannot go on: {error}; mend that and start or collect again.") from error


def _end(connection: psycopg.Connection, job: BatchJob, status: str, message: str) -> None:
    connection.execute(
        "update ops.llm_batch_jobs set status = %s, message = %s, ended_at = clock_timestamp() where job_id = %s",
        [status, message, job.job_id],
    )


def _asked_in(connection: psycopg.Connection, job: BatchJob) -> dict[str, dict[str, _Asked]]:
    asked: dict[str, dict[str, _Asked]] = defaultdict(dict)
    for record_id, ref, customer_key, input_hash in connection.execute(
        "select record_id, ref, customer_key, input_hash from ops.llm_batch_customers where job_id = %s", [job.job_id]
    ):
        asked[record_id][ref] = _Asked(customer_key, input_hash)
    return dict(asked)


def _bucket_and_key(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key
