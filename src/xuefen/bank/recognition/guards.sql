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

-- A move is in the table, continues where the last one ended, and never changes.
CREATE OR REPLACE FUNCTION move_follows_table() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    came_to text := 'new';
BEGIN
    IF NEW.seq > 1 THEN
        SELECT to_state INTO came_to FROM move WHERE application_id = NEW.application_id AND seq = NEW.seq - 1;
    END IF;
    IF came_to IS DISTINCT FROM NEW.from_state OR NOT move_is_in_table(NEW.from_state, NEW.event, NEW.to_state) THEN
        RAISE EXCEPTION 'application %: no move % from % to %', NEW.application_id, NEW.event, NEW.from_state, NEW.to_state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER move_follows_table BEFORE INSERT ON move FOR EACH ROW EXECUTE FUNCTION move_follows_table();
CREATE OR REPLACE TRIGGER move_is_a_fact BEFORE UPDATE OR DELETE ON move FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER move_is_kept BEFORE TRUNCATE ON move FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- When the transaction ends, an application stands where its last move left it: no move without a state, no state without a move.
CREATE OR REPLACE FUNCTION application_stands_where_moved() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    subject bigint := CASE TG_TABLE_NAME WHEN 'move' THEN (to_jsonb(NEW)->>'application_id')::bigint ELSE NEW.id END;
BEGIN
    IF EXISTS (
        SELECT 1 FROM application a
        LEFT JOIN LATERAL (SELECT seq, to_state FROM move WHERE application_id = a.id ORDER BY seq DESC LIMIT 1) m ON true
        WHERE a.id = subject AND (a.version, a.state) IS DISTINCT FROM (m.seq, m.to_state::text)
    ) THEN
        RAISE EXCEPTION 'application %: its state is not where its moves lead', subject
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

DROP TRIGGER IF EXISTS application_stands_where_moved ON application;
CREATE CONSTRAINT TRIGGER application_stands_where_moved AFTER INSERT OR UPDATE ON application
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION application_stands_where_moved();
DROP TRIGGER IF EXISTS move_moves_its_application ON move;
CREATE CONSTRAINT TRIGGER move_moves_its_application AFTER INSERT ON move
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION application_stands_where_moved();

CREATE OR REPLACE TRIGGER application_keeps_its_plan BEFORE UPDATE ON application FOR EACH ROW
    EXECUTE FUNCTION allow_only_columns(
        'state', 'version', 'decided_by', 'reason_code', 'entered_at', 'due_at', 'remind_at', 'reminded_at', 'reminders');
CREATE OR REPLACE TRIGGER application_is_kept BEFORE DELETE ON application FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE TRIGGER application_use_is_a_fact BEFORE UPDATE OR DELETE ON application_use FOR EACH ROW
    EXECUTE FUNCTION refuse_change();

-- An objection is answered once.
CREATE OR REPLACE FUNCTION objection_answered_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.outcome <> '' AND (OLD.outcome, OLD.reply, OLD.replied_by, OLD.replied_at)
        IS DISTINCT FROM (NEW.outcome, NEW.reply, NEW.replied_by, NEW.replied_at) AND NOT forgets_somebody(TG_RELID) THEN
        RAISE EXCEPTION 'objection % is already answered', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER objection_answered_once BEFORE UPDATE ON objection FOR EACH ROW
    EXECUTE FUNCTION objection_answered_once();
CREATE OR REPLACE TRIGGER objection_keeps_its_text BEFORE UPDATE ON objection FOR EACH ROW
    EXECUTE FUNCTION allow_only_columns('reply', 'outcome', 'replied_by', 'replied_at', 'by_name', 'contact_sealed');
CREATE OR REPLACE TRIGGER objection_is_kept BEFORE DELETE ON objection FOR EACH ROW EXECUTE FUNCTION refuse_change();
