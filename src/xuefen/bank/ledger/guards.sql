CREATE OR REPLACE TRIGGER transfer_is_a_fact BEFORE UPDATE OR DELETE ON transfer FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER transfer_is_kept BEFORE TRUNCATE ON transfer FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER book_keeps_its_owner BEFORE UPDATE ON book FOR EACH ROW
    EXECUTE FUNCTION allow_only_columns('received', 'sent', 'held');
CREATE OR REPLACE TRIGGER book_is_kept BEFORE DELETE ON book FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER lot_keeps_its_amount BEFORE UPDATE ON lot FOR EACH ROW
    EXECUTE FUNCTION allow_only_columns('reserved', 'redeemed', 'reversed');
CREATE OR REPLACE TRIGGER lot_is_kept BEFORE DELETE ON lot FOR EACH ROW EXECUTE FUNCTION refuse_change();
