-- What was published stays as it was published: decisions name the version they used. Only retirement may be noted later.
CREATE OR REPLACE TRIGGER item_is_fact BEFORE UPDATE OR DELETE ON item
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER item_version_retires_only BEFORE UPDATE ON item_version
    FOR EACH ROW EXECUTE FUNCTION allow_only_columns('retired_on');
CREATE OR REPLACE TRIGGER item_version_stays BEFORE DELETE ON item_version
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER programme_retires_only BEFORE UPDATE ON programme
    FOR EACH ROW EXECUTE FUNCTION allow_only_columns('retired_on');
CREATE OR REPLACE TRIGGER programme_stays BEFORE DELETE ON programme
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER programme_item_is_fact BEFORE UPDATE OR DELETE ON programme_item
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER item_verdict_is_fact BEFORE UPDATE OR DELETE ON item_verdict
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
