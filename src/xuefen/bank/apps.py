from django.apps import AppConfig


class BankConfig(AppConfig):
    name = "xuefen.bank"
    label = "bank"
    verbose_name = "Xuefen"
    default_auto_field = "django.db.models.BigAutoField"
