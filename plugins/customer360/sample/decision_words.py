"""What the decision desk writes about: kinds of decisions, options, criteria and notes."""

from __future__ import annotations

from customer360.sample import words as w

TABLES = (
    "customer_decisions", "decision_criteria", "response_options", "evaluations", "decision_outcomes", "audit_logs",
)  # fmt: skip
TEAM_NAMES = ("Customer Success Team", "Care Escalations", "Key Accounts", "Retention Board")
ROLES = (
    "customer_success_manager", "support_manager", "account_manager", "sales_manager", "legal_compliance",
    "operations_manager",
)  # fmt: skip
EXPERTISE = ("billing", "contracts", "retention", "service levels", "data protection", "logistics")
KINDS = (
    "refund_request", "billing_dispute", "service_escalation", "policy_exception", "contract_modification",
    "churn_prevention",
)  # fmt: skip
KIND_SHARES = (0.24, 0.2, 0.18, 0.1, 0.12, 0.16)
TITLES = (
    "Refund after a service outage", "Invoice disputed", "Repeated faults escalated", "Late return, exception asked",
    "Change of contract terms", "Customer about to leave",
)  # fmt: skip
DESCRIPTIONS = (
    "The customer asks for the monthly fee back, after an outage of several hours.",
    "The customer says a line of the invoice is wrong.",
    "Third fault in a month; the customer wants a named contact.",
    'The return window is over; the customer calls the rule "unfair".',
    "The customer wants fewer seats and a shorter term.",
    "The customer has an offer from a competitor.",
)
OPTIONS = (
    ("Refund in full", "Refund the outage only", "Offer a credit note"),
    ("Correct the invoice", "Explain and keep it", "Split the difference"),
    ("Name a contact", "Send a technician", "Replace the equipment"),
    ("Grant the exception", "Decline politely", "Offer store credit"),
    ("Accept the change", "Offer a middle way", "Keep the contract"),
    ("Match the offer", "Offer a loyalty bonus", "Let the customer go"),
)
CRITERIA = (
    "Customer satisfaction", "Cost", "Fairness to other customers", "Legal risk", "Effort", "Long-term value",
)  # fmt: skip
COMMENTS = (
    "Cheaper than it looks.", "Sets a precedent, careful.", "The customer would value this most.",
    "Operations cannot do this before next month.",
)  # fmt: skip
NOTES = ("Customer accepted, not happy.", "Customer thanked the team.")
BROWSERS = ("Mozilla/5.0 (X11; Linux x86_64)", "Mozilla/5.0 (Macintosh)", "Mozilla/5.0 (Windows NT 10.0)")


def company_name(company: int) -> str:
    """The name of a company, the same for the same number."""
    first = w.COMPANY_FIRST[company % len(w.COMPANY_FIRST)]
    last = w.COMPANY_LAST[company // len(w.COMPANY_FIRST) % len(w.COMPANY_LAST)]
    return f"{first} {last} {w.COMPANY_FORMS[company % len(w.COMPANY_FORMS)]}"
