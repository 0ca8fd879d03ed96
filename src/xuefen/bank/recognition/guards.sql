-- Which moves exist. The list is made from recognition/states.py (states.guard_rows); a test keeps both the same.
CREATE OR REPLACE FUNCTION move_is_in_table(a_from text, an_event text, a_to text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT (a_from, an_event, a_to) IN (
        ('new', 'apply', 'review'),
        ('review', 'approve', 'convert'),
        ('review', 'refuse', 'refused'),
        ('review', 'silence', 'convert'),
        ('review', 'withdraw', 'withdrawn'),
        ('convert', 'convert', 'notice'),
        ('convert', 'withdraw', 'withdrawn'),
        ('notice', 'object', 'objection'),
        ('notice', 'notice_over', 'archived'),
        ('notice', 'withdraw', 'withdrawn'),
        ('objection', 'object', 'objection'),
        ('objection', 'uphold', 'stopped'),
        ('objection', 'reject_objection', 'notice'),
        ('review', 'outcome_gone', 'voided'),
        ('convert', 'outcome_gone', 'voided'),
        ('notice', 'outcome_gone', 'voided'),
        ('objection', 'outcome_gone', 'voided'),
        ('archived', 'doubt', 'in_doubt'),
        ('in_doubt', 'doubt', 'in_doubt'),
        ('in_doubt', 'confirm', 'archived'),
        ('in_doubt', 'undo', 'undone')
    )
$$;

-- A move follows the table, and never changes.
CREATE OR REPLACE TRIGGER move_follows_table BEFORE INSERT ON move FOR EACH ROW
    EXECUTE FUNCTION move_follows_table('application_id', 'move_is_in_table');
CREATE OR REPLACE TRIGGER move_is_a_fact BEFORE UPDATE OR DELETE ON move FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER move_is_kept BEFORE TRUNCATE ON move FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

DROP TRIGGER IF EXISTS application_stands_where_moved ON application;
CREATE CONSTRAINT TRIGGER application_stands_where_moved AFTER INSERT OR UPDATE ON application
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION stands_where_moved('application', 'version', 'move', 'application_id');
DROP TRIGGER IF EXISTS move_moves_its_application ON move;
CREATE CONSTRAINT TRIGGER move_moves_its_application AFTER INSERT ON move
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION stands_where_moved('application', 'version', 'move', 'application_id');

CREATE OR REPLACE TRIGGER application_keeps_its_plan BEFORE UPDATE ON application FOR EACH ROW
    EXECUTE FUNCTION allow_only_columns(
        'state', 'version', 'decided_by', 'reason_code', 'entered_at', 'due_at', 'remind_at', 'reminded_at', 'reminders');
CREATE OR REPLACE TRIGGER application_is_kept BEFORE DELETE ON application FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE TRIGGER application_use_is_a_fact BEFORE UPDATE OR DELETE ON application_use FOR EACH ROW
    EXECUTE FUNCTION refuse_change();

-- An objection is answered once.
CREATE OR REPLACE TRIGGER objection_answered_once BEFORE UPDATE ON objection FOR EACH ROW
    WHEN (OLD.outcome <> '' AND (OLD.outcome, OLD.reply, OLD.replied_by, OLD.replied_at)
        IS DISTINCT FROM (NEW.outcome, NEW.reply, NEW.replied_by, NEW.replied_at)) EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER objection_keeps_its_text BEFORE UPDATE ON objection FOR EACH ROW
    EXECUTE FUNCTION allow_only_columns('reply', 'outcome', 'replied_by', 'replied_at', 'by_name', 'contact_sealed');
CREATE OR REPLACE TRIGGER objection_is_kept BEFORE DELETE ON objection FOR EACH ROW EXECUTE FUNCTION refuse_change();
