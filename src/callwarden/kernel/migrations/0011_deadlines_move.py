"""The end of a person's request may move while it runs: time stood still, was extended, or a calendar was announced.

Every other deadline keeps its end, and so does one that has ended.
"""

from django.db import migrations

MOVES = """
DROP TRIGGER keep_columns ON kernel_deadline;
CREATE TRIGGER keep_columns BEFORE UPDATE ON kernel_deadline FOR EACH ROW
  EXECUTE FUNCTION kernel_keep_columns('rule,about_kind,about_id,started_at');
CREATE TRIGGER keep_end BEFORE UPDATE ON kernel_deadline FOR EACH ROW
  WHEN (OLD.state <> 'running' OR OLD.about_kind <> 'request')
  EXECUTE FUNCTION kernel_keep_columns('due_at');
"""
STANDS = """
DROP TRIGGER keep_end ON kernel_deadline;
DROP TRIGGER keep_columns ON kernel_deadline;
CREATE TRIGGER keep_columns BEFORE UPDATE ON kernel_deadline FOR EACH ROW
  EXECUTE FUNCTION kernel_keep_columns('rule,about_kind,about_id,started_at,due_at');
"""


class Migration(migrations.Migration):
    dependencies = [("kernel", "0010_approval_terms")]

    operations = [migrations.RunSQL(MOVES, STANDS)]
