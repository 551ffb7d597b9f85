"""Who may ask for which address of the console, and what asking leaves behind: one line an address.

A new address without a line fails the tests. Columns are the eight roles,

    A agent, L team leader, Q quality reviewer, D data protection officer,
    S security administrator, Y system administrator, U auditor, P partner manager,

first for GET, then for POST; a letter may ask, a dot is refused, `-` means that the address does not take the method,
`anyone` needs no session. Whether the person then sees anything depends on lines, purposes and the policy as well.
What it leaves:

    opens    shows or hands out what is known of callers: an entry for each time
    lists    names calls by time, line and colleague, and nothing of their callers
    form     asks why before it opens anything
    rules    rules, counts, work that is under way, names of staff; opens nothing of a caller
    changes  whatever it changes stands in the log
    own      the viewer's own preferences and sessions
    public   published to everybody
"""

from __future__ import annotations

from dataclasses import dataclass

ROLES = {
    "A": "agent",
    "L": "team_leader",
    "Q": "quality_reviewer",
    "D": "data_protection_officer",
    "S": "security_administrator",
    "Y": "system_administrator",
    "U": "auditor",
    "P": "partner_manager",
}


@dataclass(frozen=True)
class Address:
    """One address by one method."""

    name: str
    method: str
    public: bool
    may: frozenset[str]
    leaves: str

    @property
    def refused(self) -> list[str]:
        return [] if self.public else [role for role in ROLES.values() if role not in self.may]


def table() -> dict[tuple[str, str], Address]:
    """Every address by name and method."""
    found = {}
    for line in TABLE.strip().splitlines():
        name, *columns, kinds = line.split()
        told = kinds.split("+")
        for method, who in zip(("GET", "POST"), columns, strict=True):
            if who != "-":
                may = frozenset(ROLES.values() if who == "anyone" else (ROLES[one] for one in who if one != "."))
                kind = told[-1] if method == "POST" else told[0]
                found[name, method] = Address(name, method, who == "anyone", may, kind)
    return found


