CREATE OR REPLACE TRIGGER key_change_is_a_fact BEFORE UPDATE OR DELETE ON key_change
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- An erasure goes forward: what was asked or confirmed stays, and none is removed.
CREATE OR REPLACE TRIGGER erasure_is_kept BEFORE DELETE ON erasure FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER erasure_once_confirmed BEFORE UPDATE ON erasure FOR EACH ROW WHEN (OLD.state = 'confirmed')
    EXECUTE FUNCTION allow_only_columns('destroyed_at');
CREATE OR REPLACE TRIGGER erasure_declined_ends BEFORE UPDATE ON erasure FOR EACH ROW WHEN (OLD.state = 'declined')
    EXECUTE FUNCTION refuse_change();

-- A person's data goes only when two officers said so, and never comes back.
CREATE OR REPLACE FUNCTION erased_by_two() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.wrapped_key IS NULL AND NEW.wrapped_key IS NOT NULL THEN
        RAISE EXCEPTION 'learner % was erased', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.wrapped_key IS NOT NULL AND NEW.wrapped_key IS NULL AND NOT EXISTS (
        SELECT 1 FROM erasure e WHERE e.learner_id = OLD.id AND e.state = 'confirmed'
    ) THEN
        RAISE EXCEPTION 'learner %: nobody confirmed an erasure', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER learner_erased_by_two BEFORE UPDATE ON learner FOR EACH ROW
    WHEN ((OLD.wrapped_key IS NULL) <> (NEW.wrapped_key IS NULL)) EXECUTE FUNCTION erased_by_two();

-- Takes an erased person's words out of what people typed, and their name off what they did. The only way to change those
-- facts: it runs as the owner of the tables, only while their erasure is confirmed and its keys are not destroyed yet.
CREATE OR REPLACE FUNCTION forget_person(the_learner bigint, words text[], mark text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    the_number text;
    the_user bigint;
    place record;
    word text;
    hits bigint;
    touched bigint := 0;
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM erasure e WHERE e.learner_id = the_learner AND e.state = 'confirmed' AND e.destroyed_at IS NULL
    ) THEN
        RAISE EXCEPTION 'learner %: nobody confirmed an erasure', the_learner USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    SELECT account_no, user_id INTO the_number, the_user FROM learner WHERE id = the_learner;
    PERFORM set_config('xuefen.forgetting', 'on', true);
    UPDATE outcome SET serial = '' WHERE learner_id = the_learner AND serial <> '';
    DELETE FROM seen_serial WHERE learner_id = the_learner;
    UPDATE audit_entry SET actor_name = the_number WHERE user_id = the_user AND actor_kind = 'learner';
    UPDATE move SET actor_name = the_number FROM application a
        WHERE a.id = move.application_id AND a.learner_id = the_learner AND move.actor_kind = 'learner';
    FOREACH word IN ARRAY words LOOP
        CONTINUE WHEN length(word) < 2;
        FOR place IN SELECT * FROM (VALUES
            ('audit_entry', 'reason', 'text'), ('audit_entry', 'before', 'jsonb'), ('audit_entry', 'after', 'jsonb'),
            ('move', 'note', 'text'), ('objection', 'text', 'text'), ('objection', 'reply', 'text'),
            ('outcome_change', 'reason', 'text'), ('batch_revocation', 'reason', 'text'), ('arbitration', 'grounds', 'text'), ('alarm_step', 'reason', 'text'),
            ('contract', 'reason', 'text'), ('contract_move', 'note', 'text'), ('identity_proof', 'method', 'text'),
            ('activity', 'title', 'text'), ('activity', 'place', 'text'), ('activity', 'cancel_reason', 'text'),
            ('deed', 'decline_reason', 'text'), ('participation_withdrawal', 'reason', 'text'),
            ('batch', 'file_name', 'text'), ('batch', 'problem', 'jsonb'), ('batch', 'header', 'jsonb'), ('batch', 'mapping', 'jsonb'), ('refused_row', 'params', 'jsonb'),
            ('procrastinate_jobs', 'args', 'jsonb')
        ) AS t (of_table, of_column, of_type) LOOP
            EXECUTE format(
                'UPDATE %1$I SET %2$I = replace(%2$I::text, $1, $2)::%3$s WHERE position($1 IN %2$I::text) > 0',
                place.of_table, place.of_column, place.of_type
            ) USING word, mark;
            GET DIAGNOSTICS hits = ROW_COUNT;
            touched := touched + hits;
        END LOOP;
        -- A sheet without headings has somebody in its first row; what its columns were said to mean is no fact.
        DELETE FROM column_name WHERE position(word IN heading) > 0 OR position(word IN key) > 0;
        -- A receipt that names a file after somebody cannot be changed without its signature: the issuer keeps theirs.
        UPDATE batch SET receipt = NULL WHERE position(convert_to(word, 'UTF8') IN receipt) > 0;
    END LOOP;
    PERFORM set_config('xuefen.forgetting', 'off', true);
    RETURN touched;
END $$;
