-- A scheme, an activity, a registration and a reported deed keep what they say; only how each ended is written later, once.
CREATE OR REPLACE TRIGGER activity_scheme_is_signed_only BEFORE UPDATE ON activity_scheme FOR EACH ROW
    EXECUTE FUNCTION allow_only_columns('signed_by_id', 'signed_name', 'signed_at', 'leaf_id');
CREATE OR REPLACE TRIGGER activity_scheme_stays_signed BEFORE UPDATE ON activity_scheme FOR EACH ROW
    WHEN (OLD.signed_at IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER activity_scheme_is_kept BEFORE DELETE ON activity_scheme FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER activity_is_cancelled_only BEFORE UPDATE ON activity FOR EACH ROW
    EXECUTE FUNCTION allow_only_columns('cancelled_at', 'cancel_reason');
CREATE OR REPLACE TRIGGER activity_stays_cancelled BEFORE UPDATE ON activity FOR EACH ROW
    WHEN (OLD.cancelled_at IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER activity_is_kept BEFORE DELETE ON activity FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER registration_is_ended_only BEFORE UPDATE ON registration FOR EACH ROW
    EXECUTE FUNCTION allow_only_columns('ended_at');
CREATE OR REPLACE TRIGGER registration_stays_ended BEFORE UPDATE ON registration FOR EACH ROW
    WHEN (OLD.ended_at IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER registration_is_kept BEFORE DELETE ON registration FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER deed_is_declined_only BEFORE UPDATE ON deed FOR EACH ROW
    EXECUTE FUNCTION allow_only_columns('declined_at', 'declined_by', 'decline_reason');
CREATE OR REPLACE TRIGGER deed_stays_declined BEFORE UPDATE ON deed FOR EACH ROW
    WHEN (OLD.declined_at IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER deed_is_kept BEFORE DELETE ON deed FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What was confirmed, taken back and gathered are facts.
CREATE OR REPLACE TRIGGER participation_is_fact BEFORE UPDATE OR DELETE ON participation FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER participation_withdrawal_is_fact BEFORE UPDATE OR DELETE ON participation_withdrawal FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER gathered_is_fact BEFORE UPDATE OR DELETE ON gathered FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER gathered_use_is_fact BEFORE UPDATE OR DELETE ON gathered_use FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER gathering_names_its_batch_only BEFORE UPDATE ON gathering FOR EACH ROW
    EXECUTE FUNCTION allow_only_columns('batch_id');
CREATE OR REPLACE TRIGGER gathering_keeps_its_batch BEFORE UPDATE ON gathering FOR EACH ROW
    WHEN (OLD.batch_id IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER gathering_is_kept BEFORE DELETE ON gathering FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Nobody confirms their own good deed, whichever sign-in they use; a declined one is not confirmed; nothing is confirmed twice.
CREATE OR REPLACE FUNCTION participation_is_anothers_word() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.deed_id IS NOT NULL AND (
        (NEW.confirmed_user_id IS NULL AND NEW.confirmed_learner_id IS NULL)
        OR EXISTS (SELECT 1 FROM learner WHERE id = NEW.learner_id AND user_id = NEW.confirmed_user_id)
        OR EXISTS (SELECT 1 FROM deed WHERE id = NEW.deed_id AND (declined_at IS NOT NULL OR learner_id <> NEW.learner_id))
    ) THEN
        RAISE EXCEPTION 'deed %: not confirmed by a second person', NEW.deed_id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF EXISTS (
        SELECT 1 FROM participation p LEFT JOIN participation_withdrawal w ON w.participation_id = p.id
        WHERE p.learner_id = NEW.learner_id AND w.participation_id IS NULL AND p.seq < NEW.seq
          AND (p.activity_id = NEW.activity_id OR p.deed_id = NEW.deed_id)
    ) THEN
        RAISE EXCEPTION 'participation %: the one before stands', NEW.number USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER participation_is_anothers_word BEFORE INSERT ON participation FOR EACH ROW
    EXECUTE FUNCTION participation_is_anothers_word();

-- A participation is either used or taken back.
CREATE OR REPLACE FUNCTION participation_ends_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (TG_TABLE_NAME = 'gathered_use'
            AND EXISTS (SELECT 1 FROM participation_withdrawal WHERE participation_id = NEW.participation_id))
       OR (TG_TABLE_NAME = 'participation_withdrawal'
            AND EXISTS (SELECT 1 FROM gathered_use WHERE participation_id = NEW.participation_id)) THEN
        RAISE EXCEPTION 'participation %: used and withdrawn', NEW.participation_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER gathered_use_of_standing BEFORE INSERT ON gathered_use FOR EACH ROW
    EXECUTE FUNCTION participation_ends_once();
CREATE OR REPLACE TRIGGER withdrawal_of_unused BEFORE INSERT ON participation_withdrawal FOR EACH ROW
    EXECUTE FUNCTION participation_ends_once();
