"""What is wrong with the account or the model, in one sentence, before any work."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from customer360.enrich.answers import EnrichError

_SET_ANOTHER = "set CUSTOMER360_BEDROCK_MODEL_ID to another"
_NOT_THERE = ("ResourceNotFoundException", "ValidationException")
_BAD_CREDENTIALS = ("ExpiredTokenException", "UnrecognizedClientException", "InvalidSignatureException")


def check_access(session: Any, model_id: str) -> None:
    """Ask Bedrock about the model or inference profile; costs nothing.

    Raises EnrichError when there are no credentials, no access, no such model or profile, or the
    model is retired or answers through a profile only.
    """
    try:
        # The chain that boto3 goes through itself, so that what is found here is found by the requests.
        if session.get_credentials() is None:
            raise EnrichError("There are no AWS credentials; give them as boto3 has them, such as AWS_PROFILE.")
        control = session.client("bedrock")
        if _is_profile(model_id):
            profile = _asked(
                control.get_inference_profile, f"inference profile {model_id}", inferenceProfileIdentifier=model_id
            )
            _check_lifecycle(control, profile["models"][0]["modelArn"].rpartition("/")[2], of_profile=True)
        else:
            _check_lifecycle(control, model_id, of_profile=False)
    except BotoCoreError as error:
        raise EnrichError(f"Bedrock cannot be asked: {error}") from error


def _is_profile(model_id: str) -> bool:
    # us.anthropic.claude..., global.anthropic.claude..., or the ARN of a profile.
    return "inference-profile/" in model_id or model_id.split(":")[0].split("-")[0].count(".") >= 2


def _check_lifecycle(control: Any, model_id: str, *, of_profile: bool) -> None:
    details = _asked(control.get_foundation_model, f"model {model_id}", modelIdentifier=model_id)["modelDetails"]
    lifecycle = details.get("modelLifecycle", {})
    ends = lifecycle.get("endOfLifeTime")
    if ends is not None and ends <= datetime.now(UTC):
        raise EnrichError(f"Bedrock retired the model {model_id} on {ends:%Y-%m-%d}; {_SET_ANOTHER}.")
    if not of_profile and "ON_DEMAND" not in details.get("inferenceTypesSupported", ["ON_DEMAND"]):
        raise EnrichError(
            f"The model {model_id} answers through inference profiles only; set CUSTOMER360_BEDROCK_MODEL_ID to one "
            f"of them, such as us.{model_id}."
        )
    access = _asked(control.get_foundation_model_availability, f"model {model_id}", modelId=model_id)
    if access["authorizationStatus"] != "AUTHORIZED" or access["agreementAvailability"]["status"] != "AVAILABLE":
        raise EnrichError(
            f"The account has no access to the model {model_id}; have it granted in the Bedrock console, "
            f"or {_SET_ANOTHER}."
        )


def _asked(ask: Any, subject: str, **arguments: str) -> dict[str, Any]:
    try:
        return ask(**arguments)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _NOT_THERE:
            raise EnrichError(f"Bedrock knows no {subject} in this region; {_SET_ANOTHER}, or AWS_REGION.") from error
        if code in _BAD_CREDENTIALS:
            raise EnrichError(f"Bedrock refuses the AWS credentials: {code}; renew them.") from error
        if code == "AccessDeniedException":
            raise EnrichError(
                f"The AWS credentials may not look up the {subject}; allow them bedrock:{error.operation_name}."
            ) from error
        raise EnrichError(f"Bedrock cannot say whether it has the {subject}: {error}") from error
