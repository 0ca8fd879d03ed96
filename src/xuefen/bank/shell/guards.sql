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

-- Numbers of papers whose keys have a half outside the database (shell/keys.py).
CREATE SEQUENCE IF NOT EXISTS paper_number;
