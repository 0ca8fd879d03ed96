"""Sign-in identities and posts."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username=username)


class User(AbstractBaseUser):
    """Somebody who can sign in, staff or learner. Written by ``staff.actions``; never deleted, only made inactive."""

    username = models.CharField(max_length=64, unique=True)
    display_name = models.CharField(max_length=80)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    objects = UserManager()
    USERNAME_FIELD = "username"

    class Meta:
        db_table = "user"


class Post(models.Model):
    """A role somebody holds at a place or an institution, from a date. Ended, never deleted."""

    user = models.ForeignKey("bank.User", on_delete=models.PROTECT, related_name="posts")
    role = models.CharField(max_length=32)
    place = models.ForeignKey("bank.Place", null=True, on_delete=models.PROTECT)
    institution = models.ForeignKey("bank.Institution", null=True, on_delete=models.PROTECT)
    effective_from = models.DateField()
    ended_on = models.DateField(null=True)

    class Meta:
        db_table = "post"
