-- A published standard is never rewritten: assessments and decisions name the version they used.
CREATE OR REPLACE TRIGGER standard_version_retires_only BEFORE UPDATE ON standard_version
    FOR EACH ROW EXECUTE FUNCTION allow_only_columns('retired_on', 'retired_reason', 'review_on', 'review_reminded_on');
CREATE OR REPLACE TRIGGER standard_version_stays BEFORE DELETE ON standard_version
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Which moves exist. The list is made from standards/states.py (states.guard_rows); a test keeps both the same.
CREATE OR REPLACE FUNCTION standard_move_is_in_table(a_from text, an_event text, a_to text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT (a_from, an_event, a_to) IN (
        ('new', 'propose', 'comparing'),
        ('new', 'load', 'published'),
        ('comparing', 'compare', 'comparing'),
        ('comparing', 'consult', 'consulting'),
        ('comparing', 'reject', 'rejected'),
        ('comparing', 'withdraw', 'withdrawn'),
        ('consulting', 'close', 'signing'),
        ('consulting', 'reject', 'rejected'),
        ('consulting', 'withdraw', 'withdrawn'),
        ('signing', 'sign', 'signing'),
        ('signing', 'publish', 'published'),
        ('signing', 'reject', 'rejected'),
        ('signing', 'withdraw', 'withdrawn'),
        ('published', 'retire', 'retired')
    )
$$;

-- A move follows the table.
CREATE OR REPLACE TRIGGER standard_move_follows_table BEFORE INSERT ON standard_move FOR EACH ROW
    EXECUTE FUNCTION move_follows_table('proposal_id', 'standard_move_is_in_table');

-- Some moves need what others did before: two experts' comparisons, every comment answered, two persons' signatures under the
-- text as it is.
CREATE OR REPLACE FUNCTION standard_move_has_its_persons() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    missing text := '';
BEGIN
    IF NEW.event = 'load' AND NEW.actor_kind <> 'system' THEN
        missing := 'the house';
    ELSIF NEW.event = 'consult' AND
        (SELECT count(*) FROM standard_comparison WHERE proposal_id = NEW.proposal_id) < 2 THEN
        missing := 'two comparisons';
    ELSIF NEW.event = 'close' AND
        EXISTS (SELECT 1 FROM standard_comment WHERE proposal_id = NEW.proposal_id AND replied_at IS NULL) THEN
        missing := 'answers to all comments';
    ELSIF NEW.event = 'publish' AND
        (SELECT count(*) FROM standard_signature s JOIN standard_proposal p ON p.id = s.proposal_id
         WHERE p.id = NEW.proposal_id AND s.digest = p.digest) < 2 THEN
        missing := 'two signatures';
    END IF;
    IF missing <> '' THEN
        RAISE EXCEPTION 'proposal %: % needs %', NEW.proposal_id, NEW.event, missing
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER standard_move_has_its_persons BEFORE INSERT ON standard_move
    FOR EACH ROW EXECUTE FUNCTION standard_move_has_its_persons();
CREATE OR REPLACE TRIGGER standard_move_is_a_fact BEFORE UPDATE OR DELETE ON standard_move
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

DROP TRIGGER IF EXISTS standard_proposal_stands_where_moved ON standard_proposal;
CREATE CONSTRAINT TRIGGER standard_proposal_stands_where_moved AFTER INSERT OR UPDATE ON standard_proposal
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION stands_where_moved('standard_proposal', 'moves_made', 'standard_move', 'proposal_id');
DROP TRIGGER IF EXISTS standard_move_moves_its_proposal ON standard_move;
CREATE CONSTRAINT TRIGGER standard_move_moves_its_proposal AFTER INSERT ON standard_move
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION stands_where_moved('standard_proposal', 'moves_made', 'standard_move', 'proposal_id');

CREATE OR REPLACE TRIGGER standard_proposal_keeps_its_text BEFORE UPDATE ON standard_proposal FOR EACH ROW
    EXECUTE FUNCTION allow_only_columns('state', 'moves_made', 'entered_at', 'consulted_until', 'standard_version_id');
CREATE OR REPLACE TRIGGER standard_proposal_is_kept BEFORE DELETE ON standard_proposal
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- No version is in force that was not published: by two persons, or by the house with the product.
CREATE OR REPLACE FUNCTION standard_version_was_published() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM standard_proposal p WHERE p.standard_version_id = NEW.id
        AND (p.code, p.version, p.digest) = (NEW.code, NEW.version, NEW.digest) AND p.state IN ('published', 'retired')
    ) THEN
        RAISE EXCEPTION 'standard %/% was not published', NEW.code, NEW.version
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

DROP TRIGGER IF EXISTS standard_version_was_published ON standard_version;
CREATE CONSTRAINT TRIGGER standard_version_was_published AFTER INSERT ON standard_version
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION standard_version_was_published();

-- Who proposed neither compares nor signs.
CREATE OR REPLACE FUNCTION standard_act_is_not_the_proposers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM standard_proposal WHERE id = NEW.proposal_id AND proposed_by_id = NEW.user_id) THEN
        RAISE EXCEPTION 'proposal %: its proposer cannot do this', NEW.proposal_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER standard_comparison_is_anothers BEFORE INSERT ON standard_comparison
    FOR EACH ROW EXECUTE FUNCTION standard_act_is_not_the_proposers();
CREATE OR REPLACE TRIGGER standard_comparison_is_a_fact BEFORE UPDATE OR DELETE ON standard_comparison
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER standard_signature_is_anothers BEFORE INSERT ON standard_signature
    FOR EACH ROW EXECUTE FUNCTION standard_act_is_not_the_proposers();
CREATE OR REPLACE TRIGGER standard_signature_is_a_fact BEFORE UPDATE OR DELETE ON standard_signature
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A comment is answered once; what it says stays.
CREATE OR REPLACE TRIGGER standard_comment_answered_once BEFORE UPDATE ON standard_comment FOR EACH ROW
    WHEN (OLD.replied_at IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER standard_comment_keeps_its_text BEFORE UPDATE ON standard_comment
    FOR EACH ROW EXECUTE FUNCTION allow_only_columns('reply', 'replied_by', 'replied_at', 'withheld');
CREATE OR REPLACE TRIGGER standard_comment_is_kept BEFORE DELETE ON standard_comment
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A closed request stays closed.
CREATE OR REPLACE TRIGGER standard_kind_closed_once BEFORE UPDATE ON standard_kind_request FOR EACH ROW
    WHEN (OLD.state <> 'open') EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER standard_kind_keeps_its_text BEFORE UPDATE ON standard_kind_request FOR EACH ROW
    EXECUTE FUNCTION allow_only_columns(
        'state', 'type_code', 'settled_by_id', 'reason', 'closed_at', 'reminders', 'reminded_on');
CREATE OR REPLACE TRIGGER standard_kind_is_kept BEFORE DELETE ON standard_kind_request
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER standard_adoption_is_a_fact BEFORE UPDATE OR DELETE ON standard_adoption
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
