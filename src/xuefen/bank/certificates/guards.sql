-- What was signed never changes; only its status does, along states.MOVES, and a revoked certificate stays revoked.
CREATE OR REPLACE TRIGGER certificate_keeps_its_body BEFORE UPDATE ON certificate FOR EACH ROW
    EXECUTE FUNCTION allow_only_columns('status', 'status_reason', 'status_at');
CREATE OR REPLACE TRIGGER certificate_stays_revoked BEFORE UPDATE ON certificate FOR EACH ROW
    WHEN (OLD.status = 'revoked') EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER certificate_is_kept BEFORE DELETE ON certificate FOR EACH ROW EXECUTE FUNCTION refuse_change();
