from django.apps import AppConfig


class StatisticsConfig(AppConfig):
    name = "hpki_server.statistics"
    label = "statistics"
