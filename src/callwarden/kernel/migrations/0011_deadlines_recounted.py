"""The end of a request that runs moves where the law lets it (`deadlines.recount`); every other end stands."""

from __future__ import annotations

from django.db import migrations

FORWARD = """
DROP TRIGGER keep_columns ON kernel_deadline;
CREATE TRIGGER keep_columns BEFORE UPDATE ON kernel_deadline FOR EACH ROW
  EXECUTE FUNCTION kernel_keep_columns('rule,about_kind,about_id,started_at');
CREATE TRIGGER keep_due BEFORE UPDATE ON kernel_deadline FOR EACH ROW
  WHEN (OLD.state <> 'running' OR OLD.about_kind <> 'request')
  EXECUTE FUNCTION kernel_keep_columns('due_at');
"""
BACKWARD = """
DROP TRIGGER keep_due ON kernel_deadline;
DROP TRIGGER keep_columns ON kernel_deadline;
CREATE TRIGGER keep_columns BEFORE UPDATE ON kernel_deadline FOR EACH ROW
  EXECUTE FUNCTION kernel_keep_columns('rule,about_kind,about_id,started_at,due_at');
"""


class Migration(migrations.Migration):
    dependencies = [("kernel", "0010_approval_terms")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
