-- A review is never rewritten: a qualification may only be ended, once.
CREATE OR REPLACE TRIGGER qualification_may_only_end BEFORE UPDATE ON qualification
    FOR EACH ROW EXECUTE FUNCTION allow_only_columns('ended_on');
CREATE OR REPLACE TRIGGER qualification_ends_once BEFORE UPDATE ON qualification
    FOR EACH ROW WHEN (OLD.ended_on IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER qualification_is_kept BEFORE DELETE ON qualification
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
