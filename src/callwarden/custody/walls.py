"""The second wall in SQL: roles, grants and row-level security, for use in migrations."""

from __future__ import annotations

ROLES = ("cw_app", "cw_keeper", "cw_sequencer")

_CREATE_ROLE = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{role}') THEN
    CREATE ROLE {role} NOLOGIN;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- another database of this server was first
END $$;
"""


def create_roles() -> str:
    """The roles processes take. An administrator may have made them before, with logins of their own."""
    return "".join(_CREATE_ROLE.format(role=role) for role in ROLES)


def row_security(table: str, *, keeper: bool = False) -> str:
    """Show rows of the client the transaction works for, and none where it has not said for whom.

    FORCE, so that the owner is bound too. The keeper sees every client, because a permit names the record.
    """
    rule = "client_id = NULLIF(current_setting('callwarden.client', true), '')::uuid"
    sql = f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY own_client ON {table} USING ({rule}) WITH CHECK ({rule});
"""
    if keeper:
        # Not "TO cw_keeper": that would also let in whoever is a member of the role, as the owner is.
        sql += f"CREATE POLICY keeper_reads ON {table} FOR SELECT USING (current_user = 'cw_keeper');\n"
    return sql


def drop_row_security(table: str) -> str:
    return f"""
DROP POLICY IF EXISTS keeper_reads ON {table};
DROP POLICY IF EXISTS own_client ON {table};
ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;
ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
"""


def append_only(table: str) -> str:
    """Refuse UPDATE, DELETE and TRUNCATE by anybody, the owner included."""
    return f"""
CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'rows of this table are only ever added' USING ERRCODE = 'insufficient_privilege'; END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
  FOR EACH ROW EXECUTE FUNCTION {table}_append_only();
CREATE TRIGGER never_truncated BEFORE TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only();
"""


def drop_append_only(table: str) -> str:
    return f"""
DROP TRIGGER append_only ON {table};
DROP TRIGGER never_truncated ON {table};
DROP FUNCTION {table}_append_only();
"""
