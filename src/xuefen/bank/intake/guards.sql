-- Which moves exist. The list is made from intake/states.py (states.guard_rows); a test keeps both the same.
CREATE OR REPLACE FUNCTION slip_move_is_in_table(a_kind text, a_from text, an_event text, a_to text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT (a_kind, a_from, an_event, a_to) IN (
        ('submission', 'draft', 'send', 'checking'),
        ('submission', 'draft', 'withdraw', 'withdrawn'),
        ('submission', 'draft', 'close', 'withdrawn'),
        ('submission', 'checking', 'accept', 'accepted'),
        ('submission', 'checking', 'refuse', 'refused'),
        ('submission', 'checking', 'ask_more', 'more'),
        ('submission', 'checking', 'withdraw', 'withdrawn'),
        ('submission', 'more', 'send', 'checking'),
        ('submission', 'more', 'withdraw', 'withdrawn'),
        ('submission', 'more', 'lapse', 'lapsed'),
        ('award', 'new', 'offer', 'offered'),
        ('award', 'offered', 'claim', 'claimed'),
        ('award', 'offered', 'decline', 'declined'),
        ('award', 'offered', 'take_back', 'taken_back'),
        ('award', 'offered', 'lapse', 'lapsed'),
        ('award', 'offered', 'close', 'lapsed')
    )
$$;

-- A move is in the table, continues where the last one ended, and never changes.
CREATE OR REPLACE FUNCTION slip_move_follows_table() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    the_kind text;
    came_to text;
BEGIN
    SELECT kind INTO the_kind FROM slip WHERE id = NEW.slip_id;
    came_to := CASE the_kind WHEN 'submission' THEN 'draft' ELSE 'new' END;
    IF NEW.seq > 1 THEN
        SELECT to_state INTO came_to FROM slip_move WHERE slip_id = NEW.slip_id AND seq = NEW.seq - 1;
    END IF;
    IF came_to IS DISTINCT FROM NEW.from_state
        OR NOT slip_move_is_in_table(the_kind, NEW.from_state, NEW.event, NEW.to_state) THEN
        RAISE EXCEPTION 'slip %: no move % from % to %', NEW.slip_id, NEW.event, NEW.from_state, NEW.to_state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER slip_move_follows_table BEFORE INSERT ON slip_move FOR EACH ROW
    EXECUTE FUNCTION slip_move_follows_table();
CREATE OR REPLACE TRIGGER slip_move_is_a_fact BEFORE UPDATE OR DELETE ON slip_move FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER slip_move_is_kept BEFORE TRUNCATE ON slip_move FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A slip without a move is being filled in.
DROP TRIGGER IF EXISTS slip_stands_where_moved ON slip;
CREATE CONSTRAINT TRIGGER slip_stands_where_moved AFTER INSERT OR UPDATE ON slip
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION stands_where_moved('slip', 'version', 'slip_move', 'slip_id', 'draft');
DROP TRIGGER IF EXISTS slip_move_moves_its_slip ON slip_move;
CREATE CONSTRAINT TRIGGER slip_move_moves_its_slip AFTER INSERT ON slip_move
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION stands_where_moved('slip', 'version', 'slip_move', 'slip_id', 'draft');

-- What a slip is about never changes; its form only while it is being filled in.
CREATE OR REPLACE TRIGGER slip_keeps_its_subject BEFORE UPDATE ON slip FOR EACH ROW
    EXECUTE FUNCTION allow_only_columns('state', 'version', 'sealed', 'natural_key', 'sent_by_id', 'decided_by_id', 'outcome_id',
        'entered_at', 'due_at', 'remind_at', 'reminded_at', 'reminders');
CREATE OR REPLACE TRIGGER slip_keeps_its_form BEFORE UPDATE ON slip FOR EACH ROW
    WHEN (OLD.sealed IS DISTINCT FROM NEW.sealed AND OLD.state NOT IN ('draft', 'more')) EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER slip_is_kept BEFORE DELETE ON slip FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Files come to a slip and leave it only while it is being filled in.
CREATE OR REPLACE FUNCTION slip_file_while_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM slip WHERE id = (CASE TG_OP WHEN 'DELETE' THEN OLD.slip_id ELSE NEW.slip_id END) AND state IN ('draft', 'more')
    ) THEN
        RAISE EXCEPTION 'a slip that was sent keeps its files: % refused', TG_OP USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE OR REPLACE TRIGGER slip_file_while_open BEFORE INSERT OR DELETE ON slip_file FOR EACH ROW
    EXECUTE FUNCTION slip_file_while_open();
CREATE OR REPLACE TRIGGER slip_file_is_a_fact BEFORE UPDATE ON slip_file FOR EACH ROW EXECUTE FUNCTION refuse_change();
