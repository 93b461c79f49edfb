"""The web server's way in: `gunicorn ooh.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ooh.settings")

application = get_wsgi_application()
