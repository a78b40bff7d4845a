from django.apps import AppConfig


class LifecycleConfig(AppConfig):
    name = "hpki_server.lifecycle"
    label = "lifecycle"

    def ready(self) -> None:
        # Services stand on models, which are known only now.
        from hpki_server.enrollment.services import handed_over
        from hpki_server.lifecycle.services import exchanging, replacing, resuming
        from hpki_server.people import dual_control

        handed_over.offer("the life of cards", replacing.settle_hand_over)
        for act in (*resuming.ACTS, *exchanging.ACTS):
            dual_control.offer(act)
