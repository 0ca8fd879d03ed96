CREATE OR REPLACE TRIGGER outcome_is_a_fact BEFORE UPDATE ON outcome FOR EACH ROW EXECUTE FUNCTION allow_only_columns('state');
CREATE OR REPLACE TRIGGER outcome_is_kept BEFORE DELETE ON outcome FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER outcomes_are_kept BEFORE TRUNCATE ON outcome FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER refused_row_is_a_fact BEFORE UPDATE ON refused_row FOR EACH ROW EXECUTE FUNCTION allow_only_columns('cells');
CREATE OR REPLACE TRIGGER refused_row_is_kept BEFORE DELETE ON refused_row FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER refused_rows_are_kept BEFORE TRUNCATE ON refused_row FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER batch_keeps_its_content BEFORE UPDATE ON batch FOR EACH ROW
    EXECUTE FUNCTION allow_only_columns('state', 'stored_as', 'standard_version_id', 'total_rows', 'cursor', 'read', 'accepted',
        'refused', 'duplicates', 'credits', 'problem', 'first_leaf_id', 'last_leaf_id', 'paper', 'paper_half', 'receipt', 'received_at', 'finished_at');
CREATE OR REPLACE TRIGGER batch_is_kept BEFORE DELETE ON batch FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER outcome_stays_revoked BEFORE UPDATE ON outcome FOR EACH ROW WHEN (OLD.state = 'revoked')
    EXECUTE FUNCTION refuse_change();
