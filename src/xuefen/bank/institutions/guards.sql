-- A review is never rewritten: a qualification may only be ended, once, and is never deleted.
CREATE OR REPLACE FUNCTION qualification_may_only_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.ended_on IS NULL AND to_jsonb(NEW) - 'ended_on' = to_jsonb(OLD) - 'ended_on' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'qualification % may only be ended, once', OLD.id USING ERRCODE = 'restrict_violation';
END $$;

CREATE OR REPLACE TRIGGER qualification_may_only_end BEFORE UPDATE OR DELETE ON qualification
    FOR EACH ROW EXECUTE FUNCTION qualification_may_only_end();
