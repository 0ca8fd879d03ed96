-- An arbitration is decided once, and what it was opened about stays.
CREATE OR REPLACE TRIGGER arbitration_keeps_its_case BEFORE UPDATE ON arbitration FOR EACH ROW
    EXECUTE FUNCTION allow_only_columns('state', 'decided_by_id', 'decided_name', 'decided_at', 'grounds', 'leaf_id');
CREATE OR REPLACE FUNCTION arbitration_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT forgets_somebody(TG_RELID) THEN
        RAISE EXCEPTION 'arbitration %: decided already', OLD.number USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER arbitration_decided_once BEFORE UPDATE ON arbitration FOR EACH ROW WHEN (OLD.state <> 'open')
    EXECUTE FUNCTION arbitration_decided_once();
CREATE OR REPLACE TRIGGER arbitration_is_kept BEFORE DELETE ON arbitration FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER arbitrated_application_is_a_fact BEFORE UPDATE OR DELETE ON arbitrated_application
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
