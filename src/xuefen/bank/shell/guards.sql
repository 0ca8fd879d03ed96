-- Whether this is forget_person (custody/guards.sql) at work: it alone runs as the owner of the tables and says so.
CREATE OR REPLACE FUNCTION forgets_somebody(of_table oid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(current_setting('xuefen.forgetting', true), '') = 'on'
       AND (SELECT r.rolname = current_user FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE c.oid = of_table)
$$;

-- Used by every room's guards.sql: a table whose rows are facts.
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND forgets_somebody(TG_RELID) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'rows of % are facts: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'integrity_constraint_violation';
END $$;

-- Only the named columns may change (arguments of the trigger); deletion is refused by refuse_change.
CREATE OR REPLACE FUNCTION allow_only_columns() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    old_row jsonb := to_jsonb(OLD);
    new_row jsonb := to_jsonb(NEW);
BEGIN
    IF (old_row - TG_ARGV) IS DISTINCT FROM (new_row - TG_ARGV) AND NOT forgets_somebody(TG_RELID) THEN
        RAISE EXCEPTION 'only % of % may change', array_to_string(TG_ARGV, ', '), TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

-- A move in somebody's life: it is in the room's list (a function of from, event, to) and continues where the last one ended; the
-- first begins at 'new'. Arguments: the column that names whose move it is, the list.
CREATE OR REPLACE FUNCTION move_follows_table() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    subject bigint := (to_jsonb(NEW)->>TG_ARGV[0])::bigint;
    came_to text := 'new';
    listed boolean;
BEGIN
    IF NEW.seq > 1 THEN
        EXECUTE format('SELECT to_state FROM %I WHERE %I = $1 AND seq = $2', TG_TABLE_NAME, TG_ARGV[0])
            INTO came_to USING subject, NEW.seq - 1;
    END IF;
    EXECUTE format('SELECT %I($1, $2, $3)', TG_ARGV[1])
        INTO listed USING NEW.from_state::text, NEW.event::text, NEW.to_state::text;
    IF came_to IS DISTINCT FROM NEW.from_state OR listed IS NOT TRUE THEN
        RAISE EXCEPTION '% of %: no move % from % to %', TG_TABLE_NAME, subject, NEW.event, NEW.from_state, NEW.to_state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

-- When the transaction ends, somebody stands where their last move left them: no move without a state, no state without a move.
-- Deferred, on both tables. Arguments: the table of subjects, its column that counts the moves, the table of moves, its column
-- that names the subject; then, where a subject may stand without a move yet, its state until the first.
CREATE OR REPLACE FUNCTION stands_where_moved() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    subject bigint := (to_jsonb(NEW)->>(CASE TG_TABLE_NAME WHEN TG_ARGV[0] THEN 'id' ELSE TG_ARGV[3] END))::bigint;
    strayed boolean;
BEGIN
    EXECUTE format(
        'SELECT EXISTS (SELECT 1 FROM %1$I s LEFT JOIN LATERAL (SELECT seq, to_state FROM %3$I WHERE %4$I = s.id'
        ' ORDER BY seq DESC LIMIT 1) m ON true WHERE s.id = $1 AND (s.%2$I, s.state::text) IS DISTINCT FROM'
        ' (coalesce(m.seq, CASE WHEN $2 IS NOT NULL THEN 0 END), coalesce(m.to_state::text, $2)))',
        TG_ARGV[0], TG_ARGV[1], TG_ARGV[2], TG_ARGV[3]
    ) INTO strayed USING subject, TG_ARGV[4];
    IF strayed THEN
        RAISE EXCEPTION '% %: its state is not where its moves lead', TG_ARGV[0], subject
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

-- Numbers of papers whose keys have a half outside the database (shell/keys.py).
CREATE SEQUENCE IF NOT EXISTS paper_number;
