"""Enrichment by a model on Amazon Bedrock."""

from customer360.enrich.bedrock.batch import BatchJob, BatchPlace, Collected, SegmentBatches
from customer360.enrich.bedrock.capabilities import prices_as_of
from customer360.enrich.bedrock.classifier import BedrockClassifier, BedrockOptions, Estimate
from customer360.enrich.bedrock.decisions import DecisionPurpose
from customer360.enrich.bedrock.drafts import DraftPurpose
from customer360.enrich.bedrock.segments import SegmentPurpose

__all__ = [
    "BatchJob",
    "BatchPlace",
    "BedrockClassifier",
    "BedrockOptions",
    "Collected",
    "DecisionPurpose",
    "DraftPurpose",
    "Estimate",
    "SegmentBatches",
    "SegmentPurpose",
    "prices_as_of",
]
