-- Who held which post when must be answerable for ever: a post may only be ended, once; a user only made inactive.
CREATE OR REPLACE TRIGGER post_may_only_end BEFORE UPDATE ON post
    FOR EACH ROW EXECUTE FUNCTION allow_only_columns('ended_on');
CREATE OR REPLACE TRIGGER post_ends_once BEFORE UPDATE ON post
    FOR EACH ROW WHEN (OLD.ended_on IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER post_is_kept BEFORE DELETE ON post FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER user_is_kept BEFORE DELETE ON "user" FOR EACH ROW EXECUTE FUNCTION refuse_change();
