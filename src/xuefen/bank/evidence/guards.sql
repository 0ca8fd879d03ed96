-- A kept file stays what it is; it can only go, and what went does not come back.
CREATE OR REPLACE TRIGGER evidence_file_is_a_fact BEFORE UPDATE ON evidence_file FOR EACH ROW
    EXECUTE FUNCTION allow_only_columns('blind', 'sealed_name', 'gone_at');
CREATE OR REPLACE TRIGGER evidence_file_stays_gone BEFORE UPDATE ON evidence_file FOR EACH ROW WHEN (OLD.gone_at IS NOT NULL)
    EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER evidence_file_is_kept BEFORE DELETE ON evidence_file FOR EACH ROW EXECUTE FUNCTION refuse_change();
