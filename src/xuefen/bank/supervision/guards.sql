-- An arbitration is decided once, and what it was opened about stays.
CREATE OR REPLACE TRIGGER arbitration_keeps_its_case BEFORE UPDATE ON arbitration FOR EACH ROW
    EXECUTE FUNCTION allow_only_columns('state', 'decided_by_id', 'decided_name', 'decided_at', 'grounds', 'leaf_id');
CREATE OR REPLACE TRIGGER arbitration_decided_once BEFORE UPDATE ON arbitration FOR EACH ROW WHEN (OLD.state <> 'open')
    EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER arbitration_is_kept BEFORE DELETE ON arbitration FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER arbitrated_application_is_a_fact BEFORE UPDATE OR DELETE ON arbitrated_application
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Which moves of a case exist. The list is made from supervision/states.py (states.guard_rows); a test keeps both the same.
CREATE OR REPLACE FUNCTION alarm_move_is_in_table(a_from text, an_event text, a_to text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT (a_from, an_event, a_to) IN (
        ('new', 'find', 'open'),
        ('open', 'find', 'open'),
        ('explained', 'find', 'open'),
        ('confirmed', 'find', 'open'),
        ('closed', 'find', 'open'),
        ('open', 'explain', 'explained'),
        ('open', 'confirm', 'confirmed'),
        ('explained', 'close', 'closed'),
        ('confirmed', 'close', 'closed'),
        ('explained', 'reopen', 'open'),
        ('confirmed', 'reopen', 'open'),
        ('closed', 'reopen', 'open')
    )
$$;
CREATE OR REPLACE TRIGGER alarm_step_follows_table BEFORE INSERT ON alarm_step FOR EACH ROW
    EXECUTE FUNCTION move_follows_table('alarm_id', 'alarm_move_is_in_table');
CREATE OR REPLACE TRIGGER alarm_step_says_why BEFORE INSERT ON alarm_step FOR EACH ROW
    WHEN (NEW.event <> 'find' AND NEW.reason = '') EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER alarm_step_is_a_fact BEFORE UPDATE OR DELETE ON alarm_step FOR EACH ROW EXECUTE FUNCTION refuse_change();
DROP TRIGGER IF EXISTS alarm_stands_where_moved ON alarm;
CREATE CONSTRAINT TRIGGER alarm_stands_where_moved AFTER INSERT OR UPDATE ON alarm
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION stands_where_moved('alarm', 'version', 'alarm_step', 'alarm_id');
DROP TRIGGER IF EXISTS alarm_step_moves_its_alarm ON alarm_step;
CREATE CONSTRAINT TRIGGER alarm_step_moves_its_alarm AFTER INSERT ON alarm_step
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION stands_where_moved('alarm', 'version', 'alarm_step', 'alarm_id');
CREATE OR REPLACE TRIGGER alarm_keeps_its_case BEFORE UPDATE ON alarm FOR EACH ROW
    EXECUTE FUNCTION allow_only_columns('state', 'version', 'found', 'changed_at');
CREATE OR REPLACE TRIGGER alarm_is_kept BEFORE DELETE ON alarm FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER scanned_batch_is_a_fact BEFORE UPDATE OR DELETE ON scanned_batch FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
