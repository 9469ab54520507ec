"""Enrichment by a model on Amazon Bedrock."""

from customer360.enrich.bedrock.capabilities import prices_as_of
from customer360.enrich.bedrock.classifier import BedrockClassifier, BedrockOptions, Estimate

__all__ = ["BedrockClassifier", "BedrockOptions", "Estimate", "prices_as_of"]
