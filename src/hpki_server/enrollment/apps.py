from django.apps import AppConfig


class EnrollmentConfig(AppConfig):
    name = "hpki_server.enrollment"
    label = "enrollment"
