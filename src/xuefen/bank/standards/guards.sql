-- A published standard is never rewritten: assessments and decisions name the version they used.
CREATE OR REPLACE TRIGGER standard_version_retires_only BEFORE UPDATE ON standard_version
    FOR EACH ROW EXECUTE FUNCTION allow_only_columns('retired_on');
CREATE OR REPLACE TRIGGER standard_version_stays BEFORE DELETE ON standard_version
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
