"""The decision desk: teams, decisions about customers, what was weighed, scored, chosen, and how it went."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from customer360.sample import decision_words as d
from customer360.sample import words as w
from customer360.sample.calendar import OFFICE_HOURS, OFFICE_WEEK, Calendar, stream
from customer360.sample.columns import SECONDS_A_DAY, Chunk, texts
from customer360.sample.defects import fake_hash
from customer360.sample.population import Population
from customer360.sample.spelling import Spelling

DECISIONS_A_CARE_INTERACTION = 1 / 26
COMPANY_SHARE = 0.62
Row = dict[str, Any]


@dataclass(frozen=True)
class Member:
    """A member of a team; ``strictness`` and ``skill`` shape the scores they give."""

    id: str
    team_id: str
    role: str
    strictness: float
    skill: float


class DecisionDesk:
    """Chunks of the decision desk's tables: teams first, then the decisions opened each day."""

    def __init__(self, seed: int, people: Population, calendar: Calendar, interactions: int) -> None:
        self._people, self._calendar, self._seed = people, calendar, seed
        self._rng = stream(seed, "decisions.customer_decisions")
        self._spelling = Spelling(people, "decisions")
        total = max(round(interactions * DECISIONS_A_CARE_INTERACTION), 12)
        self._counts = calendar.spread(self._rng, total, calendar.day_weights(OFFICE_WEEK))
        self.companies = max(total // 3, 6)
        self._persons = np.flatnonzero(people.known["decisions"])
        self._members: dict[str, list[Member]] = defaultdict(list)
        self._team_count = min(3 + total // 400, 40)

    def masters(self) -> Iterator[tuple[str, Chunk]]:
        """Teams, their members and the members' login tokens."""
        rng, stored = stream(self._seed, "decisions.teams"), self._calendar.first - 200
        teams: list[Row] = []
        members: list[Row] = []
        tokens: list[Row] = []
        for number in range(self._team_count):
            team = self._team(rng, number, stored)
            teams.append(team)
            for role in d.ROLES:
                members.append(self._member(rng, team, role, len(members), stored))
                tokens += [self._token(rng, members[-1]["id"]) for _ in range(2)]
        yield "decisions-teams", _chunk(teams)
        yield "decisions-team_members", _chunk(members)
        yield "decisions-auth_tokens", _chunk(tokens)

    def day(self, day: int) -> Iterator[tuple[str, Chunk]]:
        """The decisions opened on ``day`` with all that followed up to the end of the period."""
        count = int(self._counts[day - self._calendar.first])
        if not count:
            return
        rows: dict[str, list[Row]] = defaultdict(list)
        for opened in self._calendar.times(self._rng, day, count, OFFICE_HOURS).tolist():
            self._decide(rows, opened)
        for table in d.TABLES:
            if rows[table]:
                yield f"decisions-{table}", _chunk(rows[table])

    def company_mail(self, company: int) -> str:
        """The mail address of a company, its identity at the desk."""
        return f"accounts@{d.company_name(company).split()[0].lower()}{company}.example.com"

    def _team(self, rng: np.random.Generator, number: int, stored: int) -> Row:
        return {
            "id": _uuid(rng),
            "name": d.TEAM_NAMES[number % len(d.TEAM_NAMES)],
            "company_name": f"{w.COMPANY_FIRST[number % 18]} {w.COMPANY_LAST[number % 8]}",
            "industry": w.COMPANY_LAST[number % 8],
            "team_size": len(d.ROLES),
            "subscription_tier": ("starter", "professional", "enterprise")[number % 3],
            "created_at": _instant(stored * SECONDS_A_DAY + 36_000),
            "updated_at": _instant((stored + 30) * SECONDS_A_DAY + 36_000),
        }

    def _member(self, rng: np.random.Generator, team: Row, role: str, number: int, stored: int) -> Row:
        first = w.FIRST_NAMES[int(rng.integers(0, len(w.FIRST_NAMES)))]
        last = w.LAST_NAMES[int(rng.integers(0, len(w.LAST_NAMES)))]
        member = Member(_uuid(rng), team["id"], role, float(rng.normal(0, 0.7)), float(rng.uniform(0.4, 1.0)))
        self._members[member.team_id].append(member)
        areas = rng.permutation(len(d.EXPERTISE))[: int(rng.integers(1, 4))].tolist()
        return {
            "id": member.id,
            "team_id": member.team_id,
            "email": f"{first}.{last}{number}@desk.example.org".lower().replace("'", ""),
            "name": f"{first} {last}",
            "password_hash": fake_hash(rng),
            "role": role,
            "expertise_areas": json.dumps([d.EXPERTISE[area] for area in areas]),
            "escalation_authority": 1 + d.ROLES.index(role) % 5,
            "notification_preferences": json.dumps({"email": True, "sms": number % 3 == 0, "push": number % 2 == 0}),
            "is_active": "false" if number % 17 == 16 else "true",
            "created_at": _instant(stored * SECONDS_A_DAY + 40_000),
            "updated_at": _instant((stored + 60) * SECONDS_A_DAY + 40_000),
        }

    def _token(self, rng: np.random.Generator, member_id: str) -> Row:
        issued = self._calendar.end - int(rng.integers(0, 60 * SECONDS_A_DAY))
        return {
            "id": _uuid(rng),
            "user_id": member_id,
            "token_hash": fake_hash(rng),
            "expires_at": _instant(issued + 7 * SECONDS_A_DAY),
            "created_at": _instant(issued),
        }

    def _decide(self, rows: dict[str, list[Row]], opened: int) -> None:
        """Add one decision and everything under it that had happened by the end of the period."""
        rng, end = self._rng, self._calendar.end
        team = list(self._members)[int(rng.integers(0, len(self._members)))]
        members = self._members[team]
        kind = int(rng.choice(len(d.KINDS), p=d.KIND_SHARES))
        resolves = opened + int(rng.lognormal(4.4, 0.6) * 3600) + 7200
        is_cancelled = bool(rng.random() < 0.06)
        decision = self._decision(team, members[int(rng.integers(0, len(members)))], kind, opened)
        weighed = opened + 3600 <= end
        criteria = self._criteria(decision, members, opened + 1800) if weighed else []
        options = self._options(decision, members, kind, opened + 2700) if weighed else []
        evaluations = [] if is_cancelled else self._evaluate(decision, members, criteria, options, opened, resolves)
        outcome = None
        if resolves <= end and not is_cancelled and evaluations:
            outcome = self._outcome(decision, options, criteria, evaluations, opened, resolves)
        self._settle(decision, is_cancelled, bool(criteria), bool(evaluations), outcome, resolves)
        rows["customer_decisions"].append(decision)
        rows["decision_criteria"] += criteria
        rows["response_options"] += [{k: v for k, v in option.items() if k != "quality"} for option in options]
        rows["evaluations"] += evaluations
        rows["decision_outcomes"] += [outcome] if outcome else []
        rows["audit_logs"] += self._audit(decision, members, evaluations, opened)

    def _decision(self, team: str, creator: Member, kind: int, opened: int) -> Row:
        rng = self._rng
        customer = self._customer()
        value = float(rng.lognormal(9.6 if customer["is_company"] else 6.6, 0.8))
        due = opened + int(rng.integers(2, 10)) * SECONDS_A_DAY
        has_ai = rng.random() < 0.65
        confidence = round(float(rng.uniform(0.5, 0.98)), 2)
        guess = d.KINDS[kind] if rng.random() < 0.8 else d.KINDS[int(rng.integers(0, len(d.KINDS)))]
        return {
            "id": _uuid(rng),
            "team_id": team,
            "created_by": creator.id,
            "customer_name": customer["name"],
            "customer_id": customer["reference"],
            "customer_email": customer["email"],
            "customer_tier": customer["tier"],
            "customer_value": f"{value:.2f}",
            "relationship_duration_months": int(rng.integers(1, 90)),
            "title": d.TITLES[kind],
            "description": d.DESCRIPTIONS[kind],
            "decision_type": d.KINDS[kind],
            "urgency_level": _rounded(rng.normal(3 + (kind in (2, 5)), 1), 5),
            "financial_impact": f"{value * float(rng.uniform(0.02, 0.4)):.2f}" if rng.random() < 0.9 else "",
            "status": "created",
            "current_phase": 1,
            "expected_resolution_date": _instant(due) if rng.random() < 0.85 else "",
            "actual_resolution_date": "",
            "ai_classification": json.dumps({"category": guess, "confidence": confidence}) if has_ai else "",
            "ai_recommendations": json.dumps({"options": list(d.OPTIONS[kind][:2])}) if has_ai else "",
            "ai_confidence_score": f"{confidence:.2f}" if has_ai else "",
            "created_at": _instant(opened),
            "updated_at": _instant(opened),
        }

    def _customer(self) -> Row:
        """A company, or a person other systems may know too; found by mail address."""
        rng = self._rng
        if rng.random() < COMPANY_SHARE or not len(self._persons):
            company = int(rng.integers(0, self.companies))
            return {
                "is_company": True,
                "name": d.company_name(company),
                "reference": f"ACC {2200 + company}" if company % 3 else "",
                "email": self.company_mail(company),
                "tier": ("standard", "premium", "enterprise", "enterprise")[company % 4],
            }
        person = int(self._persons[int(rng.integers(0, len(self._persons)))])
        crm = int(self._people.ids["crm"][person])
        mail = self._spelling.own_mail(person)
        return {
            "is_company": False,
            "name": self._spelling.name(person),
            "reference": f"CRM-{crm}" if crm and person % 2 else "",
            "email": mail.title() if rng.random() < 0.15 else mail,
            "tier": ("basic", "standard", "premium")[int(self._people.income[person])],
        }

    def _criteria(self, decision: Row, members: list[Member], at: int) -> list[Row]:
        rng = self._rng
        chosen = rng.permutation(len(d.CRITERIA))[:3].tolist()
        return [
            {
                "id": _uuid(rng),
                "decision_id": decision["id"],
                "name": d.CRITERIA[number],
                "description": f"How the option does on {d.CRITERIA[number].lower()}",
                "weight": f"{float(np.clip(rng.gamma(4, 0.4), 0.1, 5)):.2f}",
                "created_by": members[number % len(members)].id,
                "created_at": _instant(at + position * 60),
            }
            for position, number in enumerate(chosen)
        ]

    def _options(self, decision: Row, members: list[Member], kind: int, at: int) -> list[Row]:
        rng, levels = self._rng, ("low", "medium", "high")
        return [
            {
                "id": _uuid(rng),
                "decision_id": decision["id"],
                "title": title,
                "description": f"{title}. Proposed for this customer.",
                "financial_cost": f"{float(rng.lognormal(5 + position, 0.6)):.2f}",
                "implementation_effort": levels[int(rng.integers(0, 3))],
                "risk_level": levels[int(rng.integers(0, 3))],
                "ai_generated": "true" if (by_ai := rng.random() < 0.3) else "false",
                "created_by": "" if by_ai else members[position % len(members)].id,
                "created_at": _instant(at + position * 90),
                "quality": float(rng.normal(6, 1.3)),
            }
            for position, title in enumerate(d.OPTIONS[kind])
        ]

    def _evaluate(
        self,
        decision: Row,
        members: list[Member],
        criteria: list[Row],
        options: list[Row],
        opened: int,
        resolves: int,
    ) -> list[Row]:
        """Scores of a few members for every option on every criterion, as far as they were given by the end."""
        rng, rows = self._rng, []
        evaluators = rng.permutation(len(members))[: int(rng.integers(2, 4))].tolist()
        for number in evaluators:
            at = int(rng.uniform(opened + 3700, resolves - 600))
            if at > self._calendar.end:
                continue
            for option in options:
                for criterion in criteria:
                    rows.append(self._evaluation(decision, members[number], option, criterion, at))
        return sorted(rows, key=lambda row: row["created_at"])

    def _evaluation(self, decision: Row, member: Member, option: Row, criterion: Row, at: int) -> Row:
        rng = self._rng
        score = rng.normal(option["quality"] + member.strictness, 1.9 * (1.2 - member.skill))
        comment = d.COMMENTS[int(rng.integers(0, len(d.COMMENTS)))] if rng.random() < 0.12 else ""
        return {
            "id": _uuid(rng),
            "decision_id": decision["id"],
            "evaluator_id": member.id,
            "option_id": option["id"],
            "criteria_id": criterion["id"],
            "score": _rounded(score, 10),
            "confidence": _rounded(rng.normal(2 + 2.5 * member.skill, 0.7), 5),
            "anonymous_comment": comment,
            "created_at": _instant(at),
        }

    def _outcome(
        self,
        decision: Row,
        options: list[Row],
        criteria: list[Row],
        evaluations: list[Row],
        opened: int,
        resolves: int,
    ) -> Row:
        """The option with the best weighted scores is mostly chosen; how well it goes follows its quality."""
        rng = self._rng
        weight = {row["id"]: float(row["weight"]) for row in criteria}
        total: dict[str, float] = defaultdict(float)
        for row in evaluations:
            total[row["option_id"]] += row["score"] * weight[row["criteria_id"]]
        ranked = sorted(options, key=lambda option: (-total[option["id"]], option["id"]))
        chosen = ranked[0] if rng.random() < 0.85 else ranked[1]
        liking = _rounded(rng.normal(chosen["quality"] + 0.4, 1.4), 10)
        follow_up = bool(rng.random() < 0.3)
        answered = min(resolves + 1800, self._calendar.end)
        actual = float(chosen["financial_cost"]) * float(rng.uniform(0.8, 1.3))
        return {
            "id": _uuid(rng),
            "decision_id": decision["id"],
            "selected_option_id": chosen["id"],
            "response_sent_at": _instant(answered),
            "customer_satisfaction_score": liking if rng.random() < 0.8 else "",
            "escalation_occurred": "true" if rng.random() < 0.04 + 0.03 * max(6 - liking, 0) else "false",
            "resolution_time_hours": (resolves - opened) // 3600,
            "follow_up_required": "true" if follow_up else "false",
            "follow_up_date": _instant(resolves + 14 * SECONDS_A_DAY) if follow_up else "",
            "outcome_notes": d.NOTES[liking > 5],
            "financial_impact_actual": f"{actual:.2f}",
            "customer_retained": "true" if rng.random() < 0.45 + 0.055 * liking else "false",
            "created_at": _instant(answered),
            "updated_at": _instant(answered),
        }

    def _settle(
        self,
        decision: Row,
        is_cancelled: bool,
        has_criteria: bool,
        has_scores: bool,
        outcome: Row | None,
        resolves: int,
    ) -> None:
        """Set status, phase and dates by how far the decision came."""
        if is_cancelled:
            decision.update(status="cancelled", current_phase=2)
        elif outcome:
            decision.update(status="resolved", current_phase=6, actual_resolution_date=_instant(resolves))
            decision.update(updated_at=outcome["created_at"])
        elif has_scores:
            decision.update(status="evaluating", current_phase=4)
        elif has_criteria:
            decision.update(status="team_input", current_phase=2)

    def _audit(self, decision: Row, members: list[Member], evaluations: list[Row], opened: int) -> list[Row]:
        rng = self._rng
        entries: list[tuple[str, str, str, Row]] = [
            ("decision_created", decision["created_by"], decision["created_at"], {"status": "created"})
        ]
        scored = {row["evaluator_id"]: row["created_at"] for row in evaluations}
        entries += [("evaluation_submitted", who, when, {"scores": 9}) for who, when in scored.items()]
        if decision["actual_resolution_date"]:
            details = {"status": {"old": "evaluating", "new": "resolved"}}
            entries.append(("decision_resolved", decision["created_by"], decision["actual_resolution_date"], details))
        rows = [self._entry(decision["id"], *entry) for entry in entries]
        if rng.random() < 0.6:
            who = members[int(rng.integers(0, len(members)))].id
            rows.insert(0, self._entry("", "login", who, _instant(opened - 300), {"method": "password"}))
        return rows

    def _entry(self, decision_id: str, action: str, who: str, when: str, details: Row) -> Row:
        rng = self._rng
        network = ("192.0.2", "198.51.100", "203.0.113")[int(rng.integers(0, 3))]
        return {
            "id": _uuid(rng),
            "decision_id": decision_id,
            "user_id": who,
            "action": action,
            "details": json.dumps(details),
            "ip_address": f"{network}.{int(rng.integers(1, 255))}",
            "user_agent": d.BROWSERS[int(rng.integers(0, len(d.BROWSERS)))],
            "created_at": when,
        }


def _uuid(rng: np.random.Generator) -> str:
    """A random (version 4) UUID from the stream."""
    text = rng.bytes(16).hex()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{'89ab'[int(text[16], 16) % 4]}{text[17:20]}-{text[20:]}"


def _rounded(value: float, highest: int) -> int:
    """The whole number next to ``value``, from 1 to ``highest``."""
    return min(max(round(value), 1), highest)


def _instant(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%d %H:%M:%S")


def _chunk(rows: list[Row]) -> Chunk:
    return {name: texts([row[name] for row in rows]) for name in rows[0]}
