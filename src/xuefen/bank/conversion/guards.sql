-- A published rule stays as it was published: decisions name the version they used. Only its end may be noted later.
CREATE OR REPLACE TRIGGER rule_retires_only BEFORE UPDATE ON rule
    FOR EACH ROW EXECUTE FUNCTION allow_only_columns('state', 'retired_on');
CREATE OR REPLACE TRIGGER rule_stays BEFORE DELETE ON rule
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER rule_source_is_fact BEFORE UPDATE OR DELETE ON rule_source
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER rule_target_is_fact BEFORE UPDATE OR DELETE ON rule_target
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER agreement_ends_only BEFORE UPDATE ON agreement
    FOR EACH ROW EXECUTE FUNCTION allow_only_columns('ended_on', 'end_reason');
CREATE OR REPLACE TRIGGER agreement_stays BEFORE DELETE ON agreement
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A published version is retired or superseded, and that is the end (conversion/states.py RULE); an end to come may only come
-- earlier.
CREATE OR REPLACE FUNCTION rule_moves_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.retired_on >= OLD.retired_on OR (OLD.state <> NEW.state AND (OLD.state, NEW.state) <> ('published', 'retired')) THEN
        RAISE EXCEPTION 'rule % version %: no way from % to %', OLD.number, OLD.version, OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER rule_moves_on BEFORE UPDATE ON rule FOR EACH ROW EXECUTE FUNCTION rule_moves_on();

