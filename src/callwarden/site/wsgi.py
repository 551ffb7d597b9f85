"""The WSGI entry point that Granian serves."""

import os
import signal

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callwarden.site.settings")
if parent := os.environ.get("CALLWARDEN_WEB_PARENT"):
    # Granian's own processes do not notice when their parent is killed; the port must not stay taken.
    from callwarden.site.children import tie_to_parent

    tie_to_parent(int(parent), signal.SIGKILL)
application = get_wsgi_application()
