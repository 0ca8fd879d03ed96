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
    FOR EACH ROW EXECUTE FUNCTION allow_only_columns('ended_on');
CREATE OR REPLACE TRIGGER agreement_stays BEFORE DELETE ON agreement
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
