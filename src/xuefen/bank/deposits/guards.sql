CREATE OR REPLACE TRIGGER outcome_is_a_fact BEFORE UPDATE ON outcome FOR EACH ROW EXECUTE FUNCTION allow_only_columns('state');
CREATE OR REPLACE TRIGGER outcome_is_kept BEFORE DELETE ON outcome FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER outcomes_are_kept BEFORE TRUNCATE ON outcome FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER refused_row_is_a_fact BEFORE UPDATE ON refused_row FOR EACH ROW EXECUTE FUNCTION allow_only_columns('cells');
CREATE OR REPLACE TRIGGER refused_row_is_kept BEFORE DELETE ON refused_row FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER refused_rows_are_kept BEFORE TRUNCATE ON refused_row FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER batch_keeps_its_content BEFORE UPDATE ON batch FOR EACH ROW
    EXECUTE FUNCTION allow_only_columns('state', 'stored_as', 'standard_version_id', 'total_rows', 'cursor', 'read', 'accepted',
        'refused', 'duplicates', 'credits', 'mapping', 'ask_columns', 'header', 'withdrawn', 'problem', 'first_leaf_id', 'last_leaf_id', 'paper', 'paper_half', 'receipt', 'received_at', 'finished_at');
CREATE OR REPLACE TRIGGER batch_is_kept BEFORE DELETE ON batch FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- An outcome's state is where its last change leads: none moves without the fact that says why.
CREATE OR REPLACE FUNCTION outcome_follows_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state IS DISTINCT FROM
        (SELECT to_state FROM outcome_change WHERE outcome_id = NEW.id ORDER BY seq DESC LIMIT 1) THEN
        RAISE EXCEPTION 'outcome %: its state is not where its changes lead', NEW.number
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER outcome_follows_changes BEFORE UPDATE ON outcome FOR EACH ROW WHEN (OLD.state <> NEW.state)
    EXECUTE FUNCTION outcome_follows_changes();
-- Changes are facts, one after the other: a valid outcome is revoked, corrected or withdrawn with its batch; what was revoked
-- or corrected can be reinstated.
CREATE OR REPLACE FUNCTION outcome_change_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before text := coalesce((SELECT to_state FROM outcome_change WHERE outcome_id = NEW.outcome_id AND seq = NEW.seq - 1), '');
BEGIN
    IF (NEW.seq = 1) <> (before = '') OR (coalesce(nullif(before, ''), 'valid'), NEW.event, NEW.to_state) NOT IN (
        ('valid', 'revoked', 'revoked'), ('valid', 'corrected', 'corrected'), ('valid', 'withdrawn', 'withdrawn'),
        ('revoked', 'reinstated', 'valid'), ('corrected', 'reinstated', 'valid')
    ) THEN
        RAISE EXCEPTION 'outcome %: no change % from % to %', NEW.outcome_id, NEW.event, before, NEW.to_state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER outcome_change_follows BEFORE INSERT ON outcome_change FOR EACH ROW
    EXECUTE FUNCTION outcome_change_follows();
CREATE OR REPLACE TRIGGER outcome_change_is_a_fact BEFORE UPDATE OR DELETE ON outcome_change FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER outcome_changes_are_kept BEFORE TRUNCATE ON outcome_change FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();
-- A batch is revoked once, for one reason; what was done is only counted, and what is over stays.
CREATE OR REPLACE TRIGGER batch_revocation_keeps_its_reason BEFORE UPDATE ON batch_revocation FOR EACH ROW
    EXECUTE FUNCTION allow_only_columns('revoked', 'ended', 'doubted', 'end_leaf_id', 'ended_at');
CREATE OR REPLACE TRIGGER batch_revocation_ends_once BEFORE UPDATE ON batch_revocation FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL)
    EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER batch_revocation_is_kept BEFORE DELETE ON batch_revocation FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER batch_revocations_are_kept BEFORE TRUNCATE ON batch_revocation FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
