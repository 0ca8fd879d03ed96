-- An account is for life under one number, and the papers of its opening are never rewritten.
CREATE OR REPLACE TRIGGER identity_proof_is_a_fact BEFORE UPDATE OR DELETE ON identity_proof
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER service_agreement_is_a_fact BEFORE UPDATE OR DELETE ON service_agreement
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER account_number_is_for_life BEFORE UPDATE ON learner
    FOR EACH ROW WHEN (OLD.account_no IS DISTINCT FROM NEW.account_no) EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER learner_is_kept BEFORE DELETE ON learner FOR EACH ROW EXECUTE FUNCTION refuse_change();