TABLE = """
set_language            anyone    anyone    public
set_theme               -         anyone    public
public_request          anyone    anyone    public+changes
public_request_code     anyone    anyone    public+changes
public_request_status   anyone    anyone    public+changes
calls                   ALQDS.U.  ALQDS.U.  lists+opens
call                    ALQDS.U.  -         opens
call_listen             ALQDS.U.  -         opens
call_not_this_customer  -         .L.D....  changes
redaction               .LQD....  -         opens
redaction_hide          -         .LQD....  changes
redaction_show          -         .LQD....  changes
corrections             .LQD..U.  -         rules
corrections_export      .LQD..U.  -         rules
call_original           ALQDS.U.  ALQDS.U.  form+opens
call_audio              ALQDS.U.  -         opens
reveal                  ALQDS.U.  ALQDS.U.  form+opens
masked                  ALQDS.U.  -         opens
search                  ALQDS.U.  ALQDS.U.  form+opens
customers               AL.DS...  AL.DS...  opens
customer                AL.DS...  -         opens
consents                AL.D....  -         opens
consents_say            -         AL.D....  changes
consents_receipt        AL.D....  -         opens
consents_proof          AL.D....  -         opens
call_consent            -         AL.D....  changes
call_consent_dismiss    -         AL.D....  changes
call_no_more_calls      -         AL.D....  changes
consents_renew          ...D....  ...D....  rules+changes
calling                 .LQDSYUP  -         rules
calling_numbers         -         .L.D....  changes
calling_hours           -         .L.D....  changes
overview                ALQDSYUP  ALQDSYUP  rules+changes
evidence                .LQDSYUP  .LQDSYUP  rules+changes
audit                   ...DS.U.  -         rules
ledger_find             -         ...DS.U.  opens
verify                  -         ...DS.U.  changes
verify_progress         ...DS.U.  -         rules
ledger_export           ...DS.U.  ...DS.U.  form+opens
ledger_evidence         ...DS.U.  ...DS.U.  form+opens
ledger_years            ...DS.U.  -         rules
ledger_year_export      ...DS.U.  ...DS.U.  form+opens
ledger_year_erase       ...DS...  ...DS...  rules+changes
entry                   ...DS.U.  -         rules
proof                   ALQDS.U.  -         rules
detail                  ...DS.U.  ...DS.U.  form+opens
approvals               .L.DSYUP  -         rules
deputies                .L.DSYUP  .L.DSYUP  rules+changes
deputy_end              -         .L.DSYUP  changes
approval_terms          ...DS.U.  ...DS...  rules+changes
approval                .L.DSYUP  -         rules
approval_reason         -         .L.DSYUP  opens
approval_decide         -         .L.DSYUP  changes
approval_carry_out      -         .L.DSYUP  changes
approval_withdraw       -         .L.DSYUP  changes
grants                  ALQDS.U.  -         rules
grant_ask               ALQDS.U.  ALQDS.U.  rules+changes
grant                   ALQDS.U.  -         rules
grant_begin             -         ALQDS.U.  changes
grant_sound             -         ALQDS.U.  changes
grant_end               -         ALQDS.U.  changes
emergencies             .L.DS.U.  -         rules
emergency_begin         .L.DS.U.  .L.DS.U.  rules+changes
emergency               .L.DS.U.  -         rules
emergency_end           -         .L.DS.U.  changes
emergency_review        -         ...DS.U.  changes
findings                .LQDSYUP  -         rules
findings_many           .L.DSYUP  -         rules
findings_draw           -         .L.DSYUP  changes
finding                 .LQDSYUP  -         rules
finding_move            -         .L.DSYUP  changes
bulk                    .LQDSYUP  -         rules
bulk_act                .LQDSYUP  -         rules
bulk_live               .LQDSYUP  -         rules
bulk_rows               .LQDSYUP  -         rules
bulk_move               -         .LQDSYUP  changes
alerts                  ...DS.U.  -         rules
suppressions            ...DS.U.  ...DS.U.  rules+changes
suppression_end         -         ...DS...  changes
thresholds              ...DS.U.  -         rules
threshold_tune          -         ...DS...  changes
canaries                ...D....  ...D....  rules+changes
canary_remove           -         ...D....  changes
usage                   ...DS.U.  -         rules
usage_export            -         ...DS.U.  opens
usage_look              -         ...DS.U.  changes
usage_report            ...DS.U.  -         rules
alert                   ...DS.U.  -         rules
alert_act               -         ...DS...  changes
incidents               ALQDSYUP  -         rules
incident_report         ALQDSYUP  ALQDSYUP  rules+changes
incident                ALQDSYUP  -         rules
imports                 .L.D.Y..  -         rules
imports_live            .L.D.Y..  -         rules
import_item             .L.D.Y..  -         rules
import_batch            .L.D.Y..  -         rules
imports_many            .L.D.Y..  -         rules
imports_draw            -         .L.D.Y..  changes
import_read             -         .L.D.Y..  changes
import_destroy          -         .L.D.Y..  changes
lawful                  .LQDSYUP  -         rules
retention               ...DS...  ...DS...  rules+changes
protection              .LQDSYUP  -         rules
session_revoke          -         ....S...  changes
control                 .LQDSYUP  -         rules
partners                .LQDSYUP  -         rules
partner_register        ...DS.UP  -         rules
partner_new             ...D...P  ...D...P  rules+changes
partner                 ...DS.UP  -         rules
partner_change          ...D...P  ...D...P  rules+changes
partner_service         ...D...P  ...D...P  rules+changes
partner_service_remove  -         ...D...P  changes
partner_sub             ...D...P  ...D...P  rules+changes
partner_sub_remove      -         ...D...P  changes
partner_contact         ...D...P  ...D...P  rules+changes
partner_contact_open    -         ...DS..P  changes
partner_contact_forget  -         ...D...P  changes
partner_step            -         ...D...P  changes
partner_left            -         ...D...P  changes
partner_suspend         -         ...DS..P  changes
partner_resume          -         ...DS..P  changes
access                  .LQDSYUP  -         rules
matrix_compare          .LQDSYUP  -         rules
matrix_draft            -         ...DS...  changes
ties                    ...DS...  ...DS...  rules+changes
tie_confirm             -         ...DS...  changes
tie_end                 -         ...DS...  changes
access_try              ...DS.U.  ...DS.U.  rules+changes
matrix_shadow           .LQDSYUP  -         rules
matrix_to_shadow        -         ...DS...  changes
matrix_version          .LQDSYUP  -         rules
matrix_ask              -         ...DS...  changes
matrix_drop             -         ...DS...  changes
matrix_cells            ...DS...  ...DS...  rules+changes
matrix_guards           ...DS...  ...DS...  rules+changes
matrix_effective        .LQDSYUP  -         rules
matrix_csv              .LQDSYUP  -         rules
matrix_json             .LQDSYUP  -         rules
privacy                 anyone    -         public
privacy_version         anyone    -         public
privacy_file            anyone    -         public
notices                 .LQDSYUP  -         rules
notice_new              ...DS...  ...DS...  rules+changes
notice_timing           -         ...DS...  changes
notice                  .LQDSYUP  -         rules
notice_edit             ...DS...  ...DS...  rules+changes
notice_ask              -         ...DS...  changes
day                     ...D..U.  -         rules
staff_notice            ALQDSYUP  ALQDSYUP  own
staff_notices           ...DS.U.  -         rules
staff_notice_write      ...DS...  ...DS...  rules+changes
staff_notice_version    ...DS.U.  -         rules
staff_notice_ask        -         ...DS...  changes
certificates            .LQDSYUP  -         rules
certificate             .LQDSYUP  -         rules
certificate_file        .LQDSYUP  -         rules
requests                .L.D..U.  -         rules
requests_all            .L.D..U.  -         rules
requests_many           .L.D....  -         rules
requests_draw           -         .L.D....  changes
request_new             AL.D....  AL.D....  rules+changes
request                 .L.D..U.  -         opens
request_report          -         ...D....  opens
request_correct         ...D....  ...D....  rules+changes
request_explain         ...D....  ...D....  rules+changes
request_explained       -         ...D....  opens
request_move            -         .L.D....  changes
holds_release           ...DS...  ...DS...  rules+changes
holds_set               .L.DS...  .L.DS...  rules+changes
holds                   .LQDSYUP  -         rules
hold_new                .L.DS...  .L.DS...  rules+changes
hold                    .LQDSYUP  -         rules
hold_live               .LQDSYUP  -         rules
hold_review             -         ...DS...  changes
hold_release            -         ...DS...  changes
retention_calendar      .LQDSYUP  -         rules
retention_runs          .LQDSYUP  -         rules
anonymous               .LQDSYUP  -         rules
anonymous_new           ...DS...  ...DS...  rules+changes
anonymous_figures       -         ...DS...  changes
anonymous_at_end        ...DS...  ...DS...  rules+changes
anonymous_end_stop      -         ...DS...  changes
anonymous_release       .LQDSYUP  -         rules
anonymous_file          ...DS...  -         opens
registry                .LQDSYUP  -         rules
registry_kinds          .LQDSYUP  -         rules
registry_kind           ...DS...  ...DS...  rules+changes
registry_file           ...DS...  ...DS...  rules+changes
purpose_new             ...DS...  ...DS...  rules+changes
purpose                 .LQDSYUP  -         rules
purpose_edit            ...DS...  ...DS...  rules+changes
purpose_activate        -         ...DS...  changes
purpose_retire          -         ...DS...  changes
purpose_serve           -         ...DS...  changes
revision_ask            -         ...DS...  changes
processing              .LQDSYUP  -         rules
processing_export       -         .LQDSYUP  opens
transfers               .LQDSYUP  -         rules
transfer_new            ...DS...  ...DS...  rules+changes
transfer_ask            -         ...DS...  changes
transfer_end            -         ...DS...  changes
assessments             .LQDSYUP  -         rules
assessment_start        -         .L.DS...  changes
assessment              .LQDSYUP  -         rules
assessment_write        .L.DS...  .L.DS...  rules+changes
assessment_ask          -         .L.DS...  changes
assessment_abandon      -         .L.DS...  changes
settings                ALQDSYUP  ALQDSYUP  own
own_session_end         -         ALQDSYUP  own
keys                    ...DSYU.  -         rules
keys_runs               ...DSYU.  -         rules
keys_turn               -         ...DS...  changes
keys_reindex            -         ...DS...  changes
keys_end                ...DS...  ...DS...  rules+changes
keys_pause              -         ...DS...  changes
keys_resume             -         ...DS...  changes
programs                ...DSYU.  -         rules
program_new             ....S...  ....S...  rules+changes
program                 ...DSYU.  -         rules
program_rotate          -         ....S...  changes
program_hand_over       -         ....S...  changes
program_end             -         ....S...  changes
accounts                ...DSYU.  ...DSYU.  rules+changes
account_posts           ...DSYU.  -         rules
account_new             ....S...  ....S...  rules+changes
account                 ...DSYU.  -         rules
account_roles           -         ....S...  changes
account_lines           -         ....S...  changes
account_close           -         ....S...  changes
account_reopen          -         ....S...  changes
account_erase           -         ....S...  changes
training                ...DSYU.  -         rules
training_enter          -         ...DS...  changes
training_table          -         ...DS...  changes
training_person         ...DSYU.  -         rules
training_take_back      ...DS...  ...DS...  rules+changes
reviews                 .L.DS.U.  -         rules
review_new              ...DS...  ...DS...  rules+changes
review                  .L.DS.U.  -         rules
review_close            -         ...DS...  changes
review_report           ...DS.U.  -         rules
review_person           .L.DS.U.  -         rules
review_keep             -         .L.DS.U.  changes
review_decide           -         .L.DS.U.  changes
backups                 ...DSYU.  -         rules
drill_start             -         ...DSY..  changes
drill                   ...DSYU.  -         rules
restore_ask             -         ...DS...  changes
siem                    ...DS.U.  -         rules
siem_test               -         ....S...  changes
siem_try                -         ....S...  changes
siem_pause              -         ....S...  changes
siem_resume             -         ....S...  changes
siem_again              -         ....S...  changes
residue                 ...DSYU.  -         rules
residue_scan            ...DSYU.  -         rules
residue_again           -         ...DS...  changes
sign_ins                ...DSYU.  ...DSYU.  rules+changes
sign_in_address_open    -         ....S...  changes
sign_in_saml_key        -         ....S...  changes
sign_in_person          ...DSYU.  -         rules
sign_in_open            -         ....S...  changes
sign_in_password        -         ....S...  changes
sign_in_factors         -         ....S...  changes
sign_in_link            -         ....S...  changes
sign_in_unlink          -         ....S...  changes
sign_in_browsers        -         ....S...  changes
grant_values            -         ALQDS.U.  opens
grant_transcripts       -         ALQDS.U.  opens
matrix_parts            ...DS...  ...DS...  rules+changes
matrix_part_out         -         ...DS...  changes
customer_same_person    -         .L.D....  changes
customer_somebody_else  -         .L.D....  changes
neighbours              ...DS.U.  -         rules
neighbour_new           ....S...  ....S...  rules+changes
neighbour               ....S...  ....S...  rules+changes
neighbour_try           -         ....S...  rules
neighbour_batches       ...DS.U.  -         rules
neighbour_batch         ...DS.U.  -         rules
neighbour_pause         -         ....S...  changes
neighbour_resume        -         ....S...  changes
neighbour_end           -         ....S...  changes
demo                    anyone    -         public
demo_enter              anyone    -         public
"""
