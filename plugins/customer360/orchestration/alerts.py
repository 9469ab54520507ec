"""Who is told when a task fails or a night is late.

The log says it always; the mail addresses and the webhook of the settings are told too. What leaves
this way is only what our own errors say: another library's message may hold a person's data.
"""

from __future__ import annotations

import html
import logging
from collections.abc import Mapping
from typing import Any

from customer360.settings import read_settings

log = logging.getLogger(__name__)

MAIL_CONNECTION = "smtp_default"
WEBHOOK_TIMEOUT_SECONDS = 10


def task_failed(context: Mapping[str, Any]) -> None:
    """Airflow's callback for a task that has failed and is not tried again; its last words in the log."""
    instance = context["task_instance"]
    error = context.get("exception")
    # The runbook and the command to resume, which the pipeline hangs on what its steps raise.
    lines = [f"{instance.task_id} of {instance.dag_id} failed. {_words(error)}", *getattr(error, "__notes__", ())]
    _tell(
        {
            "text": "\n".join(lines),
            "event": "task_failed",
            "dag": instance.dag_id,
            "task": instance.task_id,
            "run": instance.run_id,
            "log": getattr(instance, "log_url", ""),
        }
    )
    # The UI folds what follows a task; these lines are to be seen.
    log.info("::endgroup::")
    for line in lines:
        log.error(line)


def night_is_late(context: Mapping[str, Any]) -> None:
    """Airflow's callback for a night that has not ended when it was due.

    A backfilled night is as late as it is old; nobody waits for it at a certain hour.
    """
    run = context["dag_run"]
    if run["run_type"] == "backfill":
        return
    sentence = (
        f"{run['dag_id']} was due by {str(context['deadline']['deadline_time'])[:16]} and has not ended: "
        f"its run {run['dag_run_id']} is {run['state']}. Readers still see the tables of the night before."
    )
    _tell({"text": sentence, "event": "night_is_late", "dag": run["dag_id"], "run": run["dag_run_id"]})
    log.error(sentence)


def _words(error: BaseException | str | None) -> str:
    if error is None:
        return "Its process ended before it could say why; the log of the machine may."
    if type(error).__module__.startswith("customer360."):
        return str(error)
    return f"It ended with {type(error).__name__}; the log has the details."


def _tell(message: dict[str, str]) -> None:
    """Send the message where the settings say. One way that fails does not keep it from the other."""
    settings = read_settings()
    if settings.alert_emails:
        try:
            _mail(settings.alert_emails, message)
        except Exception as error:
            log.warning("No mail was sent through the connection %s: %s", MAIL_CONNECTION, type(error).__name__)
    if settings.alert_webhook:
        try:
            _post(settings.alert_webhook, message)
        except Exception as error:
            # The address of a webhook is a secret, and an error of its client names it.
            log.warning("The webhook of connection %s was not told: %s", settings.alert_webhook, type(error).__name__)


def _mail(addresses: tuple[str, ...], message: dict[str, str]) -> None:
    from airflow.providers.smtp.hooks.smtp import SmtpHook

    first_line = message["text"].partition("\n")[0]
    body = f"<p>{html.escape(message['text'])}</p>".replace("\n", "<br>")
    if link := message.get("log"):
        body += f'<p><a href="{html.escape(link)}">The log</a></p>'
    with SmtpHook(smtp_conn_id=MAIL_CONNECTION) as hook:
        hook.send_email_smtp(to=list(addresses), subject=f"customer360: {first_line}"[:120], html_content=body)


def _post(connection_id: str, message: dict[str, str]) -> None:
    import httpx
    from airflow.sdk import Connection

    connection = Connection.get(connection_id)
    token = {"Authorization": f"Bearer {connection.password}"} if connection.password else {}
    httpx.post(
        webhook_address(connection), json=message, headers=token, timeout=WEBHOOK_TIMEOUT_SECONDS
    ).raise_for_status()


def webhook_address(connection: Any) -> str:
    """The address a connection of type http stands for: its host may be a whole URL, or be built from its parts."""
    if "://" in (connection.host or ""):
        return connection.host
    port = f":{connection.port}" if connection.port else ""
    return f"https://{connection.host}{port}/{connection.schema or ''}"
