-- What was signed never changes; only its status does, along states.MOVES, and a revoked certificate stays revoked.
CREATE OR REPLACE TRIGGER certificate_keeps_its_body BEFORE UPDATE ON certificate FOR EACH ROW
    EXECUTE FUNCTION allow_only_columns('status', 'status_reason', 'status_at');
CREATE OR REPLACE TRIGGER certificate_stays_revoked BEFORE UPDATE ON certificate FOR EACH ROW
    WHEN (OLD.status = 'revoked') EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER certificate_is_kept BEFORE DELETE ON certificate FOR EACH ROW EXECUTE FUNCTION refuse_change();
-- A share link shows what it was made to show; it can only be taken back, once. Its openings are facts.
CREATE OR REPLACE TRIGGER share_link_is_taken_back_only BEFORE UPDATE ON share_link FOR EACH ROW
    EXECUTE FUNCTION allow_only_columns('revoked_at');
CREATE OR REPLACE TRIGGER share_link_stays_gone BEFORE UPDATE ON share_link FOR EACH ROW
    WHEN (OLD.revoked_at IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER share_link_is_kept BEFORE DELETE ON share_link FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER share_view_is_fact BEFORE UPDATE OR DELETE ON share_view FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
-- A certificate's place in the status lists is in the hands of its holder, and a badge is kept as it came in.
CREATE OR REPLACE TRIGGER credential_place_is_fact BEFORE UPDATE OR DELETE ON credential_place FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER badge_is_fact BEFORE UPDATE OR DELETE ON badge FOR EACH ROW EXECUTE FUNCTION refuse_change();
-- A version of a template is what certificates were printed with.
CREATE OR REPLACE TRIGGER certificate_template_is_fact BEFORE UPDATE OR DELETE ON certificate_template FOR EACH ROW
    EXECUTE FUNCTION refuse_change();
