"""What every event of the log is to a security system: its OCSF class, its activity, how much it presses.

One line an event, in the order of `kernel/events.py`; a test sees to it that none is forgotten. Numbers of activities
are those of OCSF 1.8.0 (`activity_id` of each class).
"""

from __future__ import annotations

from functools import partial

from callwarden.engines.siem import Kind, Meaning, Weight
from callwarden.kernel.events import Event

OTHER = 99
LOGON, LOGOFF = 1, 2  # of `session`
ACCOUNT_CREATE, ACCOUNT_ENABLE, ACCOUNT_DISABLE, ACCOUNT_LOCK, ACCOUNT_UNLOCK = 1, 2, 5, 9, 12  # of `account`
PASSWORD_CHANGE, PASSWORD_RESET = 3, 4  # of `account`
ASSIGN, REVOKE = 1, 2  # of `rights`
DATA_READ, DATA_UPDATE, DATA_QUERY, DATA_CREATE, DATA_DELETE, DATA_LIST = 1, 2, 4, 6, 7, 8  # of `data`
CREATE, READ, UPDATE, DELETE, ACTIVATE, SUSPEND, RESUME = 1, 2, 3, 4, 10, 12, 13  # of `thing`
START, STOP = 3, 4  # of `process`
FOUND, WORKED_ON, ENDED, SUPPRESSED = 1, 2, 3, 4  # of `finding`
NEW, IN_PROGRESS, PUT_OFF, RESOLVED, CLOSED = 1, 2, 3, 4, 5  # stages of findings and incidents
LOW, MEDIUM, HIGH = Weight.LOW, Weight.MEDIUM, Weight.HIGH

session = partial(Meaning, Kind.AUTHENTICATION)
account = partial(Meaning, Kind.ACCOUNT_CHANGE)
rights = partial(Meaning, Kind.USER_ACCESS)
data = partial(Meaning, Kind.DATASTORE)
thing = partial(Meaning, Kind.ENTITY)
call = partial(Meaning, Kind.API)
process = partial(Meaning, Kind.LIFECYCLE)
finding = partial(Meaning, Kind.DATA_SECURITY)
detection = partial(Meaning, Kind.DETECTION)
incident = partial(Meaning, Kind.INCIDENT)

# What an older or newer version of this product wrote and this one does not know.
UNKNOWN = call(OTHER)


def meaning(event: str) -> Meaning:
    """What an event is; one that is not known here is told as an act of another kind, never left out."""
    return MEANINGS.get(event, UNKNOWN)


