-- Scope is a prefix of the path: a place that moved would silently change what people may do.
CREATE OR REPLACE TRIGGER place_stays BEFORE UPDATE ON place FOR EACH ROW EXECUTE FUNCTION allow_only_columns('name');
CREATE OR REPLACE TRIGGER place_is_kept BEFORE DELETE ON place FOR EACH ROW EXECUTE FUNCTION refuse_change();