-- An agreement ends once; a member leaves once; terms add up and never change.
CREATE OR REPLACE TRIGGER agreement_ends_once BEFORE UPDATE ON agreement FOR EACH ROW
    WHEN (OLD.ended_on IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER agreement_member_leaves_once BEFORE UPDATE ON agreement_member FOR EACH ROW
    WHEN (OLD.left_on IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER agreement_member_leaves_only BEFORE UPDATE ON agreement_member
    FOR EACH ROW EXECUTE FUNCTION allow_only_columns('left_on', 'reason');
CREATE OR REPLACE TRIGGER agreement_member_stays BEFORE DELETE ON agreement_member
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE FUNCTION shares_add_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF jsonb_array_length(coalesce(NEW.body->'shares', '[]')) > 0 AND
       (SELECT sum((s->>'percent')::int) FROM jsonb_array_elements(NEW.body->'shares') s) <> 100 THEN
        RAISE EXCEPTION 'terms of agreement %: the shares do not add up to 100', NEW.agreement_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER alliance_terms_add_up BEFORE INSERT ON alliance_terms
    FOR EACH ROW EXECUTE FUNCTION shares_add_up();
CREATE OR REPLACE TRIGGER alliance_terms_are_facts BEFORE UPDATE OR DELETE ON alliance_terms
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Which moves a proposal makes. The list is made from conversion/states.py (PROPOSAL.guard_rows); a test keeps both the same.
CREATE OR REPLACE FUNCTION proposal_move_is_in_table(a_from text, an_event text, a_to text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT (a_from, an_event, a_to) IN (
        ('new', 'propose', 'draft'),
        ('draft', 'revise', 'draft'),
        ('draft', 'submit', 'comparing'),
        ('comparing', 'compare', 'comparing'),
        ('comparing', 'endorse', 'signing'),
        ('comparing', 'return', 'draft'),
        ('comparing', 'reject', 'rejected'),
        ('signing', 'sign', 'signing'),
        ('signing', 'sign_last', 'signed'),
        ('signing', 'return', 'draft'),
        ('signing', 'reject', 'rejected'),
        ('signed', 'publish', 'published'),
        ('signed', 'return', 'draft'),
        ('draft', 'withdraw', 'withdrawn'),
        ('comparing', 'withdraw', 'withdrawn'),
        ('signing', 'withdraw', 'withdrawn'),
        ('signed', 'withdraw', 'withdrawn')
    )
$$;

-- A move follows the table; what needs several persons has them.
CREATE OR REPLACE TRIGGER proposal_move_follows_table BEFORE INSERT ON proposal_move FOR EACH ROW
    EXECUTE FUNCTION move_follows_table('proposal_id', 'proposal_move_is_in_table');
CREATE OR REPLACE FUNCTION proposal_move_has_its_persons() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    current_revision int;
    agreeing int;
    opinions int;
    signers int;
BEGIN
    SELECT revision INTO current_revision FROM proposal WHERE id = NEW.proposal_id;
    IF NEW.event IN ('endorse', 'publish') THEN
        SELECT count(*) FILTER (WHERE verdict = 'agree'), count(*) INTO agreeing, opinions
        FROM opinion WHERE proposal_id = NEW.proposal_id AND revision = current_revision;
        IF agreeing < 2 OR 2 * agreeing <= opinions THEN
            RAISE EXCEPTION 'proposal %: % of % experts agree', NEW.proposal_id, agreeing, opinions
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END IF;
    IF NEW.event IN ('sign_last', 'publish') THEN
        SELECT count(DISTINCT signer_id) INTO signers
        FROM proposal_signature WHERE proposal_id = NEW.proposal_id AND revision = current_revision;
        IF signers < 2 THEN
            RAISE EXCEPTION 'proposal %: signed by % only', NEW.proposal_id, signers
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER proposal_move_has_its_persons BEFORE INSERT ON proposal_move
    FOR EACH ROW EXECUTE FUNCTION proposal_move_has_its_persons();
CREATE OR REPLACE TRIGGER proposal_move_is_a_fact BEFORE UPDATE OR DELETE ON proposal_move
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Experts wrote none of the revisions and sign for no side; opinions and signatures are about the revision in force.
CREATE OR REPLACE FUNCTION opinion_is_independent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM proposal_revision WHERE proposal_id = NEW.proposal_id AND author_id = NEW.expert_id)
       OR NOT EXISTS (SELECT 1 FROM proposal WHERE id = NEW.proposal_id AND revision = NEW.revision AND state = 'comparing')
    THEN
        RAISE EXCEPTION 'proposal %: no opinion of user % on revision %', NEW.proposal_id, NEW.expert_id, NEW.revision
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER opinion_is_independent BEFORE INSERT ON opinion
    FOR EACH ROW EXECUTE FUNCTION opinion_is_independent();
CREATE OR REPLACE TRIGGER opinion_is_a_fact BEFORE UPDATE OR DELETE ON opinion
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE FUNCTION signature_is_independent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM opinion WHERE proposal_id = NEW.proposal_id AND revision = NEW.revision
               AND expert_id = NEW.signer_id)
       OR NOT EXISTS (SELECT 1 FROM proposal WHERE id = NEW.proposal_id AND revision = NEW.revision AND state = 'signing')
    THEN
        RAISE EXCEPTION 'proposal %: no signature of user % on revision %', NEW.proposal_id, NEW.signer_id, NEW.revision
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER proposal_signature_is_independent BEFORE INSERT ON proposal_signature
    FOR EACH ROW EXECUTE FUNCTION signature_is_independent();
CREATE OR REPLACE TRIGGER proposal_signature_is_a_fact BEFORE UPDATE OR DELETE ON proposal_signature
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER proposal_revision_is_a_fact BEFORE UPDATE OR DELETE ON proposal_revision
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER proposal_rule_is_a_fact BEFORE UPDATE OR DELETE ON proposal_rule
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER proposal_keeps_its_agreement BEFORE UPDATE ON proposal FOR EACH ROW
    EXECUTE FUNCTION allow_only_columns('title', 'state', 'moves', 'revision', 'changed_at');
CREATE OR REPLACE TRIGGER proposal_is_kept BEFORE DELETE ON proposal FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Contracts: the same, with three signatures. The list is made from conversion/states.py (CONTRACT.guard_rows).
CREATE OR REPLACE FUNCTION contract_move_is_in_table(a_from text, an_event text, a_to text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT (a_from, an_event, a_to) IN (
        ('new', 'offer', 'open'),
        ('open', 'sign', 'open'),
        ('open', 'sign_last', 'in_force'),
        ('open', 'decline', 'declined'),
        ('in_force', 'end', 'ended')
    )
$$;
CREATE OR REPLACE TRIGGER contract_move_follows_table BEFORE INSERT ON contract_move FOR EACH ROW
    EXECUTE FUNCTION move_follows_table('contract_id', 'contract_move_is_in_table');
CREATE OR REPLACE FUNCTION contract_move_has_its_persons() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.event = 'sign_last' AND
       (SELECT (count(DISTINCT side), count(DISTINCT signer_id)) FROM contract_signature
        WHERE contract_id = NEW.contract_id) <> (3::bigint, 3::bigint) THEN
        RAISE EXCEPTION 'contract %: not signed by three persons for three sides', NEW.contract_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER contract_move_has_its_persons BEFORE INSERT ON contract_move
    FOR EACH ROW EXECUTE FUNCTION contract_move_has_its_persons();
CREATE OR REPLACE TRIGGER contract_move_is_a_fact BEFORE UPDATE OR DELETE ON contract_move
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER contract_signature_is_a_fact BEFORE UPDATE OR DELETE ON contract_signature
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER contract_keeps_its_rule BEFORE UPDATE ON contract FOR EACH ROW
    EXECUTE FUNCTION allow_only_columns('state', 'moves', 'ended_on', 'reason');
CREATE OR REPLACE TRIGGER contract_is_kept BEFORE DELETE ON contract FOR EACH ROW EXECUTE FUNCTION refuse_change();

DROP TRIGGER IF EXISTS proposal_stands_where_moved ON proposal;
CREATE CONSTRAINT TRIGGER proposal_stands_where_moved AFTER INSERT OR UPDATE ON proposal
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION stands_where_moved('proposal', 'moves', 'proposal_move', 'proposal_id');
DROP TRIGGER IF EXISTS proposal_move_moves_it ON proposal_move;
CREATE CONSTRAINT TRIGGER proposal_move_moves_it AFTER INSERT ON proposal_move
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION stands_where_moved('proposal', 'moves', 'proposal_move', 'proposal_id');
DROP TRIGGER IF EXISTS contract_stands_where_moved ON contract;
CREATE CONSTRAINT TRIGGER contract_stands_where_moved AFTER INSERT OR UPDATE ON contract
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION stands_where_moved('contract', 'moves', 'contract_move', 'contract_id');
DROP TRIGGER IF EXISTS contract_move_moves_it ON contract_move;
CREATE CONSTRAINT TRIGGER contract_move_moves_it AFTER INSERT ON contract_move
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION stands_where_moved('contract', 'moves', 'contract_move', 'contract_id');
