"""A birth date in clear would outlive the person's data key; it is sealed with the identity number it is part of."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("bank", "0002_guards")]

    operations = [migrations.RemoveField(model_name="learner", name="born_on")]