MEANINGS: dict[str, Meaning] = {
    # Taking in
    Event.INTAKE_RECEIVED: data(DATA_CREATE),
    Event.INTAKE_DUPLICATE: data(OTHER),
    Event.INTAKE_SET_ASIDE: data(DATA_UPDATE, LOW),
    Event.INTAKE_SOURCE_REMOVED: data(DATA_DELETE),
    Event.INTAKE_RECONCILED: data(DATA_READ),
    Event.ADMISSION_ADMITTED: data(DATA_UPDATE),
    Event.ADMISSION_REFUSED: data(DATA_UPDATE, LOW),
    Event.QUARANTINE_ENTERED: data(DATA_CREATE, LOW),
    Event.QUARANTINE_RELEASED: data(DATA_UPDATE, LOW),
    Event.QUARANTINE_DESTROYED: data(DATA_DELETE),
    Event.QUARANTINE_TIMER_STOPPED: data(DATA_UPDATE, LOW),
    Event.IMPORT_STARTED: data(DATA_CREATE),
    Event.IMPORT_FINISHED: data(DATA_CREATE),
    # Redaction
    Event.REDACTION_DONE: data(DATA_UPDATE),
    Event.REDACTION_FAILED: data(DATA_UPDATE, MEDIUM, failed=True),
    Event.REDACTION_ORIGINAL_DESTROYED: data(DATA_DELETE),
    # The door
    Event.DISCLOSE_VIEW_MASKED: data(DATA_READ),
    Event.DISCLOSE_REVEAL: data(DATA_READ, LOW),
    Event.DISCLOSE_PLAY_REDACTED: data(DATA_READ),
    Event.DISCLOSE_PLAY_ORIGINAL: data(DATA_READ, LOW),
    Event.DISCLOSE_SEARCH: data(DATA_QUERY),
    Event.DISCLOSE_EXPORT: data(DATA_READ, MEDIUM),
    Event.DISCLOSE_LIST: data(DATA_LIST),
    Event.DISCLOSE_ADMIT: data(DATA_UPDATE),
    Event.DISCLOSE_REDACT: data(DATA_UPDATE),
    Event.DISCLOSE_SHARE: data(DATA_READ, MEDIUM),
    Event.DISCLOSE_ERASE: data(DATA_DELETE, LOW),
    Event.DISCLOSE_READ_LEDGER: data(DATA_READ, LOW),
    Event.PERMIT_ISSUED: rights(ASSIGN),
    Event.PERMIT_REVOKED: rights(REVOKE),
    # Lawfulness
    Event.NOTICE_DRAFTED: thing(CREATE),
    Event.NOTICE_PUBLISHED: thing(CREATE),
    Event.NOTICE_SUPERSEDED: thing(UPDATE),
    Event.PURPOSE_CHANGED: thing(UPDATE),
    Event.PURPOSE_PROPOSED: thing(CREATE),
    Event.PURPOSE_ACTIVATED: thing(ACTIVATE),
    Event.PURPOSE_RETIRED: thing(DELETE),
    Event.LINE_PURPOSE_CHANGED: thing(UPDATE),
    Event.CATEGORY_RULE_CHANGED: thing(UPDATE),
    Event.RECIPIENT_CHANGED: thing(UPDATE),
    Event.RECORD_OF_PROCESSING_EXPORTED: data(DATA_READ, LOW),
    Event.ASSESSMENT_STARTED: thing(CREATE),
    Event.ASSESSMENT_APPROVED: thing(UPDATE),
    Event.ASSESSMENT_ABANDONED: thing(DELETE),
    Event.ASSESSMENT_REPLACED: thing(UPDATE),
    Event.ASSESSMENT_LAPSED: thing(UPDATE),
    Event.ASSESSMENT_DESTROYED: thing(DELETE),
    Event.TRANSFER_REGISTERED: thing(CREATE),
    Event.TRANSFER_ENDED: thing(DELETE),
    Event.STAFF_NOTICE_PUBLISHED: thing(CREATE),
    Event.STAFF_NOTICE_READ: thing(READ),
    Event.CONSENT_REQUESTED: thing(CREATE),
    Event.CONSENT_GIVEN: thing(UPDATE),
    Event.CONSENT_REFUSED: thing(UPDATE),
    Event.CONSENT_WITHDRAWN: thing(DELETE),
    Event.CONSENT_EXPIRED: thing(UPDATE),
    Event.CONSENT_INVALIDATED: thing(UPDATE),
    Event.CONSENT_PROOF_KEPT: thing(UPDATE),
    Event.CONSENT_PROPOSAL_DISMISSED: thing(UPDATE),
    Event.CONSENT_RECEIPT_MADE: thing(CREATE),
    Event.OVER_COLLECTION_ENDED: thing(DELETE),
    Event.DIALLER_CHECKED: call(READ),
    Event.USE_DECIDED: call(READ),
    Event.DO_NOT_CALL_ADDED: thing(CREATE),
    Event.DO_NOT_CALL_REMOVED: thing(DELETE),
    Event.CALLING_HOURS_SET: thing(CREATE),
    Event.RETENTION_RULE_CHANGED: thing(UPDATE, LOW),
    Event.RETENTION_EVENT: thing(UPDATE),
    Event.RETENTION_RECOMPUTED: thing(UPDATE),
    Event.RETENTION_DESTROYED: data(DATA_DELETE),
    Event.ANONYMISATION_PROPOSED: thing(CREATE),
    Event.ANONYMISATION_RELEASED: thing(UPDATE),
    Event.ANONYMISATION_REFUSED: thing(UPDATE),
    Event.ANONYMISATION_DROPPED: thing(DELETE),
    Event.ANONYMISATION_AT_END_SET: thing(UPDATE),
    Event.ANONYMISATION_AT_END_ENDED: thing(UPDATE),
    Event.ANONYMISATION_BUCKET_COUNTED: thing(READ),
    Event.ANONYMISATION_HANDED_OUT: data(DATA_READ, LOW),
    Event.HOLD_SET: thing(CREATE),
    Event.HOLD_RELEASED: thing(UPDATE, LOW),
    Event.MATTER_OPENED: thing(CREATE),
    Event.MATTER_PROVISIONAL: thing(CREATE),
    Event.MATTER_HELD: thing(CREATE),
    Event.MATTER_REVIEWED: thing(READ),
    Event.MATTER_RELEASED: thing(UPDATE, LOW),
    Event.MATTER_DROPPED: thing(DELETE),
    Event.REQUEST_RECEIVED: thing(CREATE),
    Event.REQUEST_ASSIGNED: thing(UPDATE),
    Event.REQUEST_MOVED: thing(UPDATE),
    Event.REQUEST_ANSWERED: thing(UPDATE),
    Event.REQUEST_TASK_MOVED: thing(UPDATE),
    Event.REQUEST_EXTENDED: thing(UPDATE),
    Event.REQUEST_VERIFIED: thing(READ),
    Event.REQUEST_PROOF_ASKED: thing(UPDATE),
    Event.REQUEST_PROOF_FAILED: thing(UPDATE),
    Event.ERASURE_STARTED: data(DATA_DELETE),
    Event.ERASURE_DONE: data(DATA_DELETE),
    Event.ERASURE_SCANNED: data(DATA_READ),
    Event.ERASURE_CERTIFIED: data(DATA_READ),
    # Custody
    Event.CLIENT_OPENED: thing(CREATE),
    Event.LINE_OPENED: thing(CREATE),
    Event.LINE_CHANGED: thing(UPDATE),
    Event.CUSTOMER_IMPORTED: data(DATA_CREATE),
    Event.CUSTOMER_CHANGED: data(DATA_UPDATE),
    Event.PERSON_LINKED: data(DATA_UPDATE),
    Event.PERSON_UNLINKED: data(DATA_UPDATE),
    Event.RECORD_PUT: data(DATA_CREATE),
    Event.RECORD_RESTRICTED: data(DATA_UPDATE),
    Event.RECORD_DESTROYED: data(DATA_DELETE),
    Event.KEY_SUBJECT_DESTROYED: thing(DELETE, LOW),
    Event.KEY_SUBJECT_TURNED: thing(UPDATE, LOW),
    Event.KEY_BUCKET_OPENED: thing(CREATE, LOW),
    Event.KEY_BUCKET_DESTROYED: thing(DELETE, LOW),
    Event.KEY_EPOCH_OPENED: thing(CREATE, LOW),
    Event.KEY_EPOCH_TURNED: thing(UPDATE, LOW),
    Event.KEY_EPOCH_DESTROYED: thing(DELETE, LOW),
    Event.KEY_INDEX_OPENED: thing(CREATE, LOW),
    Event.KEY_INDEX_DESTROYED: thing(DELETE, LOW),
    Event.CLIENT_CLOSED: thing(DELETE, LOW),
    Event.CLOCK_JUMPED: process(OTHER, MEDIUM),
    Event.KEY_DAY_OPENED: thing(CREATE, LOW),
    Event.KEY_DAY_DESTROYED: thing(DELETE, LOW),
    Event.KEY_RUN_PAUSED: thing(SUSPEND),
    Event.KEY_RUN_RESUMED: thing(RESUME),
    Event.KEY_ROTATION_STARTED: thing(CREATE),
    Event.KEY_ROTATION_DONE: thing(UPDATE),
    Event.KEY_VERSION_OPENED: thing(CREATE),
    Event.KEY_VERSION_RETIRED: thing(DELETE),
    Event.KEY_ROOT_CHANGED: thing(UPDATE, MEDIUM),
    Event.KEY_SHARES_EXPORTED: thing(READ, MEDIUM),
    # The ledger about itself
    Event.LEDGER_EXPORTED: data(DATA_READ, LOW),
    Event.LEDGER_VERIFIED: data(DATA_READ),
    Event.LEDGER_SINK_CHANGED: thing(UPDATE, LOW),
    Event.LEDGER_LAGGING: detection(FOUND, MEDIUM, stage=NEW),
    Event.SIEM_ADDED: thing(CREATE),
    Event.SIEM_PAUSED: thing(SUSPEND, MEDIUM),
    Event.SIEM_RESUMED: thing(RESUME),
    Event.SIEM_FAILING: thing(UPDATE, MEDIUM, failed=True),
    Event.SIEM_RECOVERED: thing(UPDATE),
    Event.SIEM_REWOUND: thing(UPDATE, LOW),
    Event.SIEM_TESTED: thing(UPDATE),
    # People
    Event.ACCOUNT_OPENED: account(ACCOUNT_CREATE, LOW),
    Event.ACCOUNT_CHANGED: account(OTHER, LOW),
    Event.ACCOUNT_CLOSED: account(ACCOUNT_DISABLE, LOW),
    Event.ACCOUNT_REOPENED: account(ACCOUNT_ENABLE, LOW),
    Event.ACCOUNT_FROZEN: account(ACCOUNT_LOCK, MEDIUM),
    Event.ACCOUNT_UNFROZEN: account(ACCOUNT_UNLOCK, LOW),
    Event.ROLES_CHANGED: rights(ASSIGN, LOW),
    Event.LINES_CHANGED: thing(UPDATE),
    Event.SIGN_IN: session(LOGON),
    Event.SIGN_IN_FAILED: session(LOGON, LOW, failed=True),
    Event.SIGN_IN_LOCKED: account(ACCOUNT_LOCK, MEDIUM),
    Event.SIGN_IN_UNLOCKED: account(ACCOUNT_UNLOCK, LOW),
    Event.PASSWORD_CHANGED: account(PASSWORD_CHANGE),
    Event.PASSWORD_RESET: account(PASSWORD_RESET, LOW),
    Event.BROWSERS_FORGOTTEN: account(OTHER, LOW),
    Event.MFA_PROVED: session(OTHER),
    Event.MFA_CHANGED: account(OTHER, LOW),
    Event.SESSION_OPENED: session(LOGON),
    Event.SESSION_REVOKED: session(LOGOFF),
    Event.SERVICE_KEY_CREATED: account(ACCOUNT_CREATE, LOW),
    Event.SERVICE_KEY_REVOKED: account(ACCOUNT_DISABLE, LOW),
    Event.SERVICE_KEY_ROTATED: account(OTHER, LOW),
    Event.SERVICE_KEY_HANDED_OVER: account(OTHER, LOW),
    # Decisions, shared
    Event.APPROVAL_REQUESTED: thing(CREATE),
    Event.APPROVAL_VOTED: thing(UPDATE),
    Event.APPROVAL_VOTE_VOIDED: thing(UPDATE),
    Event.APPROVAL_APPROVED: thing(UPDATE),
    Event.APPROVAL_REFUSED: thing(UPDATE),
    Event.APPROVAL_WITHDRAWN: thing(DELETE),
    Event.APPROVAL_EXPIRED: thing(UPDATE),
    Event.APPROVAL_EXECUTED: thing(UPDATE, LOW),
    Event.DELEGATION_GIVEN: thing(UPDATE),
    Event.DELEGATION_ENDED: thing(DELETE),
    Event.BULK_DRAWN: thing(CREATE),
    Event.BULK_ASKED: thing(CREATE),
    Event.BULK_STARTED: thing(CREATE),
    Event.BULK_BATCH_DONE: thing(UPDATE),
    Event.BULK_STOPPED: thing(UPDATE),
    Event.BULK_RESUMED: thing(RESUME),
    Event.BULK_DONE: thing(UPDATE),
    Event.BULK_ENDED: thing(DELETE),
    Event.BULK_DROPPED: thing(DELETE),
    Event.FINDING_OPENED: finding(FOUND, MEDIUM, stage=NEW),
    Event.FINDING_SEEN: finding(WORKED_ON, stage=IN_PROGRESS),
    Event.FINDING_TRIAGED: finding(WORKED_ON, stage=IN_PROGRESS),
    Event.FINDING_REMEDIATING: finding(WORKED_ON, stage=IN_PROGRESS),
    Event.FINDING_VERIFYING: finding(WORKED_ON, stage=IN_PROGRESS),
    Event.FINDING_ASSIGNED: finding(WORKED_ON, stage=IN_PROGRESS),
    Event.FINDING_SCHEDULED: finding(WORKED_ON, stage=IN_PROGRESS),
    Event.FINDING_COMMENTED: finding(WORKED_ON, stage=IN_PROGRESS),
    Event.FINDING_CHECKED: finding(WORKED_ON, stage=IN_PROGRESS),
    Event.FINDING_CLOSED: finding(ENDED, stage=RESOLVED),
    Event.FINDING_ACCEPTED: finding(SUPPRESSED, stage=PUT_OFF),
    Event.FINDING_ACCEPTANCE_LAPSED: finding(WORKED_ON, stage=NEW),
    Event.DEADLINE_STARTED: thing(CREATE),
    Event.DEADLINE_RECOUNTED: thing(UPDATE),
    Event.DEADLINE_WARNED: thing(READ),
    Event.DEADLINE_FILED: thing(UPDATE),
    Event.DEADLINE_NOT_APPLICABLE: thing(UPDATE),
    Event.INCIDENT_OPENED: incident(FOUND, HIGH, stage=NEW),
    Event.INCIDENT_CONFIRMED: incident(WORKED_ON, HIGH, stage=IN_PROGRESS),
    Event.INCIDENT_CONTAINED: incident(WORKED_ON, LOW, stage=IN_PROGRESS),
    Event.INCIDENT_ERADICATED: incident(WORKED_ON, LOW, stage=IN_PROGRESS),
    Event.INCIDENT_NOTIFIED: incident(WORKED_ON, LOW, stage=IN_PROGRESS),
    Event.INCIDENT_CLOSED: incident(ENDED, LOW, stage=CLOSED),
    Event.NOTIFY_QUEUED: call(CREATE),
    Event.NOTIFY_SENT: call(OTHER),
    Event.NOTIFY_FAILED: call(OTHER, LOW, failed=True),
    Event.SCAN_CLEAN: call(READ),
    Event.SCAN_INFECTED: detection(FOUND, HIGH, stage=NEW),
    Event.SCAN_NOT_DONE: call(READ, LOW),
    # Rules and running
    Event.POLICY_CHANGED: thing(UPDATE, MEDIUM),
    Event.POLICY_ACTIVATED: thing(ACTIVATE, MEDIUM),
    Event.CONFIGURATION_CHANGED: thing(UPDATE, LOW),
    Event.SITE_STARTED: process(START),
    Event.SITE_STOPPED: process(STOP),
    Event.JOB_RECOVERED: call(OTHER),
    Event.JOB_FAILED: call(OTHER, MEDIUM, failed=True),
    Event.BACKUP_MADE: process(OTHER),
    Event.BACKUP_RESTORED: process(OTHER, MEDIUM),
}
