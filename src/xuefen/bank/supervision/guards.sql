-- An arbitration is decided once, and what it was opened about stays.
CREATE OR REPLACE TRIGGER arbitration_keeps_its_case BEFORE UPDATE ON arbitration FOR EACH ROW
    EXECUTE FUNCTION allow_only_columns('state', 'decided_by_id', 'decided_name', 'decided_at', 'grounds', 'leaf_id');
CREATE OR REPLACE FUNCTION arbitration_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT forgets_somebody(TG_RELID) THEN
        RAISE EXCEPTION 'arbitration %: decided already', OLD.number USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER arbitration_decided_once BEFORE UPDATE ON arbitration FOR EACH ROW WHEN (OLD.state <> 'open')
    EXECUTE FUNCTION arbitration_decided_once();
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
CREATE OR REPLACE FUNCTION alarm_step_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    came_to text := 'new';
BEGIN
    IF NEW.seq > 1 THEN
        SELECT to_state INTO came_to FROM alarm_step WHERE alarm_id = NEW.alarm_id AND seq = NEW.seq - 1;
    END IF;
    IF came_to IS DISTINCT FROM NEW.from_state OR NOT alarm_move_is_in_table(NEW.from_state, NEW.event, NEW.to_state)
        OR (NEW.event <> 'find' AND NEW.reason = '') THEN
        RAISE EXCEPTION 'alarm %: no move % from % to %', NEW.alarm_id, NEW.event, NEW.from_state, NEW.to_state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER alarm_step_follows BEFORE INSERT ON alarm_step FOR EACH ROW EXECUTE FUNCTION alarm_step_follows();
CREATE OR REPLACE TRIGGER alarm_step_is_a_fact BEFORE UPDATE OR DELETE ON alarm_step FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE FUNCTION alarm_stands_where_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM alarm a
        LEFT JOIN LATERAL (SELECT seq, to_state FROM alarm_step WHERE alarm_id = a.id ORDER BY seq DESC LIMIT 1) s ON true
        WHERE a.id = NEW.id AND (a.version, a.state) IS DISTINCT FROM (s.seq, s.to_state)
    ) THEN
        RAISE EXCEPTION 'alarm %: its state is not where its moves lead', NEW.number
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS alarm_stands_where_moved ON alarm;
CREATE CONSTRAINT TRIGGER alarm_stands_where_moved AFTER INSERT OR UPDATE ON alarm
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION alarm_stands_where_moved();
CREATE OR REPLACE TRIGGER alarm_keeps_its_case BEFORE UPDATE ON alarm FOR EACH ROW
    EXECUTE FUNCTION allow_only_columns('state', 'version', 'found', 'changed_at');
CREATE OR REPLACE TRIGGER alarm_is_kept BEFORE DELETE ON alarm FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER scanned_batch_is_a_fact BEFORE UPDATE OR DELETE ON scanned_batch FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
