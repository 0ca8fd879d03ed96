CREATE OR REPLACE TRIGGER leaf_is_a_fact BEFORE UPDATE OR DELETE ON leaf FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER leaf_is_kept BEFORE TRUNCATE ON leaf FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER queued_leaf_is_a_fact BEFORE UPDATE ON queued_leaf FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER checkpoint_is_a_fact BEFORE UPDATE OR DELETE ON checkpoint FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER checkpoint_is_kept BEFORE TRUNCATE ON checkpoint FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER anchor_is_a_fact BEFORE UPDATE OR DELETE ON anchor FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER anchor_is_kept BEFORE TRUNCATE ON anchor FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER cosignature_is_a_fact BEFORE UPDATE OR DELETE ON cosignature
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
-- What was cosigned is never taken back: a smaller tree after a larger one could contradict it.
CREATE OR REPLACE TRIGGER watched_log_grows_only BEFORE UPDATE ON watched_log
    FOR EACH ROW WHEN (NEW.size < OLD.size OR (NEW.size = OLD.size AND OLD.size > 0 AND NEW.root <> OLD.root))
    EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER watched_log_keeps_its_key BEFORE UPDATE ON watched_log
    FOR EACH ROW EXECUTE FUNCTION allow_only_columns('vkey', 'size', 'root', 'cosigned_at');
CREATE OR REPLACE TRIGGER watched_log_is_kept BEFORE DELETE ON watched_log FOR EACH ROW EXECUTE FUNCTION refuse_change();
-- What the chain said stays; two people close it, once.
CREATE OR REPLACE TRIGGER anchor_alarm_stays BEFORE UPDATE ON anchor_alarm
    FOR EACH ROW EXECUTE FUNCTION allow_only_columns('reason', 'asked_by_id', 'asked_at', 'confirmed_by_id', 'closed_at');
CREATE OR REPLACE TRIGGER anchor_alarm_closed_once BEFORE UPDATE ON anchor_alarm FOR EACH ROW WHEN (OLD.closed_at IS NOT NULL)
    EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER anchor_alarm_is_kept BEFORE DELETE ON anchor_alarm FOR EACH ROW EXECUTE FUNCTION refuse_change();
