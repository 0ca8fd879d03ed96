-- A book's totals change with every transfer; room in its page keeps such a change out of the indexes (HOT).
ALTER TABLE book SET (fillfactor = 50);

CREATE OR REPLACE TRIGGER transfer_is_a_fact BEFORE UPDATE OR DELETE ON transfer FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER transfer_is_kept BEFORE TRUNCATE ON transfer FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- In WHEN, not in the function: a bulk night changes a book with every row.
CREATE OR REPLACE TRIGGER book_keeps_its_owner BEFORE UPDATE ON book FOR EACH ROW
    WHEN ((OLD.id, OLD.kind, OLD.owner_id) IS DISTINCT FROM (NEW.id, NEW.kind, NEW.owner_id)) EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER book_is_kept BEFORE DELETE ON book FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER lot_keeps_its_amount BEFORE UPDATE ON lot FOR EACH ROW
    WHEN ((OLD.outcome_id, OLD.recognised) IS DISTINCT FROM (NEW.outcome_id, NEW.recognised)) EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER lot_is_kept BEFORE DELETE ON lot FOR EACH ROW EXECUTE FUNCTION refuse_change();
