"""WSGI entry point: the status service's short way, and Django behind it."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hpki_server.config.settings")
_pages = get_wsgi_application()

# Models can be imported only when Django stands.
from hpki_server.authority.ocsp.service import own_service  # noqa: E402 - see above
from hpki_server.authority.ocsp.short_way import OcspShortWay  # noqa: E402 - see above

application = OcspShortWay(_pages, own_service)
